/** GET /capabilities: what may be relied on beyond QuantumLeap, and how far. QuantumLeap answers 404, which says the rest. */

import { MAX_ENTITIES as MAX_NOTIFIED } from '../notify/notification.js';
import { ALL_PERIODS } from '../store/buckets.js';
import { type Answer, json } from './answer.js';
import type { House } from './asked.js';
import { MOST_STREAMED_ROWS } from './formats.js';
import { FORMATS, MAX_LIST, MAX_POINTS, METHODS, OWN_PARAMETERS } from './parameters.js';
import { MAX_SCOPES } from './querying.js';

export function answerCapabilities({ defaultLimit }: House): Answer {
  return json({
    idempotent: true,
    revisions: true,
    attributeTimes: true,
    units: true,
    zones: true,
    exactSums: true,
    scopes: true,
    lastValues: true,
    strict: false,
    periods: ALL_PERIODS,
    methods: [...METHODS, 'percentile'],
    formats: FORMATS,
    parameters: OWN_PARAMETERS,
    limits: {
      rows: defaultLimit,
      streamedRows: MOST_STREAMED_ROWS,
      notifiedEntities: MAX_NOTIFIED,
      listItems: MAX_LIST,
      scopes: MAX_SCOPES,
      points: MAX_POINTS,
    },
  });
}
