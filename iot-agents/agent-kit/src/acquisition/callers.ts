/**
 * Devices that call in (S0-04, S0-05): behind a mobile network their address says nothing, so each says who it is and proves it, and
 * we prove who we are, before a byte of data counts. A caller that is known becomes the line of its device until it hangs up or calls
 * anew; anybody else is hung up on, counted, and told to a person.
 */

import type { Clock, Line, Logger } from '@contor/kit';
import { type Device, keyOfDevice } from '../registry/device.js';
import type { KnownDevices } from '../registry/registry.js';
import type { RecordKeeper } from './record-keeper.js';

/** What came of asking a caller who it is. The protocol does the asking, both ways. */
export type Greeting =
  | { readonly kind: 'proven'; readonly device: Device }
  /** It names a device of ours and does not have its key. */
  | { readonly kind: 'wrong-key'; readonly device: Device }
  | { readonly kind: 'unknown'; readonly claim: string }
  /** It did not say, or not in a way that we understand. */
  | { readonly kind: 'silent' };

export interface CallersOptions<Session> {
  readonly registry: Pick<KnownDevices, 'find' | 'all'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly records: Pick<RecordKeeper, 'alert' | 'note'>;
  /** Whose communication log has the calls of strangers. */
  readonly tenant: string;
  /**
   * Asks who calls and has it proven: `find` knows the devices by what they call themselves. Resolves soon after `signal` aborts. With a
   * proven one comes what reads go over from now on.
   */
  readonly greet: (
    line: Line,
    find: (claim: string) => Device | undefined,
    signal: AbortSignal,
  ) => Promise<{ readonly greeting: Greeting; readonly session?: Session }>;
  /** What a device calls itself; its serial number where nothing else is said. */
  readonly identityOf?: (device: Device) => string | undefined;
  /** It may be read now. */
  readonly onCall?: (device: Device) => void;
}

export interface CallerFigures {
  readonly callersConnected: number;
  readonly callersGreeted: number;
  readonly callersRefused: number;
}

export interface Callers<Session> {
  readonly figures: CallerFigures;
  /** A line that somebody has opened to us. Never rejects. */
  accept(line: Line): Promise<void>;
  /** What reads of this device go over; undefined: it has not called, its fault is `not-connected`. */
  sessionOf(key: string): Session | undefined;
  /** The session saw its line end. */
  gone(key: string, session: Session): void;
  stop(): Promise<void>;
}

/** A modem on a slow network needs some seconds for a handshake; a stranger gets no more. */
const GREET_WITHIN_MS = 20_000;
/** Greetings under way: each is a socket of somebody whom we do not know yet. */
const MOST_GREETED = 500;
/** One address may try again; a hundred times at once it may not. */
const MOST_GREETED_OF_ADDRESS = 20;
/** Lines in our log about strangers; after that the counter speaks. */
const MOST_NAMED = 100;
const LONGEST_CLAIM = 64;

interface Connected<Session> {
  readonly line: Line;
  readonly session: Session;
}

export function openCallers<Session>(options: CallersOptions<Session>): Callers<Session> {
  const { registry, clock, log, records, tenant, greet, identityOf = ({ serialNumber }) => serialNumber } = options;
  const connected = new Map<string, Connected<Session>>();
  const greeting = new Map<Line, AbortController>();
  let refused = 0;
  let named = 0;

  function find(claim: string): Device | undefined {
    for (const device of registry.all()) if (identityOf(device) === claim) return device;
    return undefined;
  }

  async function accept(line: Line): Promise<void> {
    const isTooMany = greeting.size >= MOST_GREETED || ofAddress(line) >= MOST_GREETED_OF_ADDRESS;
    if (isTooMany) return hangUp(line, 'callers.too-many', '');
    const abort = new AbortController();
    const timer = clock.after(GREET_WITHIN_MS, () => abort.abort(new Error('callers.too-slow')));
    greeting.set(line, abort);
    try {
      const { greeting: said, session } = await greet(line, find, abort.signal);
      // A handshake that ended after its time is none.
      if (said.kind === 'proven' && session !== undefined && !abort.signal.aborted)
        await welcome(said.device, line, session);
      else await refuse(line, said);
    } catch (error) {
      log.debug({ peer: line.peer, error }, 'A caller hung up before it was known.');
      await hangUp(line, 'callers.broken', '');
    } finally {
      timer.cancel();
      greeting.delete(line);
    }
  }

  function ofAddress({ peer }: Line): number {
    const address = addressOf(peer);
    let count = 0;
    for (const other of greeting.keys()) if (addressOf(other.peer) === address) count += 1;
    return count;
  }

  /** It called before from another address: that line is dead, whether it knows it or not. */
  async function welcome(device: Device, line: Line, session: Session): Promise<void> {
    const key = keyOfDevice(device);
    const before = connected.get(key);
    connected.set(key, { line, session });
    note(device.tenant, device, device.name, 'done', {
      peer: line.peer,
      ...(before !== undefined && { before: before.line.peer }),
    });
    await before?.line.close();
    options.onCall?.(device);
  }

  async function refuse(line: Line, said: Greeting): Promise<void> {
    if (said.kind === 'wrong-key') {
      records.alert(said.device, 'authenticationFailed', clock.nowMs());
      note(said.device.tenant, said.device, said.device.name, 'refused: callers.wrong-key', { peer: line.peer });
      return hangUp(line, 'callers.wrong-key', keyOfDevice(said.device));
    }
    const claim = said.kind === 'unknown' ? said.claim.slice(0, LONGEST_CLAIM) : '';
    const reason = said.kind === 'unknown' ? 'callers.unknown' : 'callers.silent';
    if (named < MOST_NAMED) note(tenant, undefined, 'strangers', `refused: ${reason}`, { peer: line.peer, claim });
    return hangUp(line, reason, claim);
  }

  function note(whose: string, device: Device | undefined, name: string, outcome: string, result: object): void {
    const about = { name, refDevice: device?.refDevice, atMs: clock.nowMs(), operation: 'call', actor: 'device' };
    records.note(whose, { ...about, outcome, result });
  }

  async function hangUp(line: Line, reason: string, claim: string): Promise<void> {
    refused += 1;
    named += 1;
    if (named <= MOST_NAMED) log.warn({ peer: line.peer, reason, claim }, 'A caller was refused.');
    await line.close();
  }

  return {
    accept,
    sessionOf: (key) => connected.get(key)?.session,
    gone(key, session) {
      if (connected.get(key)?.session === session) connected.delete(key);
    },
    get figures() {
      return { callersConnected: connected.size, callersGreeted: greeting.size, callersRefused: refused };
    },
    async stop() {
      for (const abort of greeting.values()) abort.abort(new Error('stopping'));
      await Promise.all([...connected.values()].map(({ line }) => line.close()));
      connected.clear();
    },
  };
}

/** Without the port: a caller has a new one at every call. */
function addressOf(peer: string): string {
  const colon = peer.lastIndexOf(':');
  return colon < 0 ? peer : peer.slice(0, colon);
}
