/** The embedded MQTT broker in a process of its own, for tests that kill it or weigh it. Settings come from the environment. */

import { createLogger, readSettings, realPorts } from '@contor/kit';
import { SETTINGS, start } from '@contor/mqtt';

const log = createLogger({ service: 'mqtt', level: 'error', write: (line) => process.stderr.write(line) });
const running = await start(readSettings(SETTINGS, process.env), { ports: realPorts(), log });
process.stdout.write(`${JSON.stringify({ url: running.url, port: running.port, healthPort: running.healthPort })}\n`);
process.once('SIGTERM', () => {
  running.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
