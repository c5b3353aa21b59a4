/** The labels of SenML (RFC 8428, 4.1 to 4.3, tables 4 and 6): JSON name, CBOR key, type, and whether it is a base field. */

export type SenmlKind = 'text' | 'number' | 'boolean' | 'data';

export interface SenmlFieldRow {
  readonly label: string;
  readonly cborKey: number;
  readonly kind: SenmlKind;
  readonly isBase: boolean;
}

export const SENML_FIELDS = [
  { label: 'bver', cborKey: -1, kind: 'number', isBase: true },
  { label: 'bn', cborKey: -2, kind: 'text', isBase: true },
  { label: 'bt', cborKey: -3, kind: 'number', isBase: true },
  { label: 'bu', cborKey: -4, kind: 'text', isBase: true },
  { label: 'bv', cborKey: -5, kind: 'number', isBase: true },
  { label: 'bs', cborKey: -6, kind: 'number', isBase: true },
  { label: 'n', cborKey: 0, kind: 'text', isBase: false },
  { label: 'u', cborKey: 1, kind: 'text', isBase: false },
  { label: 'v', cborKey: 2, kind: 'number', isBase: false },
  { label: 'vs', cborKey: 3, kind: 'text', isBase: false },
  { label: 'vb', cborKey: 4, kind: 'boolean', isBase: false },
  { label: 's', cborKey: 5, kind: 'number', isBase: false },
  { label: 't', cborKey: 6, kind: 'number', isBase: false },
  { label: 'ut', cborKey: 7, kind: 'number', isBase: false },
  { label: 'vd', cborKey: 8, kind: 'data', isBase: false },
] as const satisfies readonly SenmlFieldRow[];

export const VALUE_LABELS = ['v', 'vs', 'vb', 'vd'] as const;

/** One record as it is written: known fields by their labels, and extensions (`l`, …) as they came. */
export interface SenmlRecord {
  readonly bver?: number;
  readonly bn?: string;
  readonly bt?: number;
  readonly bu?: string;
  readonly bv?: number;
  readonly bs?: number;
  readonly n?: string;
  readonly u?: string;
  readonly v?: number;
  readonly vs?: string;
  readonly vb?: boolean;
  readonly vd?: Uint8Array;
  readonly s?: number;
  readonly t?: number;
  readonly ut?: number;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

const BY_LABEL: ReadonlyMap<string, SenmlFieldRow> = new Map(SENML_FIELDS.map((field) => [field.label, field]));
const BY_CBOR_KEY: ReadonlyMap<number, SenmlFieldRow> = new Map(SENML_FIELDS.map((field) => [field.cborKey, field]));

export function fieldOf(label: string): SenmlFieldRow | undefined {
  return BY_LABEL.get(label);
}

export function labelOfCborKey(key: number): string | undefined {
  return BY_CBOR_KEY.get(key)?.label;
}
