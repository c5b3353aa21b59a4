/**
 * Where a meter is and how it wants to be spoken to, as one line that fits into a provisioned device:
 * `dlms://10.0.0.7:4059/1?link=wrapper&client=1&security=gmac&title=4354520070010001`. The path is the logical device, and over HDLC
 * a second number the physical one. Keys are not in it.
 */

import { ConfigError, fromHex } from '@contor/kit';
import type { Policy } from '../session/protection.js';

export interface DlmsEndpoint {
  readonly host: string;
  readonly port: number;
  readonly link: 'hdlc' | 'wrapper';
  /** HDLC begins with the hand-over of IEC 62056-21. */
  readonly isModeE: boolean;
  readonly client: number;
  readonly server: number;
  readonly physical?: number;
  readonly mechanism: number;
  /** Absent: nothing is ciphered. */
  readonly policy?: Policy;
  readonly form: 'service' | 'general';
  /** The system title of the meter; another one is refused. */
  readonly title?: Uint8Array;
  readonly hasDedicatedKey: boolean;
  readonly isOldHlsAllowed: boolean;
}

const DEFAULT_PORT = 4059;
const MOST_ADDRESS = 0x3fff;
const MECHANISMS: Readonly<Record<string, number>> = { none: 0, lls: 1, md5: 3, sha1: 4, gmac: 5, sha256: 6 };
const POLICIES: Readonly<Record<string, Policy | undefined>> = {
  none: undefined,
  authenticated: { isAuthenticated: true, isEncrypted: false },
  encrypted: { isAuthenticated: false, isEncrypted: true },
  both: { isAuthenticated: true, isEncrypted: true },
};
const NAMES: readonly string[] = [
  'link',
  'start',
  'client',
  'security',
  'ciphering',
  'form',
  'title',
  'dedicated',
  'oldhls',
];

/** Throws a ConfigError that says what of it is wrong. */
export function parseEndpoint(text: string): DlmsEndpoint {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== 'dlms:' || url.hostname === '')
    throw fault(text, 'it does not begin with dlms://host');
  const unknown = [...url.searchParams.keys()].find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw fault(text, `${unknown} is no part of it`);
  const said = (name: string) => url.searchParams.get(name) ?? undefined;
  const choose = <T>(name: string, rows: Readonly<Record<string, T>>, fallback: string): T => {
    const word = said(name) ?? fallback;
    if (!Object.hasOwn(rows, word)) throw fault(text, `${name} is one of ${Object.keys(rows).join(', ')}`);
    return rows[word] as T;
  };
  const [server = '1', physical] = url.pathname.split('/').filter((part) => part !== '');
  const mechanism = choose('security', MECHANISMS, 'gmac');
  const policy = choose('ciphering', POLICIES, mechanism === MECHANISMS.gmac ? 'both' : 'none');
  const title = said('title');
  if (title !== undefined && !/^[0-9a-fA-F]{16}$/.test(title)) throw fault(text, 'a title has 16 hex digits');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    link: choose('link', { wrapper: 'wrapper', hdlc: 'hdlc' } as const, 'wrapper'),
    isModeE: choose('start', { direct: false, 'mode-e': true }, 'direct'),
    client: address(text, said('client') ?? '1'),
    server: address(text, server),
    mechanism,
    form: choose('form', { service: 'service', general: 'general' } as const, 'service'),
    hasDedicatedKey: choose('dedicated', { no: false, yes: true }, 'no'),
    isOldHlsAllowed: choose('oldhls', { refused: false, allowed: true }, 'refused'),
    ...(policy !== undefined && { policy }),
    ...(physical !== undefined && { physical: address(text, physical) }),
    ...(title !== undefined && { title: fromHex(title) }),
  };
}

function address(text: string, word: string): number {
  const value = Number(word);
  if (!/^\d{1,5}$/.test(word) || value > MOST_ADDRESS) throw fault(text, `${word} is no address`);
  return value;
}

function fault(text: string, reason: string): ConfigError {
  return new ConfigError([
    {
      code: 'dlms.endpoint',
      message: `${text} is no place of a DLMS meter: ${reason}.`,
      fix: 'Write it as dlms://host:4059/1?link=wrapper&client=1&security=gmac.',
    },
  ]);
}
