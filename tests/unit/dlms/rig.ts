/** A client and a meter with a line between them that drops, repeats and flips by seed, on a virtual clock. */

import type { Data } from '@contor/dlms/codec/axdr/data.js';
import type { HdlcParameters } from '@contor/dlms/codec/hdlc/parameters.js';
import { cipherKeys } from '@contor/dlms/codec/security/gcm.js';
import { CONFORMANCE_BITS, conformanceOf } from '@contor/dlms/codec/xdlms/initiate.js';
import { type ClientEffect, DlmsClient } from '@contor/dlms/session/client.js';
import type { GetItem, Request } from '@contor/dlms/session/exchange.js';
import { type ClientLink, hdlcClientLink, wrapperClientLink } from '@contor/dlms/session/link/client-link.js';
import { hdlcServerLink, type ServerLink, wrapperServerLink } from '@contor/dlms/session/link/server-link.js';
import { CLIENT_CONFORMANCE, type Proposal } from '@contor/dlms/session/opening.js';
import { type Policy, Protection, type ProtectionSettings } from '@contor/dlms/session/protection.js';
import { type MeterSecurity, MeterSession } from '@contor/dlms/session/server.js';
import type { ServedObjects } from '@contor/dlms/session/services.js';
import { fromHex, seededRandom } from '@contor/kit';

const CLIENT_TITLE = Buffer.from('CTRcanry');
export const METER_TITLE = Buffer.from('MTRcanry');
const KEYS = cipherKeys(fromHex('000102030405060708090a0b0c0d0e0f'), fromHex('d0d1d2d3d4d5d6d7d8d9dadbdcdddedf'));
const SECRET = Buffer.from('canary-secret');
const BOTH: Policy = { isAuthenticated: true, isEncrypted: true };

export interface RigOptions {
  readonly link: 'hdlc' | 'wrapper';
  readonly mechanism: number;
  readonly isCiphered?: boolean;
  readonly form?: 'service' | 'general';
  readonly hasDedicatedKey?: boolean;
  readonly isOldHlsAllowed?: boolean;
  readonly prefersGeneralBlocks?: boolean;
  readonly clientPdu?: number;
  readonly meterPdu?: number;
  readonly parameters?: HdlcParameters;
  readonly faults?: { readonly seed: number; readonly chance: number };
  readonly values?: ReadonlyMap<number, Data>;
  readonly client?: Partial<Proposal>;
  readonly clientSecret?: Uint8Array;
  readonly clientProtection?: Partial<ProtectionSettings>;
  readonly expectedTitle?: Uint8Array;
  /** Sees and may change what the meter says, before the line does. */
  readonly tamper?: (bytes: Uint8Array, index: number) => Uint8Array | undefined;
}

export const attribute = (index: number) => ({
  classId: 3,
  instanceId: Uint8Array.of(1, 0, index, 8, 0, 255),
  attributeId: 2,
});
export const get = (...indexes: readonly number[]): Request => ({
  kind: 'get',
  items: indexes.map((index): GetItem => ({ attribute: attribute(index) })),
});

/** Values by the third number of their names; SET stores, ACTION gives its parameters back. */
function objectsOver(values: Map<number, Data>): ServedObjects {
  return {
    get: ({ attribute: { instanceId } }) => {
      const value = values.get(instanceId[2] ?? 0);
      return value === undefined ? { is: 'data-access-result', value: 'object-undefined' } : { is: 'data', value };
    },
    set: ({ attribute: { instanceId }, value }) => {
      values.set(instanceId[2] ?? 0, value);
      return 'success';
    },
    act: (_method, parameters) => ({
      result: 'success',
      returnParameters: parameters === undefined ? undefined : { is: 'data', value: parameters },
    }),
  };
}

export class Rig {
  readonly client: DlmsClient;
  readonly values: Map<number, Data>;
  readonly received = new Map<string, number>();
  readonly clientCounters: number[] = [];
  readonly #server: ServerLink;
  readonly #options: RigOptions;
  readonly #random;
  #nowMs = 0;
  #said = 0;

