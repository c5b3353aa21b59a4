/** PostgreSQL 15 of Debian as the peer of history: one wide table of a row an instant, a covering index, the same questions by pgbench. */

import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHANNELS } from './history-channels.js';
import { quantile } from './quantiles.js';

const run = promisify(execFile);
const BIN = '/usr/lib/postgresql/15/bin';
const QUESTIONS = 60;
const SECOND = 1_000_000;

const [register, power] = CHANNELS.map(({ name }) => name.toLowerCase());
const SCRIPTS = {
  range30d: [
    '\\set d random(0, 330)',
    `SELECT t, ${power} FROM reading WHERE e = :e AND t >= timestamp '2025-01-01' + :d * interval '1 day' AND t <= timestamp '2025-01-01' + (:d + 30) * interval '1 day' ORDER BY t;`,
  ],
  hourlyYear: [
    `SELECT date_trunc('hour', t) AS b, avg(${power}) FROM reading WHERE e = :e AND t <= timestamp '2026-01-01' GROUP BY b ORDER BY b;`,
  ],
  fleetMonth: [
    '\\set m random(0, 10)',
    `SELECT e, date_trunc('day', t) AS b, max(${register}) FROM reading WHERE t >= timestamp '2025-01-01' + :m * interval '30 days' AND t <= timestamp '2025-01-01' + (:m + 1) * interval '30 days' GROUP BY e, b ORDER BY e, b;`,
  ],
} as const;

export async function benchPostgres(folder: string, meters: number): Promise<object> {
  if (!(await stat(BIN).catch(() => undefined))) {
    return { missing: 'PostgreSQL 15 is not installed: apt-get install postgresql-15' };
  }
  await mkdir(folder, { recursive: true });
  await chmod(join(folder, '..'), 0o755);
  await run('chown', ['-R', 'postgres', folder]);
  const data = join(folder, 'data');
  await asPostgres(`${BIN}/initdb -D ${data} --no-sync -U postgres`);
  await asPostgres(
    `${BIN}/pg_ctl -D ${data} -w -l ${folder}/log -o "-k ${folder} -c listen_addresses= ${SETTINGS}" start`,
  );
  try {
    const psql = (sql: string) => asPostgres(`psql -h ${folder} -U postgres -qAt -c "${sql.replaceAll('$', '\\$')}"`);
    const columns = CHANNELS.map(({ name }) => `${name} double precision`).join(', ');
    await psql(`CREATE TABLE reading (e integer, t timestamp, ${columns})`);
    const values = CHANNELS.map(({ sql }) => `(${sql.replaceAll('.0', '.0::numeric')})::double precision`).join(', ');
    await psql(
      `INSERT INTO reading SELECT e, timestamp '2025-01-01' + q * interval '15 minutes', ${values} FROM generate_series(0, 35039) q, generate_series(0, ${meters - 1}) e`,
    );
    await psql(`CREATE INDEX ON reading (e, t) INCLUDE (${CHANNELS.map(({ name }) => name).join(', ')})`);
    await psql('VACUUM ANALYZE reading');
    const bytes = Number(await psql("SELECT pg_total_relation_size('reading')"));
    const figures: Record<string, number> = {};
    for (const [name, script] of Object.entries(SCRIPTS)) {
      const took = await ask(folder, name, [`\\set e random(0, ${meters - 1})`, ...script]);
      figures[`${name}P50Ms`] = quantile(took, 0.5);
      figures[`${name}P95Ms`] = quantile(took, 0.95);
    }
    return { ...figures, bytesPerReading: bytes / (meters * CHANNELS.length * 35_040) };
  } finally {
    await asPostgres(`${BIN}/pg_ctl -D ${data} -m immediate stop`).catch(() => undefined);
  }
}

/** Memory like ours, durability like ours. */
const SETTINGS = '-c shared_buffers=256MB -c work_mem=64MB -c maintenance_work_mem=256MB -c max_wal_size=4GB';

/** Milliseconds, ascending: pgbench logs each transaction in microseconds. */
async function ask(folder: string, name: string, lines: readonly string[]): Promise<readonly number[]> {
  const script = join(folder, `${name}.sql`);
  await writeFile(script, `${lines.join('\n')}\n`);
  await asPostgres(
    `cd ${folder} && pgbench -h ${folder} -U postgres -n -c 1 -t ${QUESTIONS} -f ${script} -l --log-prefix=${name} postgres`,
  );
  const log = (await readdir(folder)).find((file) => file.startsWith(`${name}.`) && !file.endsWith('.sql'));
  const text = await readFile(join(folder, log ?? ''), 'utf8');
  const took = text
    .trim()
    .split('\n')
    .map((line) => (Number(line.split(' ')[2]) / SECOND) * 1000);
  return took.sort((a, b) => a - b);
}

async function asPostgres(command: string): Promise<string> {
  const { stdout } = await run('su', ['postgres', '-s', '/bin/sh', '-c', command], { maxBuffer: 2 ** 24 });
  return stdout.trim();
}
