/** The sample reader of docs/agents/kit.md keeps the contract, and the page shows the very file that runs here. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Device, type Translator, toLiveReading } from '@contor/agent-kit';
import { type Line, SimulatedClock, SimulatedNet, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { itKeepsTheReaderContract, type Stage } from '../../../support/reader-contract.js';
import { ROOT } from '../../../support/root.js';
import { testDevice } from '../bench-agent.js';
import { pulseReader } from './sample-reader.js';

const DEVICE: Device = testDevice(1);
const MODEL = {
  type: 'ACMeasurement',
  values: [{ objectId: 'pulses', attribute: 'totalActiveEnergyImport', kind: 'register' }],
} as const;

const translator: Translator = {
  live(record) {
    const [, time = '', pulses = ''] = new TextDecoder().decode(record.bytes).split(' ');
    const measured = { observedMs: Date.parse(time), values: new Map([['pulses', Number(pulses) / 1_000]]) };
    const { state } = toLiveReading(DEVICE, MODEL, measured, record.receivedAtMs);
    return { states: state === undefined ? [] : [state], acquired: [], refusals: [] };
  },
  late: () => ({ states: [], acquired: [], refusals: [] }),
};

/** A counter that answers each question with these words. */
async function stage(answer: string | undefined): Promise<Stage> {
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20, 8));
  const random = seededRandom('pulse');
  const net = new SimulatedNet({ clock, random, leastLatencyMs: 5, mostLatencyMs: 40, splitChance: 0.5 });
  const serve = async (line: Line): Promise<void> => {
    for await (const _question of line.chunks())
      if (answer !== undefined) await line.write(new TextEncoder().encode(answer));
  };
  const { port } = await net.listen('127.0.0.1', 0, (line) => void serve(line));
  return { reader: pulseReader(net, clock, port), ports: { clock, net, random }, advance: (ms) => clock.advance(ms) };
}

describe('the sample reader', () => {
  itKeepsTheReaderContract({
    device: DEVICE,
    translator,
    hasDeviceTime: () => true,
    scenes: {
      answers: () => stage('meter-1 2026-11-20T07:59:58.000Z 1234\n'),
      silent: () => stage(undefined),
      garbles: () => stage('meter-1 2026-11-\n'),
      other: () => stage('meter-2 2026-11-20T07:59:58.000Z 99\n'),
      async broken() {
        const whole = await stage(undefined);
        return { ...whole, reader: pulseReader(whole.ports.net, whole.ports.clock, 1) };
      },
    },
  });

  it('is the one that the page shows', () => {
    const page = readFileSync(join(ROOT, 'docs/agents/kit.md'), 'utf8');
    const file = readFileSync(join(ROOT, 'tests/unit/agent-kit/acquisition/sample-reader.ts'), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${file}\`\`\``);
  });
});
