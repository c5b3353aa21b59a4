/**
 * Questions of devices about their configuration. The answer comes from the device's entity in the broker, never from our registry, and
 * goes out at most once: who did not hear it asks again.
 */

import { type Device, deviceKey, type EntityReader, type KnownDevices } from '@contor/agent-kit';
import type { Clock, Logger } from '@contor/kit';
import { decodeQuestion, encodeConfiguration } from './codec/configuration.js';
import { formatTopic, type Sender } from './transport/topics.js';

export interface ConfiguringOptions {
  readonly registry: KnownDevices;
  readonly reader: EntityReader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly publishOnce: (topic: string, bytes: Uint8Array) => boolean;
}

export interface Configuring {
  readonly figures: { readonly questionsAnswered: number; readonly questionsRefused: number };
  ask(sender: Sender, bytes: Uint8Array): Promise<void>;
}

/** Each is a read of the broker: a device that asks in a loop must not be one. */
const MOST_IN_FLIGHT = 64;

export function openConfiguring({ registry, reader, clock, log, publishOnce }: ConfiguringOptions): Configuring {
  /** A device has one question at a time. */
  const asking = new Set<string>();
  const figures = { questionsAnswered: 0, questionsRefused: 0 };

  async function answer(device: Device, bytes: Uint8Array): Promise<boolean> {
    const question = decodeQuestion(bytes);
    if (question.kind === 'garbage') return false;
    const entity = await reader.read(device.tenant, device.refDevice);
    const told = encodeConfiguration(entity ?? {}, question.value, clock.nowMs());
    return told !== undefined && publishOnce(formatTopic(device.apiKey, device.deviceId, 'configuration/values'), told);
  }

  return {
    figures,
    async ask({ apiKey, deviceId }, bytes) {
      const key = deviceKey(apiKey, deviceId);
      const device = registry.find(key);
      if (device === undefined || asking.has(key) || asking.size >= MOST_IN_FLIGHT) {
        figures.questionsRefused += 1;
        return;
      }
      asking.add(key);
      try {
        if (await answer(device, bytes)) figures.questionsAnswered += 1;
        else figures.questionsRefused += 1;
      } catch (error) {
        figures.questionsRefused += 1;
        log.warn({ device: key, error }, 'A device asked for its configuration and could not be answered.');
      } finally {
        asking.delete(key);
      }
    },
  };
}
