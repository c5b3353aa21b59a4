/** What every IoT agent stands on: ingest log, lanes to broker and history, shelves, device registry, MQTT acks. */

export {
  type CallerFigures,
  type Callers,
  type CallersOptions,
  type Greeting,
  openCallers,
} from './acquisition/callers.js';
export {
  type ClockFigures,
  type ClockKeeper,
  type ClockKeeperOptions,
  keepClocks,
} from './acquisition/clock-keeper.js';
export type { Communication } from './acquisition/communication.js';
export {
  type DayEndOptions,
  type DayResult,
  recoverDays,
  type StoredProfile,
  storedProfilesOf,
} from './acquisition/day-end-job.js';
export { type DayEndRounds, type DayEndRoundsOptions, openDayEndRounds } from './acquisition/day-end-rounds.js';
export { type HostClock, type HostClockSetting, watchHostClock } from './acquisition/host-clock.js';
export {
  type Acquisition,
  type AcquisitionFigures,
  type AcquisitionOptions,
  type AskOptions,
  openAcquisition,
} from './acquisition/open.js';
export { openReadOrders, type ReadOrders, type ReadOrdersOptions } from './acquisition/orders.js';
export { lineOf, type PlannedRead, type ReadPlan } from './acquisition/plan.js';
export {
  type BroughtFrame,
  READ_FAULTS,
  type Reader,
  type ReadFailure,
  type ReadFault,
  type ReadResult,
  type ReadStep,
  type ReadTask,
  type ReadValue,
} from './acquisition/reader.js';
export type { RecordKeeper } from './acquisition/record-keeper.js';
export type { Asked, ReadReport, Result } from './acquisition/report.js';
export { formatRule, parseRule, type Rule } from './acquisition/schedule.js';
export { type EntityLister, openSchedules, type Schedules, type SchedulesOptions } from './acquisition/schedules.js';
export {
  type Agent,
  type AgentFigures,
  type AgentLimits,
  type AgentOptions,
  type Message,
  openAgent,
} from './agent.js';
export type { CommandAnswer, Sending } from './commands/desk.js';
export { type Commands, type CommandsOptions, openCommands } from './commands/open.js';
export type { KeptOrder, OrderState } from './commands/order-book.js';
export type { CommandPayload } from './commands/plain-desk.js';
export {
  type AttributePlan,
  compilePlan,
  entityIdOf,
  type PlannedStates,
  planOf,
  type RawMeasure,
} from './expressions/plan.js';
export {
  type BrokerPort,
  type Delivery,
  type EntityReader,
  type HistoryPort,
  MOST_ENTITIES,
  type RefusedEntity,
} from './forward/ports.js';
export type { AcquiredIntervals, Entity, Refusal, State, Translation, Translator } from './forward/state.js';
export { contentHash, type IngestRecord, type Lane } from './ingest/record.js';
export { DEFAULT_TIME_WINDOW, judgeTime, type TimeVerdict, type TimeWindow } from './ingest/time-window.js';
export { openLeasedAcquisition } from './leases/leased-acquisition.js';
export { ALONE, type Lease, type Leases, type LeasesListener } from './leases/leases.js';
export { openSharing, SHARING_SETTINGS, type Sharing, type SharingOptions } from './leases/sharing.js';
export { alertState, EVENTS, type EventRow } from './mapping/events.js';
export { type ProfilePoint, type ProfileReading, toIntervals } from './mapping/intervals.js';
export { type Measured, toLiveReading } from './mapping/live.js';
export type {
  ChannelRow,
  DeviceModel,
  LiveType,
  MeasuredValue,
  ProfileRow,
  ValueFault,
  ValueRow,
} from './mapping/model.js';
export { outageState } from './mapping/outage.js';
export {
  type AckGate,
  type AckGateOptions,
  type GatedClient,
  gateAcks,
  type MessagePacket,
  type Settled,
} from './mqtt/ack-gate.js';
export { type OutageDesk, type OutageFigures, openOutageDesk } from './outages/desk.js';
export { PAIRS, type PairRow, type PairState, parseOutageChannel, type Sign } from './outages/pairing.js';
export { type Oversight, type OversightOptions, openOversight } from './oversight.js';
export { brokerOver } from './peers/broker.js';
export type { Closable, PeerOptions } from './peers/clients.js';
export { historyOver } from './peers/history.js';
export { presenceOver } from './peers/presence.js';
export { openPolling, type Polling, type PollingFigures, type PollingOptions } from './polling.js';
export { type ProvisioningOptions, provisioningApp } from './provisioning/app.js';
export { type Trace, type Traceable, type TraceQuestion, traceFrames } from './raw/trace.js';
export {
  type AttributeRow,
  type CommandRow,
  type Connection,
  type Device,
  type DeviceRecord,
  deviceKey,
  type ExplicitAttrs,
  keyOfDevice,
  type Metadata,
  type Provisioned,
  type StaticRow,
} from './registry/device.js';
export { type EmbeddedRegistryOptions, openDeviceRegistry, provisionDevices } from './registry/embedded.js';
export { type DeviceGroup, groupKey, toDevice } from './registry/group.js';
export type { DeviceRegistry, GroupRegistry, KnownDevices, RegistryChange } from './registry/registry.js';
export { Roster } from './registry/roster.js';
export { openShelf, type Shelf, type ShelfEntry } from './shelf.js';
