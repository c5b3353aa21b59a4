/** A kill -9 of one of the four processes while orders are on their way, over and over: each is carried out once or not at all (T22). */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '@contor/kit';
import { type CommandPath, eventually } from '../support/command-path.js';
import { statusOf } from './commands-attacks.js';

export interface KillOutcome {
  readonly kills: number;
  readonly orders: number;
  readonly executed: number;
  readonly executedTwice: number;
  readonly tooLate: number;
  /** Said to be done and was not, or the other way round. */
  readonly wrong: number;
  readonly ends: Readonly<Record<string, number>>;
}

const NAMES = ['commands', 'agent', 'broker', 'mqtt'] as const;
const ORDERS_A_ROUND = 3;
/** From the request to the read-back all is over within this on a quiet machine, so a kill may hit each step. */
const STEPS_MS = 900;
/** An order holds for three seconds here, and what became of it is said within a minute. */
const SETTLES_MS = 90_000;
const OPEN = ['requested', 'approved', 'waiting', 'sending', 'unknown'];

export async function killAtEveryStep(path: CommandPath, kills: number, random: Random): Promise<KillOutcome> {
  const ends: Record<string, number> = {};
  const first = path.executions.length;
  let orders = 0;
  let wrong = 0;
  for (let round = 0; round < kills; round += 1) {
    const victim = path.processes[NAMES[round % NAMES.length] ?? 'commands'];
    const command = round % 2 === 0 ? 'reconnect' : 'setClock';
    if (command === 'reconnect') await switchAllOff(path);
    const started = path.executions.length;
    const killed = sleep(Math.floor(random.next() * STEPS_MS)).then(async () => {
      await victim.kill9();
      victim.start();
    });
    const ids: string[] = [];
    for (let at = 0; at < ORDERS_A_ROUND; at += 1) {
      const device = path.devices[(round * ORDERS_A_ROUND + at) % path.devices.length] ?? '';
      // A broker that was just killed takes it a moment later; a request that nobody has an answer for may exist all the same.
      const asked = await path.gateway
        .request({ person: `op-${round % 40}` }, command, [device])
        .catch(() => undefined);
      if (asked?.status === 201) ids.push(String(asked.body.id));
    }
    await killed;
    orders += ids.length;
    const report = setInterval(() => {
      for (const meter of path.meters) void meter.report().catch(() => undefined);
    }, 1_000);
    try {
      for (const id of ids) {
        const status = await eventually(async () => {
          const now = await statusOf(path, id);
          if (OPEN.includes(now) && !(now === 'unknown' && command === 'setClock')) throw new Error(`${id} is ${now}`);
          return now;
        }, SETTLES_MS);
        ends[status] = (ends[status] ?? 0) + 1;
        const wasExecuted = path.executions
          .slice(started)
          .some(({ order }) => order?.startsWith(`${id.slice(id.lastIndexOf(':') + 1)}.`));
        if (status !== 'unknown' && (status === 'done') !== wasExecuted) wrong += 1;
      }
    } finally {
      clearInterval(report);
    }
  }
  const mine = path.executions.slice(first);
  const times = new Map<string, number>();
  for (const { order = '' } of mine) times.set(order, (times.get(order) ?? 0) + 1);
  return {
    ...{ kills, orders, executed: mine.length, wrong, ends },
    executedTwice: [...times.values()].filter((count) => count > 1).length,
    tooLate: mine.filter(({ atMs, notAfterMs }) => atMs > notAfterMs).length,
  };
}

/** So that `connected` afterwards is the work of an order, and not how it was before. */
async function switchAllOff({ meters }: CommandPath): Promise<void> {
  for (const meter of meters) {
    meter.breaker = 'disconnected';
    await eventually(() => meter.report());
  }
  // The agent takes a moment to tell the broker.
  await sleep(1_000);
}
