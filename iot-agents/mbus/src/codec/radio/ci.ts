/** CI fields of the transport layer (EN 13757-7, table 2): which header follows, and what stands behind it. */

export type HeaderKind = 'none' | 'short' | 'long';
export type ContentKind =
  | 'records'
  | 'compact'
  | 'format'
  | 'applicationError'
  | 'alarm'
  | 'maker'
  /** Commands, clocks, DLMS, image transfer: carried, not opened. */
  | 'other';

export interface CiRow {
  readonly header: HeaderKind;
  readonly content: ContentKind;
}

const ROWS: readonly (readonly [ci: number, header: HeaderKind, content: ContentKind])[] = [
  [0x5a, 'short', 'other'],
  [0x5b, 'long', 'other'],
  [0x60, 'long', 'other'],
  [0x61, 'short', 'other'],
  [0x64, 'long', 'other'],
  [0x65, 'short', 'other'],
  [0x66, 'none', 'other'],
  [0x67, 'short', 'other'],
  [0x68, 'long', 'other'],
  [0x69, 'none', 'format'],
  [0x6a, 'short', 'format'],
  [0x6b, 'long', 'format'],
  [0x6c, 'long', 'other'],
  [0x6d, 'long', 'other'],
  [0x6e, 'short', 'applicationError'],
  [0x6f, 'long', 'applicationError'],
  [0x70, 'none', 'applicationError'],
  [0x71, 'none', 'alarm'],
  [0x72, 'long', 'records'],
  [0x73, 'long', 'compact'],
  [0x74, 'short', 'alarm'],
  [0x75, 'long', 'alarm'],
  [0x78, 'none', 'records'],
  [0x79, 'none', 'compact'],
  [0x7a, 'short', 'records'],
  [0x7b, 'short', 'compact'],
  [0x7c, 'long', 'other'],
  [0x7d, 'short', 'other'],
  [0x7e, 'long', 'other'],
  [0x7f, 'short', 'other'],
  [0x80, 'long', 'other'],
  [0x8a, 'short', 'other'],
  [0x8b, 'long', 'other'],
];

const MAKER_FROM = 0xa0;
const MAKER_TO = 0xb7;

function row(ci: number): CiRow | undefined {
  const found = ROWS.find(([code]) => code === ci);
  if (found !== undefined) return { header: found[1], content: found[2] };
  return ci >= MAKER_FROM && ci <= MAKER_TO ? { header: 'none', content: 'maker' } : undefined;
}

export const CI_FIELDS: readonly (CiRow | undefined)[] = Array.from({ length: 256 }, (_, ci) => row(ci));
