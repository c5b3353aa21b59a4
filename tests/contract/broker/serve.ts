/** A broker alone in its process, for tests that kill it and benches that weigh it. Tells its parent the URL, and its CPU time when asked. */

import { SETTINGS, start } from '@contor/broker';
import { createLogger, readSettings, realPorts } from '@contor/kit';

const log = createLogger({ service: 'broker', level: 'error' });
const running = await start(readSettings(SETTINGS, process.env), { ports: realPorts(), log });
// A parent that was ended cannot end us, and whoever reads its output would wait for ours.
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message === 'stop') void running.stop().then(() => process.exit(0));
  else {
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ ...process.cpuUsage(), rss, heapUsed });
  }
});
// A test that gave up while we were starting has nobody to stop us; left behind, we would hold the output of the whole run open.
process.on('disconnect', () => process.exit(1));
process.send?.({ url: running.url });
