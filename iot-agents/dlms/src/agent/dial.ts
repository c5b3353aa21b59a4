/** From an endpoint and its keys to a conversation that stands: line, link, client, counters. */

import { ConfigError, type Line, type Ports, ProtocolError, toHex } from '@contor/kit';
import { parseLogicalName } from '../codec/cosem/logical-name.js';
import type { HdlcAddress } from '../codec/hdlc/address.js';
import { cipherKeys } from '../codec/security/gcm.js';
import { DlmsClient, type Notification } from '../session/client.js';
import { HDLC_PROPOSAL, hdlcClientLink, wrapperClientLink } from '../session/link/client-link.js';
import { modeELink } from '../session/link/mode-e.js';
import { CHALLENGE_SIZE, CLIENT_CONFORMANCE } from '../session/opening.js';
import { Protection } from '../session/protection.js';
import { type Conversation, converseOver } from '../transport/conversation.js';
import type { CounterStore } from './counters.js';
import type { DlmsEndpoint } from './endpoint.js';

export interface MeterSecrets {
  readonly encryptionKey?: Uint8Array | undefined;
  readonly authenticationKey?: Uint8Array | undefined;
  /** The password of LLS, or the secret of an HLS mechanism that has one. */
  readonly secret?: Uint8Array | undefined;
}

export interface DialOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random'>;
  readonly endpoint: DlmsEndpoint;
  readonly secrets: MeterSecrets;
  readonly ownTitle: Uint8Array;
  readonly counters: CounterStore;
  /** Under which our counters for this meter's key are kept. */
  readonly keyName: string;
  readonly signal?: AbortSignal;
  readonly onNotification?: (apdu: Notification) => void;
}

export interface Dialled {
  readonly conversation: Conversation;
  /** What the meter takes in one GET with a list. */
  readonly hasLists: boolean;
  /** To be called when it is over: the highest counter of the meter goes to disk. */
  settle(): Promise<void>;
}

const CONNECT_MS = 10_000;
const PATIENCE_MS = 5_000;
const PUBLIC_CLIENT = 16;
const MAX_PDU = 0x0800;
const MULTIPLE_REFERENCES = 1 << (23 - 14);
const DEDICATED_KEY_SIZE = 16;
/** Half of all counters: sixteen a second for four years, by which a key should have been changed. */
const MOST_LEARNED = 0x7fff_ffff;
const COUNTER_OBJECT = { classId: 1, instanceId: parseLogicalName('0-0:43.1.0'), attributeId: 2 };

/** Rejects with a TransportError, a ProtocolError of the meter, or a ConfigError when a key is missing. */
export async function dial(options: DialOptions): Promise<Dialled> {
  const { endpoint, counters, keyName } = options;
  const isCounted = endpoint.policy !== undefined || endpoint.mechanism === 5;
  if (isCounted && counters.isNew(keyName)) await learnCounter(options);
  const nextCounter = isCounted ? await counters.lease(keyName) : () => undefined;
  return open(options, nextCounter);
}

