/**
 * What meters push, from the line to the log. A ciphered push is believed when its tag is right under the key of the meter whose title it
 * bears, and its counter is above all before it. A plain one only from a device for which nothing else was agreed.
 */

import { type Clock, type Line, type Logger, type Net, toHex, WireError } from '@contor/kit';
import { readPush } from '../codec/cosem/push.js';
import { templateFor } from '../codec/cosem/templates.js';
import { cipherKeys } from '../codec/security/gcm.js';
import { cipheredServiceOf, headerOf, openApdu } from '../codec/security/open.js';
import { decodeSecurityControl } from '../codec/security/suite.js';
import { decodeWholeApdu } from '../codec/xdlms/apdu.js';
import type { Apdu } from '../codec/xdlms/apdus.js';
import { PushStream } from '../session/push-stream.js';
import { type LineListener, listenForLines } from '../transport/listen.js';
import type { CounterStore } from './counters.js';
import type { MeterSecrets } from './dial.js';
import type { Directory, Known } from './directory.js';

export interface PushIntakeOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host: string;
  readonly port: number;
  readonly directory: Directory;
  readonly counters: CounterStore;
  readonly secretsOf: (known: Known) => Promise<MeterSecrets>;
  /** Durable when it resolves. */
  readonly take: (known: Known, bytes: Uint8Array) => Promise<void>;
  /** Somebody whom we do not know. */
  readonly takeStranger: (name: string, bytes: Uint8Array) => Promise<void>;
}

export interface PushFigures {
  readonly pushes: number;
  readonly pushesRefused: number;
  readonly pushLines: number;
}

export interface PushIntake {
  readonly port: number;
  readonly figures: PushFigures;
  close(): Promise<void>;
}

const MOST_LINES = 5_000;
/** A meter pushes every quarter of an hour at the least, or opens a line of its own for each push. */
const IDLE_MS = 20 * 60_000;
/** A line that brings so much that is none of ours has something else at its end. */
const MOST_GARBAGE = 100;
const NAMES: readonly string[] = ['0-0:96.1.0', '0-0:42.0.0', '0-0:96.1.1'];

export async function openPushIntake(options: PushIntakeOptions): Promise<PushIntake> {
  const { net, host, port, clock, log } = options;
  let pushes = 0;
  let refused = 0;

  async function converse(line: Line): Promise<void> {
    const stream = new PushStream();
    let isIdle = false;
    let timer = clock.after(IDLE_MS, hangUp);
    function hangUp(): void {
      isIdle = true;
      void line.close();
    }
    try {
      for await (const chunk of line.chunks()) {
        timer.cancel();
        timer = clock.after(IDLE_MS, hangUp);
        // The next chunk is read when this one is on disk: a full log stops the line and loses nothing.
        for (const heard of stream.hear(chunk)) {
          const error = heard.kind === 'apdu' ? await believe(options, heard.bytes) : heard.error;
          if (error === undefined) pushes += 1;
          else {
            refused += 1;
            log.debug({ peer: line.peer, code: error.code }, 'A push was refused.');
          }
        }
        if (stream.garbage > MOST_GARBAGE) break;
      }
    } catch (error) {
      if (!isIdle) log.debug({ peer: line.peer, error }, 'A line of pushes broke.');
    }
    timer.cancel();
    await line.close().catch(() => undefined);
  }

  const listener: LineListener = await listenForLines({
    ...{ net, host, port, converse },
    prefix: 'AGENT_DLMS_PUSH',
    mostLines: MOST_LINES,
  });
  return {
    port: listener.port,
    get figures() {
      return { pushes, pushesRefused: refused + listener.refused, pushLines: listener.lines };
    },
    close: () => listener.close(),
  };
}

/** Undefined: it is on disk. */
async function believe(options: PushIntakeOptions, bytes: Uint8Array): Promise<WireError | undefined> {
  const decoded = decodeWholeApdu(bytes);
  if (decoded.kind !== 'value') return unread(decoded);
  const apdu = decoded.value;
  return cipheredServiceOf(apdu) === undefined
    ? believePlain(options, apdu, bytes)
    : believeCiphered(options, apdu, bytes);
}

async function believePlain(
  { directory, take, takeStranger }: PushIntakeOptions,
  apdu: Apdu,
  bytes: Uint8Array,
): Promise<WireError | undefined> {
  if (apdu.apdu !== 'DataNotification') return new WireError('push.kind', 'This is no push.', { apdu: apdu.apdu });
  const name = nameIn(apdu.body.notificationBody);
  const known = name === undefined ? undefined : directory.withSerial(name);
  if (known === undefined) {
    await takeStranger(name ?? 'unnamed', bytes);
    return undefined;
  }
  if (known.endpoint?.policy !== undefined)
    return new WireError('security.plain', 'The push should have been ciphered.', {});
  await take(known, bytes);
  return undefined;
}

async function believeCiphered(
  { directory, counters, secretsOf, take, takeStranger }: PushIntakeOptions,
  apdu: Apdu,
  bytes: Uint8Array,
): Promise<WireError | undefined> {
  const ciphered = cipheredServiceOf(apdu);
  const title = ciphered?.systemTitle;
  if (ciphered === undefined || title === undefined)
    return new WireError('security.title', 'A push that says no title cannot be opened.', {});
  const known = directory.withTitle(title);
  if (known === undefined) {
    await takeStranger(toHex(title), bytes);
    return undefined;
  }
  const { encryptionKey, authenticationKey } = await secretsOf(known);
  if (encryptionKey === undefined) return new WireError('security.no-key', 'There is no key for this meter.', {});
  const header = headerOf(ciphered);
  if (header.kind !== 'value') return unread(header);
  const control = decodeSecurityControl(header.value.securityControl);
  const { policy } = known.endpoint ?? {};
  const isWeaker =
    policy !== undefined &&
    ((policy.isAuthenticated && !control.isAuthenticated) || (policy.isEncrypted && !control.isEncrypted));
  if (isWeaker) return new WireError('security.policy', 'The push is protected less than agreed.', {});
  const peer = toHex(title);
  const { invocationCounter } = header.value;
  if (invocationCounter <= counters.highest(peer))
    return new WireError('security.replay', 'The counter of the push was used before.', {});
  const opened = openApdu(ciphered, cipherKeys(encryptionKey, authenticationKey), undefined);
  if (opened.kind !== 'value') return unread(opened);
  if (policy?.isAuthenticated === true && !opened.value.isAuthentic)
    return new WireError('security.no-key', 'The tag cannot be verified without the authentication key.', {});
  const inner = decodeWholeApdu(opened.value.plain);
  if (inner.kind !== 'value') return unread(inner);
  if (inner.value.apdu !== 'DataNotification') return new WireError('push.kind', 'This is no push.', {});
  // Visible at once, so that the same push on another line is refused while this one goes to disk.
  const accepted = counters.accept(peer, invocationCounter);
  await take(known, opened.value.plain);
  await accepted;
  return undefined;
}

/** The number or name of a meter that says it among its values. */
function nameIn(body: Parameters<typeof readPush>[0]): string | undefined {
  for (const { obis, value } of readPush(body, templateFor(body))) {
    if (!NAMES.includes(obis)) continue;
    if (typeof value.value === 'string') return value.value;
    if (value.value instanceof Uint8Array) return Buffer.from(value.value).toString('latin1');
  }
  return undefined;
}

function unread(decoded: { kind: 'garbage'; error: WireError } | { kind: 'pending' }): WireError {
  return decoded.kind === 'garbage'
    ? decoded.error
    : new WireError('wire.short', 'The bytes end before the message does.', {});
}
