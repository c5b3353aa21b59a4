/** A history server alone in its process, for tests that kill it and benches that weigh it. Tells its parent the URL. */

import { SETTINGS, start } from '@contor/history';
import { createLogger, readSettings, realPorts } from '@contor/kit';

const log = createLogger({ service: 'history', level: 'warn' });
const running = await start(readSettings(SETTINGS, process.env), { ports: realPorts(), log });
process.on('message', () => void running.stop().then(() => process.exit(0)));
process.send?.({ url: running.url });
