/**
 * The gateway in a process of its own, with partners in its book: `all` sees everything, `site-0`, `site-1` … see one site each,
 * and `watcher-0` … all see the first. Tells its
 * parent where it is and which keys they have, and when asked what it has used so far.
 */

import { join } from 'node:path';
import { SETTINGS, start } from '@contor/gateway';
import { openAccessBook } from '@contor/gateway/book/open.js';
import { newApiKey } from '@contor/gateway/partner/api-key.js';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { SEED_ROLES } from '@contor/policy';
import { benchSite } from './gateway-town.js';

const [, , folder = '', brokerUrl = '', historyUrl = '', secret = '', sites = '0', watchers = '0'] = process.argv;
const ports = realPorts();
const log = createLogger({ service: 'gateway', level: 'error' });
const dataFolder = join(folder, 'gateway');

async function makeBook(): Promise<readonly string[]> {
  const book = await openAccessBook({
    ...{ disk: ports.disk, clock: ports.clock, log, dataFolder, tenant: 'default', seeds: SEED_ROLES },
    ...{ providerRoles: 'adopt', onFatal: (error) => void log.error({ error }, 'The book failed.') },
  });
  const keys: string[] = [];
  const partners = [
    { id: 'all', sees: [] },
    ...Array.from({ length: Number(sites) }, (_none, at) => ({ id: `site-${at}`, sees: [benchSite(at)] })),
    ...Array.from({ length: Number(watchers) }, (_none, at) => ({ id: `watcher-${at}`, sees: [benchSite(0)] })),
  ];
  for (const { id, sees } of partners) {
    const grants = sees.map((to) => ({ to }));
    await book.partners.add(id, { name: id, roles: ['viewer'], everything: id === 'all', grants, isLocked: false });
    const { text, kept } = newApiKey(ports.random, ports.clock.nowMs());
    await book.partners.addKey(id, kept, ports.clock.nowMs());
    keys.push(text);
  }
  await book.close();
  return keys;
}

const keys = await makeBook();
const config = readSettings(SETTINGS, {
  ...{ GATEWAY_DATA: dataFolder, GATEWAY_PORT: '0', GATEWAY_RATE: '1000000', OIDC_CLIENT_SECRET: 'x' },
  ...{
    BROKER_URL: brokerUrl,
    HISTORY_URL: historyUrl,
    PLATFORM_SECRET: secret,
    OIDC_ISSUER: 'http://127.0.0.1:9/realms/none',
  },
});
const running = await start(config, { ports, log });

process.on('disconnect', () => process.exit(1));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system, rss: process.memoryUsage().rss, figures: running.health().figures });
});
process.send?.({ url: running.url, keys });
