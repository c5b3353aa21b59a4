/**
 * `npm run check:fuzz [-- --full]`: seeded mutations of good frames against every codec that meets the outside world (P8): no exception, no
 * frame that takes long, no growth of memory, and the next good frame is read. Each codec in a process of its own, each with a planted
 * fault that must be caught. 200,000 cases a codec, 10 million in the full form.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Tally } from '../support/tally.js';

const CODECS = [
  { name: 'M-Bus, wired and radio', file: 'fuzz-mbus.js' },
  { name: 'DLMS/COSEM', file: 'fuzz-dlms.js' },
  { name: 'IEC 62056-21 and ANSI C12', file: 'fuzz-elster.js' },
  { name: 'CoAP, 6LoWPAN, CBOR and SenML', file: 'fuzz-coap.js' },
] as const;

const tally = new Tally();
for (const { name, file } of CODECS)
  await tally.check(`${name}: any bytes, and a planted fault is caught`, async () => {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = spawn(process.execPath, [path, ...process.argv.slice(2)], { stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    if (code !== 0) throw new Error(`${file} ended with ${String(code)}`);
  });
tally.end();
