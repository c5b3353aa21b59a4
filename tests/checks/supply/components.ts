/**
 * What the platform is made of: the list that is reviewed (docs/components.txt), the lockfile, and the bill of materials that npm writes
 * (CycloneDX). The three agree, so a package that is new, gone or another version is a line in somebody's review.
 */

import { fetched, labelOf, type Packages } from '../../support/lockfile.js';
import { useOf } from './licences.js';

export interface Bill {
  readonly bomFormat?: string;
  readonly components: readonly BillComponent[];
  readonly dependencies?: readonly unknown[];
}

interface BillComponent {
  /** The package URL says who it is; the name may be that of an alias or a folder. */
  readonly purl?: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses?: readonly unknown[];
}

/** One line each, sorted: package@version, where it is used, its licence. Every platform's binaries are in it. */
export function componentLines(packages: Packages): readonly string[] {
  const lines = fetched(packages).map((row) => `${labelOf(row)}  ${useOf(row[1])}  ${row[1].license ?? 'none'}`);
  return [...new Set(lines)].sort();
}

export function differences(reviewed: readonly string[], found: readonly string[]): readonly string[] {
  return [
    ...found.filter((line) => !reviewed.includes(line)).map((line) => `new: ${line}`),
    ...reviewed.filter((line) => !found.includes(line)).map((line) => `gone: ${line}`),
  ];
}

/** Names of packages of our own, which the bill lists too. */
export function billFaults(bill: Bill, packages: Packages, own: ReadonlySet<string>): readonly string[] {
  const locked = new Map(fetched(packages).map((row) => [labelOf(row), row[1]]));
  const foreign = bill.components.filter((component) => !own.has(nameOfComponent(component)));
  const listed = new Set(foreign.map(labelOfComponent));
  const needed = [...locked].filter(([, entry]) => entry.optional !== true && entry.devOptional !== true);
  return [
    ...(bill.bomFormat === 'CycloneDX' ? [] : ['it is not CycloneDX']),
    ...needed.filter(([label]) => !listed.has(label)).map(([label]) => `not in the bill: ${label}`),
    ...foreign.flatMap((component) => componentFaults(component, locked.get(labelOfComponent(component))?.integrity)),
  ];
}

function componentFaults(component: BillComponent, integrity: string | undefined): readonly string[] {
  const label = labelOfComponent(component);
  if (integrity === undefined) return [`not in the lockfile: ${label}`];
  const digest = component.hashes?.find(({ alg }) => alg === 'SHA-512')?.content ?? '';
  return [
    ...(`sha512-${Buffer.from(digest, 'hex').toString('base64')}` === integrity ? [] : [`another digest: ${label}`]),
    ...(component.licenses?.length ? [] : [`no licence: ${label}`]),
  ];
}

/** `pkg:npm/%40scope/name@1.0.0` */
function labelOfComponent({ purl = '' }: BillComponent): string {
  return decodeURIComponent(/^pkg:npm\/(.+)$/.exec(purl)?.[1] ?? `no package URL: ${purl}`);
}

function nameOfComponent(component: BillComponent): string {
  return labelOfComponent(component).replace(/@[^@]*$/, '');
}
