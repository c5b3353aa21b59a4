/** The object lists of meters that push bare values in an order they do not send; a row a list. */

import type { Data } from '../axdr/data.js';
import type { CaptureObject } from '../xdlms/selective-access.js';
import { parseLogicalName } from './logical-name.js';

interface TemplateRow {
  /** How the first value begins, where it is the version of the list. */
  readonly version?: string;
  readonly objects: readonly string[];
}

const HEAD = ['1-1:0.2.129', '0-0:96.1.0', '0-0:96.1.7', '1-0:1.7.0', '1-0:2.7.0', '1-0:3.7.0', '1-0:4.7.0'];
const ONE_PHASE = [...HEAD, '1-0:31.7.0', '1-0:32.7.0'];
const THREE_PHASES = [...HEAD, '1-0:31.7.0', '1-0:51.7.0', '1-0:71.7.0', '1-0:32.7.0', '1-0:52.7.0', '1-0:72.7.0'];
const HOURLY = ['0-0:1.0.0', '1-0:1.8.0', '1-0:2.8.0', '1-0:3.8.0', '1-0:4.8.0'];

/** Kaifa MA105, MA304 (Norway): lists 1 to 3 of the maker's public HAN description, as in the captures of toreamun/amshan. */
export const TEMPLATES: readonly TemplateRow[] = [
  { version: 'KFM', objects: ONE_PHASE },
  { version: 'KFM', objects: THREE_PHASES },
  { version: 'KFM', objects: [...ONE_PHASE, ...HOURLY] },
  { version: 'KFM', objects: [...THREE_PHASES, ...HOURLY] },
];

/** The list whose version and length fit. A list without a version fits nobody by itself: its meter has to be known. */
export function templateFor(body: Data): readonly CaptureObject[] | undefined {
  if (body.type !== 'structure') return undefined;
  const version = versionOf(body.value[0]);
  const row = TEMPLATES.find(
    (candidate) =>
      candidate.version !== undefined &&
      version?.startsWith(candidate.version) &&
      candidate.objects.length === body.value.length,
  );
  return row?.objects.map(toCapture);
}

/** The version of a list, where a body begins with one. */
export function versionOf(first: Data | undefined): string | undefined {
  if (first?.type === 'visible-string') return first.value;
  if (first?.type !== 'octet-string') return undefined;
  return first.value.every((byte) => byte >= 0x20 && byte < 0x7f)
    ? Buffer.from(first.value).toString('latin1')
    : undefined;
}

function toCapture(obis: string): CaptureObject {
  return {
    classId: obis === '0-0:1.0.0' ? 8 : 3,
    logicalName: parseLogicalName(obis),
    attributeIndex: 2,
    dataIndex: 0,
  };
}
