/** The control field of HDLC frames: IEC 62056-46, 6.4.2.5, table of commands and responses. */

import { WireError } from '@contor/kit';

export type HdlcControl =
  | { readonly name: 'I'; readonly sendNumber: number; readonly receiveNumber: number; readonly isPollFinal: boolean }
  | { readonly name: 'RR' | 'RNR'; readonly receiveNumber: number; readonly isPollFinal: boolean }
  | { readonly name: UnnumberedName; readonly isPollFinal: boolean };

export type UnnumberedName = (typeof UNNUMBERED)[number]['name'];

/** `bits` without the poll/final bit. `from` is who may say it; what both may is left out. */
const UNNUMBERED = [
  { bits: 0x83, name: 'SNRM', from: 'client' },
  { bits: 0x43, name: 'DISC', from: 'client' },
  { bits: 0x63, name: 'UA', from: 'server' },
  { bits: 0x0f, name: 'DM', from: 'server' },
  { bits: 0x87, name: 'FRMR', from: 'server' },
  { bits: 0x03, name: 'UI' },
] as const satisfies readonly { bits: number; name: string; from?: 'client' | 'server' }[];

const SUPERVISORY = [
  { bits: 0x01, name: 'RR' },
  { bits: 0x05, name: 'RNR' },
] as const;

const POLL_FINAL = 0x10;

export function decodeControl(byte: number): HdlcControl {
  const isPollFinal = (byte & POLL_FINAL) !== 0;
  const receiveNumber = byte >>> 5;
  if (!(byte & 1)) return { name: 'I', sendNumber: (byte >>> 1) & 7, receiveNumber, isPollFinal };
  const supervisory = SUPERVISORY.find(({ bits }) => bits === (byte & 0x0f));
  if (supervisory !== undefined) return { name: supervisory.name, receiveNumber, isPollFinal };
  const unnumbered = UNNUMBERED.find(({ bits }) => bits === (byte & ~POLL_FINAL));
  if (unnumbered !== undefined) return { name: unnumbered.name, isPollFinal };
  throw new WireError('hdlc.control', 'There is no such control field.', { byte });
}

export function encodeControl(control: HdlcControl): number {
  const poll = control.isPollFinal ? POLL_FINAL : 0;
  if (control.name === 'I') return poll | (three(control.receiveNumber) << 5) | (three(control.sendNumber) << 1);
  if ('receiveNumber' in control) {
    const { bits } = SUPERVISORY.find(({ name }) => name === control.name) ?? SUPERVISORY[0];
    return poll | (three(control.receiveNumber) << 5) | bits;
  }
  const row = UNNUMBERED.find(({ name }) => name === control.name) ?? UNNUMBERED[0];
  return poll | row.bits;
}

/** Who says it, when the control field alone tells. */
export function senderOf(name: HdlcControl['name']): 'client' | 'server' | undefined {
  const row = UNNUMBERED.find((candidate) => candidate.name === name);
  return row !== undefined && 'from' in row ? row.from : undefined;
}

function three(number: number): number {
  if (!Number.isInteger(number) || number < 0 || number > 7)
    throw new WireError('wire.range', 'A sequence number has three bits.', { number });
  return number;
}
