/** One service in the foreground: `contor broker` and its sisters. The first signal stops it cleanly, the second at once. */

import { createLogger, realPorts } from '@contor/kit';
import type { Service, ServiceRow } from './services.js';

const STOPPING_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export async function runService(
  row: ServiceRow,
  service: Service,
  source: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const log = createLogger({ service: row.name });
  const running = await service.start(source, { ports: realPorts(), log });
  log.info({ url: running.url }, `${row.about} is ready`);

  let stopping = false;
  for (const signal of STOPPING_SIGNALS)
    process.on(signal, () => {
      if (stopping) process.exit(130);
      stopping = true;
      void running.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ error: String(error) }, 'could not stop cleanly');
          process.exit(1);
        },
      );
    });
}
