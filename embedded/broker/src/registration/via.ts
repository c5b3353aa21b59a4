/** Whom a request has already passed, so that it cannot go round in a circle (RFC 9110, 7.6.3; GS CIM 009 V1.9.1, 6.3.18). */

import { ConfigError, type Random, toHex } from '@contor/kit';
import { Problem } from '../problem.js';

/** Brokers in a row. Longer chains are mistakes, and headers have an end. */
const MAX_HOPS = 16;
const MAX_VIA = 4_096;

export interface Route {
  /** The header as it came. */
  readonly text: string;
  /** Pseudonyms or hosts, in order. */
  readonly passed: readonly string[];
}

/** `1.1 name`, `HTTP/1.1 name (comment)`, several with commas. */
export function readVia(header: string | string[] | undefined): Route {
  const text = Array.isArray(header) ? header.join(', ') : (header ?? '');
  const passed = text
    .slice(0, MAX_VIA)
    .split(',')
    .flatMap((part) => part.trim().split(/\s+/)[1] ?? []);
  if (text.length > MAX_VIA || passed.length > MAX_HOPS)
    throw new Problem('loopDetected', `the request has passed more than ${MAX_HOPS} brokers`);
  return { text, passed };
}

export function writeVia({ text }: Route, pseudonym: string): string {
  return `${text === '' ? '' : `${text}, `}1.1 ${pseudonym}`;
}

/** RFC 9110, 5.6.2. The tenant is put behind it. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;

/** The broker's own name: the operator's, or one that nobody else has. */
export function aliasOf(configured: string | undefined, random: Random): string {
  if (configured === undefined) return `contor-${toHex(random.bytes(8))}`;
  if (TOKEN.test(configured)) return configured;
  throw new ConfigError([
    {
      code: 'config.alias',
      message: `BROKER_ALIAS '${configured}' cannot stand in a Via header.`,
      fix: 'Use letters, digits, dots and dashes, such as north.example.',
    },
  ]);
}

/** A tenant forwards to another one of the same broker without that being a circle, so each has a name of its own (6.3.18). */
export function pseudonymOf(alias: string, tenant: string): string {
  return `${alias}.${tenant}`;
}