  constructor(options: RigOptions) {
    this.#options = options;
    this.#random = seededRandom(options.faults?.seed ?? 1);
    const random = seededRandom(7);
    const parameters = options.parameters ?? {
      maxInformationTransmit: 64,
      maxInformationReceive: 64,
      windowTransmit: 1,
      windowReceive: 1,
    };
    this.values = new Map(options.values);
    const isCiphered = options.isCiphered ?? false;
    let counter = 0;
    const nextCounter = () => {
      counter += 1;
      this.clientCounters.push(counter);
      return counter;
    };
    let meterCounter = 0;
    const security: MeterSecurity = {
      title: METER_TITLE,
      suite: 0,
      keys: KEYS,
      received: this.received,
      nextCounter: () => {
        meterCounter += 1;
        return meterCounter;
      },
    };
    const session = new MeterSession({
      admission: { client: 1, mechanism: options.mechanism, secret: SECRET, ...(isCiphered && { policy: BOTH }) },
      security,
      objects: objectsOver(this.values),
      conformance: conformanceOf(CONFORMANCE_BITS.map(({ name }) => name)),
      maxPduSize: options.meterPdu ?? 400,
      random,
      ...(options.prefersGeneralBlocks && { prefersGeneralBlocks: true }),
    });
    const find = (client: number) => (client === 1 ? session : undefined);
    this.#server = options.link === 'hdlc' ? hdlcServerLink(find, parameters) : wrapperServerLink(find);
    const link: ClientLink =
      options.link === 'hdlc'
        ? hdlcClientLink({ client: 1, server: { upper: 1, lower: 17, size: 2 }, parameters, patienceMs: 2000 })
        : wrapperClientLink({ client: 1, server: 1 });
    const dedicatedKey = options.hasDedicatedKey ? random.bytes(16) : undefined;
    const protection = isCiphered
      ? new Protection(
          {
            suite: 0,
            ownTitle: CLIENT_TITLE,
            keys: KEYS,
            policy: BOTH,
            form: options.form ?? 'service',
            nextCounter,
            highestReceived: -1,
            ...(dedicatedKey !== undefined && { dedicated: cipherKeys(dedicatedKey, KEYS.authenticationKey) }),
            ...options.clientProtection,
          },
          options.expectedTitle,
        )
      : undefined;
    this.client = new DlmsClient(link, {
      proposal: {
        authentication: {
          mechanism: options.mechanism,
          secret: options.clientSecret ?? SECRET,
          isOldHlsAllowed: options.isOldHlsAllowed ?? false,
        },
        ownTitle: CLIENT_TITLE,
        challenge: random.bytes(16),
        isCiphered,
        conformance: CLIENT_CONFORMANCE,
        maxPduSize: options.clientPdu ?? 400,
        ...(dedicatedKey !== undefined && { dedicatedKey }),
        ...options.client,
      },
      ...(protection !== undefined && { protection }),
      pass: { keys: KEYS, suite: 0 },
      nextCounter,
    });
  }

  open(): readonly ClientEffect[] {
    return this.#run(this.client.open(this.#nowMs));
  }

  ask(request: Request): readonly ClientEffect[] {
    return this.#run(this.client.ask(request, this.#nowMs));
  }

  release(): readonly ClientEffect[] {
    return this.#run(this.client.release(this.#nowMs));
  }

  /** Until nothing is under way and the client waits for nothing. */
  #run(first: readonly ClientEffect[]): readonly ClientEffect[] {
    const told: ClientEffect[] = [];
    let effects = first;
    for (;;) {
      const inFlight: Uint8Array[] = [];
      for (const effect of effects)
        if (effect.kind === 'send') inFlight.push(effect.bytes);
        else told.push(effect);
      const answers = this.#line(inFlight).flatMap((bytes) => this.#server.hear(bytes, this.#nowMs));
      effects = this.#line(answers.flatMap((bytes) => this.#tampered(bytes))).flatMap((bytes) =>
        this.client.hear(bytes, this.#nowMs),
      );
      if (effects.length > 0) continue;
      const { deadlineMs } = this.client;
      if (told.length > 0 || deadlineMs === undefined) return told;
      this.#nowMs = Math.max(this.#nowMs, deadlineMs);
      effects = this.client.wake(this.#nowMs);
    }
  }

  #tampered(bytes: Uint8Array): readonly Uint8Array[] {
    this.#said += 1;
    const changed = this.#options.tamper === undefined ? bytes : this.#options.tamper(bytes, this.#said);
    return changed === undefined ? [] : [changed];
  }

  #line(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    const { faults } = this.#options;
    if (faults === undefined) return chunks;
    return chunks.flatMap((bytes) => {
      if (this.#random.next() >= faults.chance) return [bytes];
      const kind = this.#random.integer(3);
      if (kind === 0) return [];
      if (kind === 1) return [bytes, bytes];
      const flipped = bytes.slice();
      const at = this.#random.integer(flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << this.#random.integer(8));
      return [flipped];
    });
  }
}
