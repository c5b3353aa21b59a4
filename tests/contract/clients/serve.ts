/** Broker and history together in a process of their own; tells its parent where they are. */

import { join } from 'node:path';
import { SETTINGS as BROKER_SETTINGS, start as startBroker } from '@contor/broker';
import { SETTINGS as HISTORY_SETTINGS, start as startHistory } from '@contor/history';
import { createLogger, readSettings, realPorts } from '@contor/kit';

const folder = process.argv[2] ?? '';
const environment = { ports: realPorts(), log: createLogger({ service: 'clients', level: 'error' }) };
const common = { PLATFORM_SECRET: process.argv[3], BROKER_AS: process.argv[4] ?? 'contor' };
const history = await startHistory(
  readSettings(HISTORY_SETTINGS, { ...common, HISTORY_PORT: '0', HISTORY_DATA: join(folder, 'history') }),
  environment,
);
const broker = await startBroker(
  readSettings(BROKER_SETTINGS, { ...common, BROKER_PORT: '0', BROKER_DATA: join(folder, 'broker') }),
  environment,
);

process.on('message', () => void Promise.all([broker.stop(), history.stop()]).then(() => process.exit(0)));
process.send?.({ brokerUrl: broker.url, historyUrl: history.url });
