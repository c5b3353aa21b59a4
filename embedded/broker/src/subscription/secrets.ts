/**
 * What of receiverInfo (GS CIM 009 V1.9.1, 5.2.22) is not shown again. A header that lets somebody in is for the subscriber
 * alone: a reader who has not shown the platform's secret sees a mask. The mask may be sent back, and then means "as it was", but only to where
 * the secret already goes: nobody can have it sent to a place of his own.
 */

import { badRequest } from '../problem.js';
import type { Endpoint, KeyValue } from './model.js';

export const MASK = '********';

/** By name, as the value cannot tell: what lets in by custom, and the platform's own word between broker and service. */
export const SECRET_NAME = /authorization|cookie|token|secret|passw|api-?key|credential|^x-contor-notify$/i;

export function masked({ key, value }: KeyValue): KeyValue {
  return SECRET_NAME.test(key) ? { key, value: MASK } : { key, value };
}

/** The pair as it is meant: a mask stands for what `old` has under that name. */
export function unmasked(pair: KeyValue, uri: string, old: Endpoint | undefined): KeyValue {
  if (pair.value !== MASK || !SECRET_NAME.test(pair.key)) return pair;
  const known = old?.receiverInfo?.find(({ key }) => key.toLowerCase() === pair.key.toLowerCase());
  if (old === undefined || known === undefined)
    throw badRequest(`receiverInfo: '${pair.key}' is a mask, and there is no value it could stand for`);
  if (originOf(old.uri) !== originOf(uri))
    throw badRequest(`receiverInfo: '${pair.key}' is a mask; a new endpoint needs the value itself`);
  return { key: pair.key, value: known.value };
}

/** `URL.origin` is 'null' for mqtt, so scheme and host are taken apart. */
function originOf(uri: string): string {
  const { protocol, host } = new URL(uri);
  return `${protocol}//${host}`;
}
