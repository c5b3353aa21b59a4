/** Data folders written by earlier builds still open, and say the same. A new format adds a sample beside the old ones. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SETTINGS, start } from '@contor/history';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/root.js';

async function unpack(sample: string): Promise<string> {
  const text = await readFile(join(ROOT, 'tests/unit/history/samples', sample), 'utf8');
  const { gzippedFiles }: { gzippedFiles: Record<string, string> } = JSON.parse(text);
  const folder = await mkdtemp(join(tmpdir(), 'contor-sample-'));
  for (const [name, content] of Object.entries(gzippedFiles)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), gunzipSync(Buffer.from(content, 'base64')));
  }
  return folder;
}

describe.each(['format-1.json'])('%s', (sample) => {
  it('opens, answers, seals and opens again', async () => {
    const folder = await unpack(sample);
    const log = createLogger({ service: 'history', level: 'warn', write: () => undefined });
    const config = readSettings(SETTINGS, { HISTORY_DATA: folder, HISTORY_PORT: '0' });
    try {
      for (const work of ['tidy', 'nothing']) {
        const history = await start(config, { ports: realPorts(), log });
        const ask = async (path: string, method = 'GET') => (await fetch(`${history.url}${path}`, { method })).json();
        if (work === 'tidy') expect(await ask('/tidy', 'POST')).toMatchObject({ sealedSteps: 1, archivedMonths: 1 });
        expect(await ask('/v2/entities/urn:ngsi-ld:ACMeasurement:1/value')).toEqual({
          index: ['01', '02', '03', '04', '05'].map((day) => `2024-03-${day}T07:00:10.000+00:00`),
          attributes: [
            { attrName: 'label', values: ['d01', 'd02', 'd03', 'd04', 'd05'] },
            { attrName: 'totalActivePower', values: [201.5, 202.5, 203.5, 204.5, 205.5] },
          ],
        });
        expect(history.health().state).toBe('ready');
        await history.stop();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);
});
