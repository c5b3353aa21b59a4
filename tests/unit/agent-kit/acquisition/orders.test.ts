/** Reads that a person asked for: a job with its steps, an answer with the values, nothing stored that may only be shown. */

import type { KeptOrder } from '@contor/agent-kit';
import { type CommandAnswer, openAcquisition, openReadOrders, type ReadResult, type ReadTask } from '@contor/agent-kit';
import type { OutboxEntry } from '@contor/agent-kit/outbox.js';
import { SimulatedClock, seededRandom, toIso } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { SILENT, testDevice } from '../bench-agent.js';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const DEVICE = testDevice(1);
const order = (fields: Partial<KeptOrder>): KeptOrder => ({
  ...{
    id: 'order-1',
    tenant: 'default',
    command: 'read',
    device: 'key/meter-1',
    takenAtMs: NOW_MS,
    notAfterMs: NOW_MS + 60_000,
  },
  ...{ state: 'PENDING', text: '', isTold: false, ...fields },
});

function house(answerOf: (task: ReadTask, clock: SimulatedClock) => Promise<ReadResult>) {
  const clock = new SimulatedClock(NOW_MS);
  const told: OutboxEntry[] = [];
  const answers: CommandAnswer[] = [];
  const tasks: ReadTask[] = [];
  let taken = 0;
  const registry = { all: () => [DEVICE], find: () => DEVICE, onChange: () => () => undefined };
  const acquisition = openAcquisition({
    agent: {
      registry,
      take: async () => {
        taken += 1;
      },
    },
    reader: {
      read: async (_device, task, _signal, tell) => {
        tasks.push(task);
        tell('connected');
        return answerOf(task, clock);
      },
    },
    ...{ clock, random: seededRandom('orders'), log: SILENT, planOf: () => ({ line: 'bus', reads: [], attempts: 1 }) },
  });
  const orders = openReadOrders({
    ...{ acquisition, clock, outbox: { put: (entry) => told.push(entry) } },
    translator: {
      live: ({ bytes }) => {
        const value = Number(new TextDecoder().decode(bytes));
        const energy = { type: 'Property', value, observedAt: toIso(NOW_MS) };
        const entity = {
          id: 'urn:ngsi-ld:ACMeasurement:meter-1',
          type: 'ACMeasurement',
          energy,
          source: { type: 'Property', value: 'live' },
        };
        return { states: [{ entity, timeMs: NOW_MS, isOneOff: false }], acquired: [], refusals: [] };
      },
    },
    answer: async (_key, answer) => {
      answers.push(answer);
    },
    onFatal: (error) => {
      throw error;
    },
  });
  return { clock, told, answers, tasks, orders, taken: () => taken };
}

const EFFORT = { bytesIn: 9, bytesOut: 3, steps: [] };
const value = (deviceTimeMs?: number): ReadResult => ({
  ...{ kind: 'value', deviceTimeMs, ...EFFORT },
  frames: [{ channel: 'attrs', lane: 'live', bytes: new TextEncoder().encode('12.5') }],
});
const last = (told: readonly OutboxEntry[]) => told.at(-1)?.entity as Record<string, { value?: unknown }> | undefined;

describe('an order to read', () => {
  it('is answered with the values; shown and not stored unless it says so (S0-21)', async () => {
    const shown = house(async () => value(NOW_MS + 2_000));
    expect(shown.orders.send(DEVICE, order({}))).toEqual({ kind: 'sent' });
    await shown.orders.settled();
    expect(shown.answers).toEqual([
      { command: 'read', orderId: 'order-1', state: 'OK', text: '{"energy":12.5,"clockDeviationSeconds":2}' },
    ]);
    expect(shown.taken()).toBe(0);
    const stored = house(async () => value());
    stored.orders.send(DEVICE, order({ parameters: { store: true } }));
    await stored.orders.settled();
    expect(stored.taken()).toBe(1);
  });

  it('has a job that shows its steps', async () => {
    const { orders, told, clock } = house(async (_task, time) => {
      await time.sleep(3_000);
      return value();
    });
    orders.send(DEVICE, order({}));
    await clock.advance(10);
    expect(last(told)).toMatchObject({
      id: 'urn:ngsi-ld:ReadJob:order-1',
      type: 'ReadJob',
      status: { value: 'reading' },
    });
    await clock.advance(3_000);
    await orders.settled();
    expect(last(told)).toMatchObject({
      status: { value: 'done' },
      resultText: { value: 'shown' },
      correlationId: { value: 'order-1' },
    });
    expect(last(told)?.result?.value).toMatchObject({
      steps: [{ name: 'queued' }, { name: 'begun' }, { name: 'connected' }],
      ...{ attempts: 1, bytesIn: 9, bytesOut: 3, tookMs: 3_000 },
    });
    expect(JSON.stringify(told)).not.toContain('12.5');
  });

  it('that fails says why', async () => {
    const { orders, answers, told } = house(async () => ({
      kind: 'failed',
      fault: 'busy',
      code: 'bus.busy',
      detail: '',
      ...EFFORT,
    }));
    orders.send(DEVICE, order({}));
    await orders.settled();
    expect(answers).toMatchObject([{ state: 'ERROR', text: 'failed: bus.busy' }]);
    expect(last(told)).toMatchObject({ status: { value: 'failed' } });
  });

  it('does not begin after its time', async () => {
    const { orders, answers, clock, tasks } = house(async (_task, time) => {
      await time.sleep(30_000);
      return value();
    });
    orders.send(DEVICE, order({}));
    orders.send(DEVICE, order({ id: 'order-2', notAfterMs: NOW_MS + 10_000 }));
    await clock.advance(60_000);
    await orders.settled();
    expect(answers).toMatchObject([
      { orderId: 'order-1', state: 'OK' },
      { orderId: 'order-2', state: 'ERROR', text: 'refused: cancelled' },
    ]);
    expect(tasks).toHaveLength(1);
  });
});

it('an order to set the clock asks by how much first', async () => {
  const { orders, answers, tasks } = house(async ({ kind }) =>
    kind === 'clock' ? { ...value(NOW_MS - 7_000), frames: [] } : value(),
  );
  orders.send(DEVICE, order({ command: 'setClock' }));
  await orders.settled();
  expect(tasks).toEqual([{ kind: 'clock' }, { kind: 'setClock', byMs: 7_000 }]);
  expect(answers).toMatchObject([{ state: 'OK', text: 'set' }]);
});

it('any other command is the agent’s own', () => {
  const { orders } = house(async () => value());
  expect(orders.send(DEVICE, order({ command: 'disconnect' }))).toBeUndefined();
});