async function open(options: DialOptions, nextCounter: () => number | undefined): Promise<Dialled> {
  const { ports, endpoint, secrets, ownTitle, counters, signal, onNotification } = options;
  const { clock, net, random } = ports;
  const { encryptionKey, authenticationKey, secret } = secrets;
  if ((endpoint.policy !== undefined || endpoint.mechanism === 5) && encryptionKey === undefined)
    throw new ConfigError([
      {
        code: 'dlms.no-key',
        message: 'The meter has no encryption key.',
        fix: 'Put its keys under its key reference.',
      },
    ]);
  const keys = encryptionKey === undefined ? undefined : cipherKeys(encryptionKey, authenticationKey);
  const dedicatedKey = endpoint.hasDedicatedKey ? random.bytes(DEDICATED_KEY_SIZE) : undefined;
  const peerName = endpoint.title === undefined ? undefined : toHex(endpoint.title);
  const protection =
    endpoint.policy === undefined || keys === undefined
      ? undefined
      : new Protection(
          {
            suite: 0,
            ownTitle,
            keys,
            policy: endpoint.policy,
            form: endpoint.form,
            nextCounter,
            highestReceived: peerName === undefined ? -1 : counters.highest(peerName),
            ...(dedicatedKey !== undefined && { dedicated: cipherKeys(dedicatedKey, authenticationKey) }),
          },
          endpoint.title,
        );
  const client = new DlmsClient(linkOf(endpoint), {
    proposal: {
      authentication: {
        mechanism: endpoint.mechanism,
        isOldHlsAllowed: endpoint.isOldHlsAllowed,
        ...(secret !== undefined && { secret }),
      },
      ownTitle,
      challenge: random.bytes(CHALLENGE_SIZE),
      isCiphered: protection !== undefined,
      conformance: CLIENT_CONFORMANCE,
      maxPduSize: MAX_PDU,
      ...(dedicatedKey !== undefined && { dedicatedKey }),
    },
    ...(protection !== undefined && { protection }),
    pass: { suite: 0, ...(keys !== undefined && { keys }) },
    nextCounter,
  });
  const line = await orAborted(net.connect(endpoint.host, endpoint.port, CONNECT_MS), signal);
  const conversation = converseOver({
    ...{ line, clock, client },
    ...(signal !== undefined && { signal }),
    ...(onNotification !== undefined && { onNotification }),
  });
  const settle = async (): Promise<void> => {
    const title = protection?.peerTitle;
    if (protection !== undefined && title !== undefined)
      await counters.accept(toHex(title), protection.highestReceived);
  };
  try {
    const { conformance } = await conversation.open();
    return { conversation, hasLists: (conformance & MULTIPLE_REFERENCES) !== 0, settle };
  } catch (error) {
    await conversation.close();
    await settle();
    throw error;
  }
}

/** What an earlier head end has used is known to the meter alone; it tells everybody (0-0:43.1.0, by the public client). */
async function learnCounter(options: DialOptions): Promise<void> {
  const { policy: _, title: __, ...endpoint } = options.endpoint;
  const asked = { ...endpoint, client: PUBLIC_CLIENT, mechanism: 0, hasDedicatedKey: false };
  try {
    const { conversation } = await open({ ...options, endpoint: asked }, () => undefined);
    try {
      const outcome = await conversation.ask({ kind: 'get', items: [{ attribute: COUNTER_OBJECT }] });
      const [result] = 'results' in outcome && outcome.kind === 'get' ? outcome.results : [];
      const used = result?.is === 'data' ? result.value.value : undefined;
      // Nobody has proved who says so: a number that would use up the counters is not believed.
      if (typeof used === 'number' && used < MOST_LEARNED) await options.counters.raise(options.keyName, used);
    } finally {
      await conversation.close();
    }
  } catch (error) {
    // A meter without a public client: our counters begin where they are, and the meter says if they are too low.
    if (!(error instanceof ProtocolError) || options.signal?.aborted === true) throw error;
  }
}

/** A line that opens when nobody wants it any more is closed. */
async function orAborted(opening: Promise<Line>, signal: AbortSignal | undefined): Promise<Line> {
  if (signal === undefined) return opening;
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(new ProtocolError('dlms.aborted', 'The conversation was called off.', {}));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([opening, aborted]);
  } catch (error) {
    opening.then(
      (line) => line.close(),
      () => undefined,
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function linkOf({ link, client, server, physical, isModeE }: DlmsEndpoint) {
  if (link === 'wrapper') return wrapperClientLink({ client, server });
  const address: HdlcAddress =
    physical === undefined
      ? { upper: server, size: 1 }
      : { upper: server, lower: physical, size: server > 0x7f || physical > 0x7f ? 4 : 2 };
  const hdlc = hdlcClientLink({ client, server: address, parameters: HDLC_PROPOSAL, patienceMs: PATIENCE_MS });
  return isModeE ? modeELink(hdlc, PATIENCE_MS) : hdlc;
}
