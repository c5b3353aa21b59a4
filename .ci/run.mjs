/** Runs the suites one after the other, shows what they print, and adds up what they count. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** jest says "Tests: 1 failed, 2 skipped, 64 passed, 67 total"; our own suites end with "12 passed, 0 failed". */
const SUITES = [
  { name: 'npm test', command: ['test'] },
  { name: 'browser', command: ['run', 'test:e2e'], needs: installChromium },
  { name: 'power cut', command: ['run', 'check:powercut'] },
  { name: 'kill -9', command: ['run', 'check:kill9'] },
  { name: 'faults', command: ['run', 'check:faults'] },
  { name: 'fuzz', command: ['run', 'check:fuzz'] },
  { name: 'supply', command: ['run', 'check:supply'] },
  { name: 'outbound', command: ['run', 'check:outbound'] },
  { name: 'auth', command: ['run', 'check:auth'] },
  { name: 'commands', command: ['run', 'check:commands'] },
  { name: 'slow sockets', command: ['run', 'check:slow'] },
  { name: 'tenancy', command: ['run', 'check:tenancy'] },
];

let passed = 0;
let failed = 0;
for (const suite of SUITES) {
  console.log(`\n=== ${suite.name}`);
  suite.needs?.();
  const startedAt = Date.now();
  const { output, code } = await npm(suite.command);
  const counted = countsOf(output);
  passed += counted.passed;
  failed += counted.failed;
  if (code !== 0 && counted.failed === 0) failed += 1;
  if (code === 0 && counted.passed === 0) {
    console.log(`${suite.name} counted no test: that is a failure.`);
    failed += 1;
  }
  console.log(
    `=== ${suite.name}: ${counted.passed} passed, ${counted.failed} failed, exit ${code}, ${Math.round((Date.now() - startedAt) / 1000)} s`,
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

function npm(args) {
  return new Promise((resolve) => {
    const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
        process.stdout.write(chunk);
      });
    child.on('exit', (code) => resolve({ output, code: code ?? 1 }));
  });
}

function countsOf(output) {
  const jest = /^Tests:\s+(?:(\d+) failed, )?(?:\d+ (?:skipped|todo), )*(\d+) passed/m.exec(output);
  if (jest !== null) return { passed: Number(jest[2]), failed: Number(jest[1] ?? 0) };
  const plain = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return { passed: Number(plain?.[1] ?? 0), failed: Number(plain?.[2] ?? 0) };
}

/** The browser suite needs a Chromium; on a Debian machine where we may install it, we do. */
function installChromium() {
  if (process.env.CONTOR_CHROMIUM !== undefined || existsSync('/usr/bin/chromium')) return;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return;
  spawnSync('apt-get', ['update', '-q'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '-q', 'chromium'], { stdio: 'ignore' });
}
