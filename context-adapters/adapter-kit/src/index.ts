/** What every service of the context has in common: a heartbeat, a door for notifications, a subscription that is kept up to date. */

export {
  doorSettings,
  type NotificationDoor,
  type NotificationDoorOptions,
  openNotificationDoor,
} from './notification-door.js';
export { type Rounds, type RoundsOptions, startRounds } from './rounds.js';
