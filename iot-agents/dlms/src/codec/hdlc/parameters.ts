/** What SNRM proposes and UA grants: IEC 62056-46, 6.4.4.4.3.2. Parameters left out have the standard's defaults. */

import { ByteReader, ByteWriter, type Decoded, WireError } from '@contor/kit';
import { attemptWhole } from '../cursor.js';

export interface HdlcParameters {
  readonly maxInformationTransmit: number;
  readonly maxInformationReceive: number;
  readonly windowTransmit: number;
  readonly windowReceive: number;
}

export const DEFAULT_PARAMETERS: HdlcParameters = {
  maxInformationTransmit: 128,
  maxInformationReceive: 128,
  windowTransmit: 1,
  windowReceive: 1,
};

const FORMAT = 0x81;
const GROUP = 0x80;
const ROWS = [
  { id: 5, name: 'maxInformationTransmit', size: 2, least: 32, most: 2030 },
  { id: 6, name: 'maxInformationReceive', size: 2, least: 32, most: 2030 },
  { id: 7, name: 'windowTransmit', size: 4, least: 1, most: 7 },
  { id: 8, name: 'windowReceive', size: 4, least: 1, most: 7 },
] as const satisfies readonly { id: number; name: keyof HdlcParameters; size: number; least: number; most: number }[];

/** An empty information field means the defaults. */
export function decodeParameters(information: Uint8Array): Decoded<HdlcParameters> {
  if (information.length === 0) return { kind: 'value', value: DEFAULT_PARAMETERS, used: 0 };
  return attemptWhole(information, readParameters);
}

export function encodeParameters(parameters: HdlcParameters): Uint8Array {
  const group = new ByteWriter(64);
  for (const { id, name, size } of ROWS) {
    const value = parameters[name];
    if (size === 4) group.u8(id).u8(4).u32(value);
    else if (value < 0x100) group.u8(id).u8(1).u8(value);
    else group.u8(id).u8(2).u16(value);
  }
  return new ByteWriter(64).u8(FORMAT).u8(GROUP).u8(group.length).bytes(group.finish()).finish();
}

function readParameters(from: ByteReader): HdlcParameters {
  if (from.u8() !== FORMAT || from.u8() !== GROUP)
    throw new WireError('hdlc.parameters', 'The parameters do not begin with 81 80.', {});
  const group = new ByteReader(from.bytes(from.u8()));
  let parameters = DEFAULT_PARAMETERS;
  while (group.remaining > 0) {
    const id = group.u8();
    const value = group.bytes(group.u8()).reduce((number, byte) => number * 256 + byte, 0);
    const row = ROWS.find((candidate) => candidate.id === id);
    if (row === undefined) continue;
    if (value < row.least || value > row.most)
      throw new WireError('hdlc.parameters', 'A parameter is out of its range.', { name: row.name, value });
    parameters = { ...parameters, [row.name]: value };
  }
  return parameters;
}
