/** What the operator hears of a full disk and of a log that was not whole. */

import { DiskFullError, LogFullError, type Logger, SimulatedClock } from '@contor/kit';
import { logReport } from '@contor/mqtt/log-report.js';
import { Room } from '@contor/mqtt/room.js';
import { beforeEach, describe, expect, it } from '@jest/globals';

let said: { level: string; facts: Record<string, unknown>; sentence: string }[];
let clock: SimulatedClock;
let room: Room;
const say = (level: string) => (facts: object, sentence: string) => {
  said.push({ level, facts: { ...facts }, sentence });
};
const log: Logger = {
  debug: say('debug'),
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
  child: () => log,
};
beforeEach(() => {
  said = [];
  clock = new SimulatedClock(0);
  room = new Room({ clock, log, directory: '/data/log' });
});

describe('a full disk', () => {
  const full = new DiskFullError('The disk is full.');

  it('is named once, and so is its end, however many messages were refused', async () => {
    for (let refusal = 0; refusal < 100; refusal += 1) room.refused(full);
    room.accepted();
    await clock.advance(2_000);
    for (let message = 0; message < 100; message += 1) room.accepted();
    await clock.advance(60_000);
    expect(said).toMatchObject([
      { level: 'error', facts: { code: 'disk.full', folder: '/data/log', fix: expect.stringMatching(/MQTT_DATA/) } },
      { level: 'info', facts: { refusals: 100 } },
    ]);
  });

  it('that takes one message and refuses the next is still full', async () => {
    for (let round = 0; round < 20; round += 1) {
      room.refused(full);
      room.accepted();
      await clock.advance(500);
    }
    expect(said).toHaveLength(1);
  });

  it('that fills up again is named again', async () => {
    for (let round = 0; round < 2; round += 1) {
      room.refused(full);
      room.accepted();
      await clock.advance(2_000);
    }
    expect(said.map(({ level }) => level)).toEqual(['error', 'info', 'error', 'info']);
  });
});

it('a log at its bound has other words', () => {
  room.refused(new LogFullError('The log has reached its bound.', { maxBytes: 1 }));
  expect(said).toMatchObject([{ level: 'error', facts: { code: 'log.full', maxBytes: 1 } }]);
});

it('nothing is said while there is room', async () => {
  room.accepted();
  await clock.advance(10_000);
  logReport(log, '/data/log', { records: 5, tornBytes: 0, tornKeptAs: undefined, damaged: [] });
  expect(said).toEqual([]);
});

it('torn bytes and damaged ranges are named one by one', () => {
  const damaged = [1, 2].map((n) => ({ file: `${n}.log`, firstSequence: n, lastSequence: n, keptAs: `${n}.damaged` }));
  logReport(log, '/data/log', { records: 5, tornBytes: 12, tornKeptAs: 'tail.torn', damaged });
  expect(said).toMatchObject([
    { level: 'warn', facts: { tornBytes: 12, keptAs: 'tail.torn' } },
    { level: 'error', facts: { file: '1.log', firstSequence: 1, lastSequence: 1, keptAs: '1.damaged' } },
    { level: 'error', facts: { file: '2.log', firstSequence: 2 } },
  ]);
});
