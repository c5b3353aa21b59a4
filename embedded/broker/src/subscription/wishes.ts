/**
 * What a subscription asks of its delivery. 5.2.22 lets it tell the notifier something: `notifierInfo` has two words of ours.
 * `keep` says which states are told, `deliver` what happens when they are more than there is room for.
 */

import { KEEP, type Subscription } from './model.js';
import type { Keeping } from './outbox.js';

/** `must`: writes wait for this subscriber rather than that one change is put aside. `may` (the default): they do not. */
export const DELIVER = 'deliver';

/** 7.2: the standard's own keys, for MQTT endpoints. */
export const MQTT_VERSION = 'MQTT-Version';
export const MQTT_QOS = 'MQTT-QoS';

/** What may stand under the keys that mean something to us; under others anything may. */
export const WISHES: Readonly<Record<string, readonly string[]>> = {
  [KEEP]: ['all', 'latest'],
  [DELIVER]: ['may', 'must'],
  [MQTT_VERSION]: ['mqtt3.1.1', 'mqtt5.0'],
  [MQTT_QOS]: ['0', '1', '2'],
};

export function wishOf({ notification }: Subscription, key: string): string | undefined {
  return notification.endpoint.notifierInfo?.find((wish) => wish.key === key)?.value;
}

/** A throttled subscriber has said that it does not need every state, unless it says that it does. */
export function keepingOf(subscription: Subscription): Keeping {
  const wish = wishOf(subscription, KEEP);
  if (wish === 'latest' || wish === 'all') return wish;
  return subscription.throttling === undefined ? 'all' : 'latest';
}

export function isMustDeliver(subscription: Subscription): boolean {
  return wishOf(subscription, DELIVER) === 'must';
}
