/** How services and the dashboard reach the broker and history: typed, paged, with open connections and errors that have codes. */

export {
  BATCH_ENTITIES,
  type BatchOutcome,
  type BrokerClient,
  createBrokerClient,
  type EntityQuery,
  type PlainAnswer,
  type PlainRequest,
} from './broker-client.js';
export { type Capabilities, QUANTUMLEAP } from './capabilities.js';
export { type CallOptions, type ConnectionOptions, connect, DEFAULT_TENANT, tenantHeaders } from './connection.js';
export {
  APPEND_ROWS,
  type AppendOptions,
  createHistoryClient,
  type EntityInHistory,
  type HistoryClient,
  PAGE_ROWS,
} from './history-client.js';
export { instants } from './instants.js';
export type { ExactSums, GapQuery, LatestOf, ManyLatestQuery, ScopedQuery, SumQuery, ZonedQuery } from './own-reads.js';
export type { BucketQuery, Latest, LatestQuery, ManySeriesQuery, SeriesQuery } from './queries.js';
export type { Buckets, Method } from './reduce.js';
export { type RequestCode, RequestError } from './request-error.js';
export type { Cell, Series } from './series.js';
export type { ZonedPeriod } from './zoned-buckets.js';
