/**
 * Where a partner may be told (GS CIM 009, 5.2.15; T14): https on a host that the operator allowed, http on this machine alone. Where the
 * name leads is looked at again at each connection; a redirect leads nowhere.
 */

import { type HostList, isLoopback } from '@contor/kit';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What a delivery needs to know of the place it goes to. */
export interface PartnerEndpoint {
  readonly uri: string;
  readonly accept: (typeof ACCEPTS)[number];
  /** Headers the partner wants to see, their own secrets among them. */
  readonly headers: readonly KeyValue[];
  readonly timeoutMs: number;
}

export type ReadEndpoint =
  | { readonly kind: 'value'; readonly endpoint: PartnerEndpoint; readonly passed: Fields }
  | { readonly kind: 'refused'; readonly detail: string };

type Fields = Readonly<Record<string, unknown>>;

export const ACCEPTS = ['application/json', 'application/ld+json'] as const;
/** In place of what a partner gave us to show to them alone. */
export const MASK = '********';

const LONGEST_URI = 1_000;
const MOST_HEADERS = 10;
const LONGEST_HEADERS = 2_000;
/** The broker waits for us a little longer. */
export const LONGEST_WAIT_MS = 15_000;
const LONGEST_COOLDOWN_MS = 3_600_000;
/** RFC 9110, 5.6.2 and 5.5. */
const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]{1,64}$/;
const HEADER_VALUE = /^[\t\x20-\x7e]{0,1024}$/;
/** They belong to the connection, or say things that are ours to say. */
const OURS =
  /^(host|connection|keep-alive|transfer-encoding|content-.*|te|trailer|upgrade|expect|proxy-.*|ngsild-tenant|fiware-.*|x-contor-.*)$/i;
const MEMBERS: ReadonlySet<string> = new Set(['uri', 'accept', 'receiverInfo', 'notifierInfo', 'timeout', 'cooldown']);
const KEEPS: readonly unknown[] = ['all', 'latest'];
const EVERY_STATE: readonly KeyValue[] = [{ key: 'keep', value: 'all' }];

/** `before`: what a mask stands for, as long as the place is the same. */
export function readEndpoint(json: unknown, hosts: HostList, before: PartnerEndpoint | undefined): ReadEndpoint {
  if (!isFields(json)) return refused('A notification has an endpoint (5.2.15).');
  const unknown = Object.keys(json).find((name) => !MEMBERS.has(name));
  if (unknown !== undefined) return refused(`An endpoint has no member '${unknown.slice(0, 40)}' here.`);
  const { uri, accept = 'application/json', receiverInfo = [], notifierInfo = [], timeout, cooldown } = json;
  const uriFault = faultOfUri(uri, hosts);
  if (uriFault !== undefined || typeof uri !== 'string') return refused(uriFault ?? '');
  const known = ACCEPTS.find((type) => type === accept);
  if (known === undefined) return refused(`'accept' is ${ACCEPTS.join(' or ')}.`);
  const headers = readHeaders(receiverInfo, sameOrigin(uri, before?.uri) ? before : undefined);
  if (typeof headers === 'string') return refused(headers);
  const keep = readKeep(notifierInfo);
  if (keep === undefined) return refused(`'notifierInfo' may say keep=all or keep=latest.`);
  if (!isMilliseconds(timeout, LONGEST_WAIT_MS))
    return refused(`'timeout' is at most ${LONGEST_WAIT_MS} milliseconds.`);
  if (!isMilliseconds(cooldown, LONGEST_COOLDOWN_MS))
    return refused(`'cooldown' is at most ${LONGEST_COOLDOWN_MS} milliseconds.`);
  const endpoint = { uri, accept: known, headers, timeoutMs: typeof timeout === 'number' ? timeout : LONGEST_WAIT_MS };
  return { kind: 'value', endpoint, passed: { notifierInfo: keep, ...(cooldown === undefined ? {} : { cooldown }) } };
}

function faultOfUri(uri: unknown, hosts: HostList): string | undefined {
  if (typeof uri !== 'string' || uri.length > LONGEST_URI || !URL.canParse(uri))
    return `'uri' is a URL of at most ${LONGEST_URI} characters.`;
  const { protocol, hostname, username, password } = new URL(uri);
  if (username + password !== '') return "'uri' carries no credentials; use receiverInfo.";
  const isPlain = protocol === 'http:' && isLoopback(hostname);
  if (protocol !== 'https:' && !isPlain) return "'uri' is an https URL.";
  if (hosts.has(hostname)) return undefined;
  return `Notifications to '${hostname.slice(0, 100)}' are not allowed; the operator can allow them (GATEWAY_NOTIFY_HOSTS).`;
}

function readHeaders(json: unknown, before: PartnerEndpoint | undefined): readonly KeyValue[] | string {
  if (!Array.isArray(json) || json.length > MOST_HEADERS) return `'receiverInfo' is a list of at most ${MOST_HEADERS}.`;
  const headers: KeyValue[] = [];
  for (const pair of json) {
    const { key, value } = isFields(pair) ? pair : {};
    if (typeof key !== 'string' || !HEADER_NAME.test(key) || typeof value !== 'string' || !HEADER_VALUE.test(value))
      return "'receiverInfo' has pairs of key and value that can be a header.";
    if (OURS.test(key)) return `The header '${key}' is not yours to say.`;
    if (headers.some((one) => one.key.toLowerCase() === key.toLowerCase())) return `The header '${key}' stands twice.`;
    const kept = before?.headers.find((one) => one.key.toLowerCase() === key.toLowerCase());
    if (value === MASK && kept === undefined) return `'${key}' is a mask; a new endpoint needs the value itself.`;
    headers.push({ key, value: value === MASK ? (kept?.value ?? '') : value });
  }
  const length = headers.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
  return length > LONGEST_HEADERS ? `'receiverInfo' has at most ${LONGEST_HEADERS} characters.` : headers;
}

/** `deliver=must` would let the writes of everybody wait for one partner. */
function readKeep(json: unknown): readonly KeyValue[] | undefined {
  if (!Array.isArray(json) || json.length > 1) return undefined;
  const [pair] = json as readonly unknown[];
  if (pair === undefined) return EVERY_STATE;
  const { key, value } = isFields(pair) ? pair : {};
  return key === 'keep' && KEEPS.includes(value) ? [{ key, value: String(value) }] : undefined;
}

function sameOrigin(uri: string, other: string | undefined): boolean {
  return other !== undefined && new URL(uri).origin === new URL(other).origin;
}

function isMilliseconds(value: unknown, most: number): boolean {
  return value === undefined || (typeof value === 'number' && value >= 1 && value <= most);
}

function refused(detail: string): ReadEndpoint {
  return { kind: 'refused', detail };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
