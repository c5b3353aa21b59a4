/**
 * What of subscriptions and registrations lets somebody in elsewhere (headers of receiverInfo and contextSourceInfo, the password of an MQTT
 * address) is wrapped before it goes to disk, and unwrapped when it comes back. In memory it is plain, for it is used with each notification.
 * What an earlier version left plain is read as it is.
 */

import { type Keyring, wrappedBy } from '@contor/kit';
import type { Json } from '../json.js';
import type { RegistrationState, SourceInfo } from '../registration/model.js';
import type { Endpoint } from '../subscription/model.js';
import { SECRET_NAME } from '../subscription/secrets.js';
import type { Command } from './commands.js';
import type { Frame } from './snapshot-file.js';

export interface Veil {
  cover(command: Command): Command;
  uncover(command: Command): Command;
  coverFrame(frame: Frame): Frame;
  uncoverFrame(frame: Frame): Frame;
  /** Something came back that was plain, or wrapped with an older key: the state should be written anew. */
  readonly sawOlder: boolean;
}

/** Of checks that have no secrets, and of tests. */
export const NO_VEIL: Veil = {
  cover: (command) => command,
  uncover: (command) => command,
  coverFrame: (frame) => frame,
  uncoverFrame: (frame) => frame,
  sawOlder: false,
};

/** A word, under the name that it is authenticated with. */
type Change = (word: string, name: string) => string;

export function veilOf(keyring: Keyring): Veil {
  const wrap: Change = (word, name) => keyring.wrap(name, Buffer.from(word, 'utf8'));
  let sawOlder = false;
  const unwrap: Change = (word, name) => {
    const by = wrappedBy(word);
    if (by !== keyring.keyId) sawOlder = true;
    return by === undefined ? word : Buffer.from(keyring.unwrap(name, word)).toString('utf8');
  };
  return {
    cover: (command) => changeCommand(command, wrap),
    uncover: (command) => changeCommand(command, unwrap),
    coverFrame: (frame) => changeFrame(frame, wrap),
    uncoverFrame: (frame) => changeFrame(frame, unwrap),
    get sawOlder() {
      return sawOlder;
    },
  };
}

function changeCommand(command: Command, change: Change): Command {
  switch (command.kind) {
    case 'subscribe':
      return {
        ...command,
        subscription: changeSubscription(command.tenant, command.subscription, command.subscription.id, change),
      };
    case 'resubscribe':
      return { ...command, patch: changeSubscription(command.tenant, command.patch, command.id, change) };
    case 'register':
      return {
        ...command,
        registration: changeRegistration(command.tenant, command.registration, command.registration.id, change),
      };
    case 'reregister':
      return { ...command, patch: changeRegistration(command.tenant, command.patch, command.id, change) };
    default:
      return command;
  }
}

function changeFrame(frame: Frame, change: Change): Frame {
  if (frame.kind === 'subscription')
    return {
      ...frame,
      subscription: changeSubscription(frame.tenant, frame.subscription, frame.subscription.id, change),
    };
  if (frame.kind !== 'registrations') return frame;
  const registrations = frame.registrations.map(
    ([registration, status]): RegistrationState => [
      changeRegistration(frame.tenant, registration, registration.id, change),
      status,
    ],
  );
  return { ...frame, registrations };
}

interface Notified {
  readonly notification?: { readonly endpoint?: Endpoint } | undefined;
}

function changeSubscription<T extends Notified>(tenant: string, subscription: T, id: string, change: Change): T {
  const endpoint = subscription.notification?.endpoint;
  if (endpoint === undefined) return subscription;
  const { uri, receiverInfo } = endpoint;
  const name = `broker ${tenant} ${id}`;
  const hasPassword = wrappedBy(uri) !== undefined || (URL.canParse(uri) && new URL(uri).password !== '');
  const changed: Endpoint = {
    ...endpoint,
    ...(hasPassword && { uri: change(uri, `${name} uri`) }),
    ...(receiverInfo !== undefined && {
      receiverInfo: receiverInfo.map(({ key, value }) => ({ key, value: changeValue(name, key, value, change) })),
    }),
  };
  return { ...subscription, notification: { ...subscription.notification, endpoint: changed } };
}

interface Informed {
  readonly contextSourceInfo?: readonly SourceInfo[] | undefined;
}

function changeRegistration<T extends Informed>(tenant: string, registration: T, id: string, change: Change): T {
  const { contextSourceInfo } = registration;
  if (contextSourceInfo === undefined) return registration;
  const name = `broker ${tenant} ${id}`;
  const changed = contextSourceInfo.map(({ key, value }) => ({ key, value: changeValue(name, key, value, change) }));
  return { ...registration, contextSourceInfo: changed };
}

function changeValue<T extends Json>(name: string, key: string, value: T, change: Change): T {
  const isSecret = typeof value === 'string' && SECRET_NAME.test(key);
  return isSecret ? (change(value, `${name} ${key.toLowerCase()}`) as T) : value;
}
