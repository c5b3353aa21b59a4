/**
 * A real FerretDB for the time of a check: a server of others that speaks MongoDB's wire protocol, on SQLite. It is built by Go from the versions and
 * digests in `ferretdb/go.sum`, once, outside this project.
 */

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../support/root.js';

export const FERRETDB_VERSION = '1.24.0';

/** The first build fetches and compiles SQLite translated to Go: two minutes of CPU. */
const BUILD_MS = 15 * 60_000;
const START_MS = 20_000;
const SOURCE = join(ROOT, 'tests/interop/ferretdb');

export interface FerretDb {
  readonly url: string;
  /** It keeps its connections and answers nobody. */
  readonly pause: () => void;
  readonly resume: () => void;
  stop(): Promise<void>;
}

/** The program; or why there is none, with what to do. */
export function findFerretDb(): { readonly program: string } | { readonly missing: string } {
  const given = process.env.CONTOR_FERRETDB;
  if (given !== undefined) return existsSync(given) ? { program: given } : { missing: 'CONTOR_FERRETDB names no file' };
  const made = createHash('sha256');
  for (const name of ['main.go', 'go.mod', 'go.sum']) made.update(readFileSync(join(SOURCE, name)));
  const folder = join(homedir(), '.cache/contor-interop', `ferretdb-${made.digest('hex').slice(0, 16)}`);
  const program = join(folder, 'ferretdb');
  if (existsSync(program)) return { program };
  if (spawnSync('go', ['version'], { stdio: 'ignore' }).error !== undefined)
    return { missing: 'apt-get install golang-go (1.22 or newer), which builds it, or name it in CONTOR_FERRETDB' };
  mkdirSync(folder, { recursive: true });
  cpSync(SOURCE, folder, { recursive: true });
  // The backend that is not asked for would double the time.
  const args = ['build', '-mod=readonly', '-tags', 'ferretdb_no_postgresql', '-o', program, '.'];
  const built = spawnSync('go', args, { cwd: folder, timeout: BUILD_MS, encoding: 'utf8' });
  return existsSync(program) ? { program } : { missing: `Go could not build it: ${built.stderr?.slice(-300)}` };
}

export async function startFerretDb(program: string, folder: string, port: number): Promise<FerretDb> {
  mkdirSync(folder, { recursive: true });
  const child = spawn(program, [`127.0.0.1:${port}`, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-3_000);
  });
  const deadline = Date.now() + START_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`FerretDB did not start:\n${said}`);
    }
    await sleep(100);
  }
  return {
    url: `mongodb://127.0.0.1:${port}/contor`,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      if (child.exitCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
