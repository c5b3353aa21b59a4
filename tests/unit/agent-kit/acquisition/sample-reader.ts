/** A pulse counter on a TCP line: `?\n` asks, `meter-1 2026-11-20T08:00:00Z 1234\n` answers. */

import type { Reader, ReadFailure, ReadFault } from '@contor/agent-kit';
import { type Clock, type Net, parseIso } from '@contor/kit';

const CONNECT_MS = 5_000;
const QUESTION = new TextEncoder().encode('?\n');
const ANSWER = /^(\S{1,40}) (\S{20,30}) \d{1,12}$/;

export function pulseReader(net: Net, clock: Clock, port: number): Reader {
  return {
    async read(device, task, signal, tell) {
      const count = { bytesIn: 0, bytesOut: 0, steps: [] };
      const failed = (fault: ReadFault, detail: string): ReadFailure => {
        return { kind: 'failed', fault, code: `pulse.${fault}`, detail, ...count };
      };
      if (task.kind !== 'live') return failed('unsupported', 'It knows its register and nothing else.');
      if (signal.aborted) throw signal.reason;
      const line = await net.connect('127.0.0.1', port, CONNECT_MS); // Rejects with a TransportError: that is the fault `line`.
      const hangUp = (): void => void line.close();
      signal.addEventListener('abort', hangUp);
      try {
        tell('connected');
        const askedMs = clock.nowMs();
        await line.write(QUESTION);
        count.bytesOut += QUESTION.length;
        let text = '';
        for await (const chunk of line.chunks()) {
          count.bytesIn += chunk.length;
          text += new TextDecoder().decode(chunk);
          if (text.includes('\n') || text.length > 100) break;
        }
        if (text === '') return failed('no-answer', 'It hung up without a word.');
        const [, name, time] = ANSWER.exec(text.trim()) ?? [];
        const deviceTimeMs = time === undefined ? undefined : parseIso(time);
        if (deviceTimeMs === undefined) return failed('garbled', 'That is no line of a pulse counter.');
        if (name !== device.deviceId) return failed('identity', 'Another counter answers there.');
        const frame = { channel: 'pulses', lane: 'live', bytes: new TextEncoder().encode(text.trim()) } as const;
        return { kind: 'value', frames: [frame], deviceTimeMs, askedMs, answeredMs: clock.nowMs(), ...count };
      } finally {
        signal.removeEventListener('abort', hangUp);
        await line.close();
      }
    },
  };
}
