/**
 * `contor history --as quantumleap`: what QuantumLeap refuses, loses or counts twice, by name. Each row is one thing that a client
 * may have come to rely on here and that it will not find there. Approximated: JSON does not tell 1.0 from 1, so a first
 * value of 1.0 makes a column of integers; rows at one instant are told apart up to 64 times.
 */

import { type Dialect, OURS } from './dialect.js';
import type { ColumnKind } from './notify/attributes.js';

interface DeviationRow {
  readonly name: string;
  readonly about: string;
  readonly dialect?: Partial<Dialect>;
}

export const DEVIATIONS = [
  { name: 'tenant-on-get', about: 'GET reads Fiware-Service alone and ignores NGSILD-Tenant.' },
  { name: 'own-paths-unknown', about: '/capabilities, /catalogue and POST /v2/query answer 404.' },
  {
    name: 'own-parameters-ignored',
    about: 'Parameters of ours are ignored; periods, methods and lists of ours are refused.',
  },
  { name: 'repeats-counted', about: 'A row sent twice is two rows in every answer.', dialect: { countsRepeats: true } },
  {
    name: 'first-integer-fixes',
    about: 'A column whose first number is an integer takes no decimals: they become null.',
    dialect: { kindOf: integerFirst },
  },
  {
    name: 'nulls-told',
    about: 'Rows without the attribute asked for are told, as null.',
    dialect: { tellsNulls: true },
  },
  {
    name: 'one-time-index',
    about: 'All attributes of a notified entity go to its newest observedAt.',
    dialect: { hasOneTimeIndex: true },
  },
  {
    name: 'instances-dropped',
    about: 'An attribute with several instances (datasetId) is dropped, and so is quality.',
    dialect: { keepsInstances: false },
  },
  {
    name: 'kinds-dropped',
    about: 'LanguageProperty, VocabProperty, JsonProperty and lists are null.',
    dialect: { keepsAllKinds: false },
  },
  {
    name: 'names-fold',
    about: 'Types and attributes whose names differ by case alone are one; the first spelling is told.',
    dialect: { fold: (name) => name.toLowerCase() },
  },
  {
    name: 'centroid-added',
    about: 'location_centroid stands beside a location.',
    dialect: { addsCentroid: true },
  },
] as const satisfies readonly DeviationRow[];

export type Deviation = (typeof DEVIATIONS)[number]['name'];

/** What is played: nobody, or somebody else, with all deviations that are known of. */
export interface Role {
  readonly deviations: ReadonlySet<Deviation>;
  readonly dialect: Dialect;
}

export const OURSELVES: Role = { deviations: new Set(), dialect: OURS };

export function quantumLeap(): Role {
  const rows: readonly DeviationRow[] = DEVIATIONS;
  const dialect: Dialect = Object.assign({}, OURS, ...rows.map((row) => row.dialect));
  return { deviations: new Set(DEVIATIONS.map(({ name }) => name)), dialect };
}

/** undefined: nobody that we can play. */
export function roleOf(name: string | undefined): Role | undefined {
  if (name === undefined || name === '') {
    return OURSELVES;
  }
  return name.toLowerCase() === 'quantumleap' ? quantumLeap() : undefined;
}

function integerFirst(value: unknown): ColumnKind {
  return Number.isInteger(value) ? 'integer' : OURS.kindOf(value);
}
