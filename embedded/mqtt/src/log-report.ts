/** What opening the log found, said to the operator: bytes that were never acknowledged, and bytes that once were. */

import type { Logger, OpenReport } from '@contor/kit';

export function logReport(log: Logger, folder: string, { tornBytes, tornKeptAs, damaged }: OpenReport): void {
  if (tornBytes > 0)
    log.warn(
      { folder, tornBytes, keptAs: tornKeptAs },
      'An unfinished record was cut from the end of the log; it was never acknowledged, and nothing has to be done.',
    );
  for (const { file, firstSequence, lastSequence, keptAs } of damaged)
    log.error(
      {
        ...{ code: 'log.damaged', folder, file, firstSequence, lastSequence, keptAs },
        fix: 'Check the disk. Readings in it that the agent had not taken yet come back with the next load profile of their meter.',
      },
      'A damaged part of the log was set aside; messages and changes of sessions in it are missing.',
    );
}
