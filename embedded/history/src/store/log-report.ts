/** What opening the log found, told to the operator: what was cut, what is damaged, and what to do about it. */

import type { Logger, OpenReport } from '@contor/kit';

export function tellReport(logger: Logger, folder: string, { tornBytes, tornKeptAs, damaged }: OpenReport): void {
  if (tornBytes > 0) {
    logger.warn(
      { folder, tornBytes, ...(tornKeptAs !== undefined && { keptAs: tornKeptAs }) },
      'An unfinished record was cut off the end of the log; it was never acknowledged.',
    );
  }
  for (const { file, firstSequence, lastSequence, keptAs } of damaged) {
    logger.error(
      {
        ...{ file, firstSequence, lastSequence },
        keptAs: keptAs === '' ? 'nowhere: the file is missing' : keptAs,
        fix: 'Check the disk. What the database already had is safe; compare the rest with a backup.',
      },
      'A part of the log was damaged and set aside; history goes on behind it.',
    );
  }
}

/** Records beyond what the database holds that the log has lost; undefined when there are none. */
export function lostSentence({ damaged }: OpenReport, applied: number): string | undefined {
  const lost = damaged.filter(
    ({ firstSequence, lastSequence }) => lastSequence >= firstSequence && lastSequence > applied,
  );
  if (lost.length === 0) {
    return undefined;
  }
  const ranges = lost.map(
    ({ firstSequence, lastSequence }) => `${Math.max(firstSequence, applied + 1)} to ${lastSequence}`,
  );
  return `Records ${ranges.join(', ')} were damaged in the log before the database had them: restore a backup to get them back.`;
}
