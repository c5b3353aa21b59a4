/**
 * From what a receiver heard to the ingest log: whose telegram it is, whether it is a new one, and on disk with it. What others' meters
 * say is counted and let go; what a meter of ours says and cannot be read goes on, so that somebody hears of it.
 */

import type { Agent } from '@contor/agent-kit';
import { deviceKey } from '@contor/agent-kit';
import { type Clock, WireError } from '@contor/kit';
import type { FindKey } from '../codec/radio/keyring.js';
import { decodeLink, type RadioFrame } from '../codec/radio/link.js';
import { decodeTelegram, radioMemory } from '../codec/radio/telegram.js';
import type { HeardTelegram } from '../receiver/receiver.js';
import { CHANNELS } from '../translator.js';
import { markOf, type ReplayGuard } from './guard.js';

/** Radio meters are provisioned under this key: there is no credential to tell them by, only their own. */
export const RADIO_API_KEY = 'wmbus';

export interface RadioIntakeOptions {
  readonly agent: { readonly take: Agent['take']; readonly registry: Pick<Agent['registry'], 'find'> };
  readonly findKey: FindKey;
  readonly guard: ReplayGuard;
  readonly clock: Clock;
}

export interface RadioFigures {
  readonly heard: number;
  /** Links that were damaged on the way. */
  readonly damaged: number;
  readonly strangers: number;
  readonly taken: number;
  readonly repeated: number;
  readonly replayed: number;
  readonly refused: number;
}

export interface RadioIntake {
  readonly figures: RadioFigures;
  /** Resolves when it is on disk, or is nothing to keep. `heardMs`: somebody else heard it then, and kept it. */
  take(heard: HeardTelegram, heardMs?: number): Promise<void>;
}

/** Senders in the middle of a message of several frames. */
const MOST_PARTIALS = 256;
/** Frames of one message: 16 KiB in pieces of some two hundred bytes. */
const MOST_FRAGMENTS = 100;

export function openRadioIntake({ agent, findKey, guard, clock }: RadioIntakeOptions): RadioIntake {
  const memory = radioMemory();
  const partials = new Map<string, Uint8Array[]>();
  const figures = { heard: 0, damaged: 0, strangers: 0, taken: 0, repeated: 0, replayed: 0, refused: 0 };

  async function take(heard: HeardTelegram, heardMs?: number): Promise<void> {
    figures.heard += 1;
    const link = decodeLink(heard.bytes, heard.format);
    if (link.kind !== 'value' || link.used < heard.bytes.length) {
      figures.damaged += 1;
      return;
    }
    const frame = link.value;
    const deviceId = `${frame.sender.manufacturer}-${frame.sender.id}`;
    if (agent.registry.find(deviceKey(RADIO_API_KEY, deviceId)) === undefined) {
      figures.strangers += 1;
      return;
    }
    await takeOf(deviceId, frame, heardMs);
  }

  async function takeOf(deviceId: string, frame: RadioFrame, heardMs: number | undefined): Promise<void> {
    const message = { apiKey: RADIO_API_KEY, deviceId, lane: 'live', deviceTimeMs: heardMs } as const;
    const channel = heardMs === undefined ? CHANNELS.radio : CHANNELS.stored;
    const bare = bareBytes(frame);
    const telegram = decodeTelegram(frame, findKey, memory);
    if (telegram instanceof WireError) {
      figures.refused += 1;
      partials.delete(deviceId);
      await agent.take({ ...message, channel, bytes: bare });
      return;
    }
    if (telegram.isFragment) return keepFragment(deviceId, bare);
    const before = partials.get(deviceId) ?? [];
    partials.delete(deviceId);
    const bytes = before.length === 0 ? bare : new Uint8Array(Buffer.concat([...before, bare]));
    const key = findKey(telegram.meter);
    if (key === undefined || !telegram.wasEncrypted) {
      await agent.take({ ...message, channel, bytes });
      figures.taken += 1;
      return;
    }
    const mark = markOf(telegram, bare, key, heardMs ?? clock.nowMs());
    const verdict = guard.judge(deviceId, mark);
    if (verdict === 'repeated') {
      figures.repeated += 1;
      return;
    }
    if (verdict === 'replayed') {
      figures.replayed += 1;
      await agent.take({ ...message, channel: CHANNELS.replayed, bytes });
      return;
    }
    // Together: a telegram whose mark is on disk is there itself, or was never acknowledged to anybody.
    await Promise.all([agent.take({ ...message, channel, bytes }), guard.advance(deviceId, mark)]);
    figures.taken += 1;
  }

  function keepFragment(deviceId: string, bare: Uint8Array): void {
    const parts = partials.get(deviceId) ?? [];
    partials.delete(deviceId);
    if (parts.length >= MOST_FRAGMENTS) return;
    if (partials.size >= MOST_PARTIALS) {
      const [oldest] = partials.keys();
      if (oldest !== undefined) partials.delete(oldest);
    }
    partials.set(deviceId, [...parts, bare]);
  }

  return {
    get figures() {
      return { ...figures };
    },
    take,
  };
}

/** The length of a frame of format B counts its checksums, which are off now. */
function bareBytes({ bytes }: RadioFrame): Uint8Array {
  const bare = bytes.slice();
  bare[0] = bare.length - 1;
  return bare;
}
