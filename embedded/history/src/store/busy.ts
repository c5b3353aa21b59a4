/** Refused, nothing written: ask again later. */

import { ContorError } from '@contor/kit';

export class HistoryBusyError extends ContorError {
  constructor(backlogBytes: number) {
    super('history.busy', 'Too much is waiting to be applied.', { backlogBytes });
  }
}
