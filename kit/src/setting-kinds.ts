/** How each kind of setting is written and read. */

export interface ValueOfKind {
  text: string;
  path: string;
  /** 0 asks the system for a free port. */
  port: number;
  integer: number;
  /** Milliseconds; written '250ms', '10s', '5m', '2h', '7d'. */
  duration: number;
  /** Bytes; written '512', '64KiB', '64MiB', '2GiB'. */
  bytes: number;
  /** Written true/false, yes/no, on/off, 1/0. */
  flag: boolean;
  /** Without a slash at its end, so that paths can be appended. */
  url: string;
  /** Written with commas. */
  list: readonly string[];
  /** Never printed. */
  secret: string;
}

export type SettingKind = keyof ValueOfKind;

export type Parsed =
  | { readonly ok: true; readonly value: string | number | boolean | readonly string[] }
  | { readonly ok: false; readonly expected: string };

interface KindRow {
  readonly expected: string;
  /** undefined: not written as this kind is. */
  readonly parse: (text: string) => string | number | boolean | readonly string[] | undefined;
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, b: 1, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };
const FLAG_WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};

const KINDS: Readonly<Record<SettingKind, KindRow>> = {
  text: { expected: 'a text', parse: (text) => text },
  path: { expected: 'a path', parse: (text) => (text.includes('\0') ? undefined : text) },
  port: {
    expected: 'a port number from 0 to 65535',
    parse: (text) => {
      const port = wholeNumber(text);
      return port !== undefined && port >= 0 && port <= 65_535 ? port : undefined;
    },
  },
  integer: { expected: 'a whole number', parse: wholeNumber },
  duration: {
    expected: "a duration such as '10s' or '5m'",
    parse: (text) => quantity(text, /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/, DURATION_UNITS),
  },
  bytes: {
    expected: "a size such as '64MiB' or '2GiB'",
    parse: (text) => quantity(text, /^(\d{1,15})(b|kib|mib|gib|)$/i, BYTE_UNITS),
  },
  flag: { expected: 'true or false', parse: (text) => FLAG_WORDS[text.toLowerCase()] },
  url: { expected: "a URL such as 'http://127.0.0.1:1026'", parse: parseUrl },
  list: {
    expected: 'a list with commas',
    parse: (text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  },
  secret: { expected: 'a text', parse: (text) => text },
};

export function parseKind(kind: SettingKind, text: string): Parsed {
  const { expected, parse } = KINDS[kind];
  const value = parse(text);
  return value === undefined ? { ok: false, expected } : { ok: true, value };
}

function wholeNumber(text: string): number | undefined {
  if (!/^-?\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

function quantity(text: string, form: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit] = form.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toLowerCase()];
  if (amount === undefined || factor === undefined) return undefined;
  const value = Math.round(Number(amount) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

function parseUrl(text: string): string | undefined {
  // Without '//' the parser reads 'localhost:1026' as a scheme called localhost.
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).hostname === '' ? undefined : text.replace(/\/+$/, '');
}
