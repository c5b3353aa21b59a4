/**
 * A real Keycloak for the time of a check: its distribution from Maven Central, unpacked into a temporary folder, in development mode on a port
 * of its own, with a realm to import. It is no part of this project and stays outside it.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The newest that was checked here. Keycloak 26 runs on Java 17 and 21. */
export const KEYCLOAK_VERSION = '26.3.5';
export const ADMIN = { username: 'admin', password: 'admin-of-the-check' } as const;

const LEAST_JAVA = 17;
const DOWNLOAD_MS = 9 * 60_000;
/** The first start builds itself; on a busy machine that takes minutes. */
const START_MS = 8 * 60_000;
const STOP_MS = 20_000;

export interface Keycloak {
  readonly url: string;
  stop(): Promise<void>;
}

/** The distribution's zip; or why there is none, with what to do. */
export function findKeycloak(): { readonly zip: string } | { readonly missing: string } {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (version < LEAST_JAVA) return { missing: 'apt-get install openjdk-17-jre-headless' };
  if (spawnSync('unzip', ['-v'], { stdio: 'ignore' }).error !== undefined) return { missing: 'apt-get install unzip' };
  const given = process.env.CONTOR_KEYCLOAK_ZIP;
  if (given !== undefined) return existsSync(given) ? { zip: given } : { missing: `CONTOR_KEYCLOAK_ZIP names no file` };
  const name = 'keycloak-quarkus-dist';
  const zip = join(homedir(), '.m2/repository/org/keycloak', name, KEYCLOAK_VERSION, `${name}-${KEYCLOAK_VERSION}.zip`);
  if (existsSync(zip)) return { zip };
  if (spawnSync('mvn', ['-v'], { stdio: 'ignore' }).error !== undefined)
    return { missing: 'apt-get install maven, which fetches it, or name its zip in CONTOR_KEYCLOAK_ZIP' };
  const artifact = `-Dartifact=org.keycloak:${name}:${KEYCLOAK_VERSION}:zip`;
  const fetched = spawnSync('mvn', ['-q', '-B', 'dependency:get', artifact, '-Dtransitive=false'], {
    ...{ timeout: DOWNLOAD_MS, encoding: 'utf8' },
  });
  return existsSync(zip) ? { zip } : { missing: `Maven could not fetch it: ${fetched.stdout?.slice(0, 300)}` };
}

export async function startKeycloak(zip: string, folder: string, port: number, realm: object): Promise<Keycloak> {
  execFileSync('unzip', ['-q', zip, '-d', folder]);
  const home = join(folder, `keycloak-${KEYCLOAK_VERSION}`);
  mkdirSync(join(home, 'data/import'), { recursive: true });
  writeFileSync(join(home, 'data/import/contor-realm.json'), JSON.stringify(realm), { mode: 0o600 });
  const log = join(folder, 'keycloak.log');
  const args = ['start-dev', '--http-host=127.0.0.1', `--http-port=${port}`, '--import-realm'];
  // A group of its own: the script starts Java, and both must end.
  const child = spawn(join(home, 'bin/kc.sh'), args, {
    ...{ cwd: home, detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
    env: {
      ...process.env,
      ...{ KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username, KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password },
      JAVA_OPTS_KC_HEAP: '-Xms64m -Xmx640m',
    },
  });
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  };
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_MS;
  while (!(await isThere(`${url}/realms/contor/.well-known/openid-configuration`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      kill('SIGKILL');
      throw new Error(`Keycloak did not start:\n${readFileSync(log, 'utf8').slice(-3_000)}`);
    }
    await sleep(500);
  }
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit');
      kill('SIGTERM');
      const isOver = await Promise.race([ended.then(() => true), sleep(STOP_MS, false)]);
      if (!isOver) kill('SIGKILL');
      file.end();
    },
  };
}

async function isThere(url: string): Promise<boolean> {
  return fetch(url).then(
    async (answer) => {
      await answer.arrayBuffer();
      return answer.ok;
    },
    () => false,
  );
}
