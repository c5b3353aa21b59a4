/** Ground floor: bytes, checksums, errors, log, settings, time, retry schedule, durable log, ports and their simulations. */

export * from './bytes.js';
export {
  type ArchiveBlock,
  type ArchivedRecord,
  listBlocks,
  readBlock,
  type Sealed,
  writeArchive,
} from './chained-log/archive.js';
export { CHAIN_FAULTS, type ChainFault } from './chained-log/check.js';
export { openChainedLog } from './chained-log/log.js';
export { type ChainOnDisk, type ChainReport, readChain, verifyChain } from './chained-log/verify.js';
export type * from './chained-log.js';
export * from './checkpoint.js';
export type * from './clock.js';
export * from './correlation.js';
export * from './crc32.js';
export type * from './disk.js';
export * from './documents.js';
export { openDurableLog } from './durable-log/log.js';
export { readSegment, type SegmentOnDisk } from './durable-log/read-file.js';
export type * from './durable-log.js';
export * from './errors.js';
export * from './exposure.js';
export * from './file-store.js';
export * from './hex.js';
export * from './http-listener.js';
export type * from './line-decoder.js';
export * from './lock-directory.js';
export type * from './log.js';
export * from './logger.js';
export * from './metrics.js';
export type * from './net.js';
export { addressClassOf } from './outgoing/address-class.js';
export { createGetter, type Fetched, type Getter } from './outgoing/getter.js';
export { guardedLookup, REFUSED_ADDRESS, type Resolve } from './outgoing/guarded-lookup.js';
export { type HostList, listHosts, type Reach } from './outgoing/host-list.js';
export { createPoster, type Poster } from './outgoing/poster.js';
export * from './ports.js';
export type * from './random.js';
export { realClock } from './real/clock.js';
export { realDisk } from './real/disk.js';
export { realNet } from './real/net.js';
export { realRandom } from './real/random.js';
export { redact, redactText } from './redaction.js';
export * from './retry.js';
export * from './sealed/keyring.js';
export { newMasterKey } from './sealed/master-key.js';
export * from './sealed/sealed-file.js';
export * from './sealed/secret-store.js';
export * from './sealed/stream.js';
export * from './secret-file.js';
export type * from './service.js';
export * from './settings.js';
export { SimulatedClock } from './simulated/clock.js';
export * from './simulated/disk.js';
export * from './simulated/net.js';
export { seededRandom } from './simulated/random.js';
export * from './time.js';
export * from './tls/certificate.js';
export * from './tls/server-certificate.js';
export * from './tls/trust.js';
