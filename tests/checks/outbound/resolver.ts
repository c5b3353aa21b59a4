/**
 * Loaded before a service (`--import`): names of this check resolve as the check says, one answer after the other, and each question is written
 * down. Everything else of the process is real. A name that is not in the table is asked of the system.
 */

import { appendFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { isIPv6 } from 'node:net';

type Callback = (error: Error | null, address?: unknown, family?: number) => void;
interface Dns {
  lookup(host: string, options: unknown, callback?: Callback): void;
}

/** Name → answers in turn, each a list of addresses; the last one stays. */
const TABLE = JSON.parse(process.env.CONTOR_CHECK_NAMES ?? '{}') as Readonly<
  Record<string, readonly (readonly string[])[]>
>;
const LOG = process.env.CONTOR_CHECK_LOOKUPS ?? '';

const dns = createRequire(import.meta.url)('node:dns') as Dns;
const ofTheSystem = dns.lookup.bind(dns);
const turns = new Map<string, number>();

dns.lookup = (host, given, last) => {
  const callback = (last ?? given) as Callback;
  const options = (typeof given === 'object' && given !== null ? given : {}) as { all?: boolean };
  if (LOG !== '') appendFileSync(LOG, `${host}\n`);
  const answers = TABLE[host];
  if (answers === undefined) return ofTheSystem(host, options, callback);
  const turn = turns.get(host) ?? 0;
  turns.set(host, turn + 1);
  const found = (answers[turn % answers.length] ?? []).map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  process.nextTick(() => (options.all ? callback(null, found) : callback(null, found[0]?.address, found[0]?.family)));
};
syncBuiltinESMExports();
