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
export { type CallOptions, type ConnectionOptions, connect, DEFAULT_TENANT, tenantHeaders } from './connection.js';
export {
  APPEND_ROWS,
  type AppendOptions,
  type BucketQuery,
  createHistoryClient,
  type EntityInHistory,
  type HistoryClient,
  type Latest,
  type LatestQuery,
  type ManySeriesQuery,
  PAGE_ROWS,
  type SeriesQuery,
} from './history-client.js';
export { instants } from './instants.js';
export { type RequestCode, RequestError } from './request-error.js';
export type { Cell, Series } from './series.js';
