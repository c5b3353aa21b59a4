/**
 * Sixty cases of who may say and hear what over MQTT (T24), told by what comes of them and not by how a broker says no, so that one table
 * is good for two brokers.
 */

export const METER = 'e350-0001';
export const OTHER = 'e350-0002';
export const AGENT = 'agent-json';
export const OBSERVER = 'observer';
export const APIKEY = 'contor-street';

export type MqttCase =
  /** A message reaches an observer of everything, or it does not. */
  | {
      readonly kind: 'publish';
      readonly who: string;
      readonly topic: string;
      readonly retain?: true;
      readonly reaches: boolean;
    }
  /** Whoever asked for `filter` hears what somebody with the right says on `topic`, or does not. */
  | {
      readonly kind: 'subscribe';
      readonly who: string;
      readonly filter: string;
      readonly topic: string;
      readonly hears: boolean;
    }
  | {
      readonly kind: 'connect';
      readonly name: string;
      readonly username?: string;
      readonly password?: 'own' | string;
      readonly isLetIn: boolean;
    }
  | { readonly kind: 'will'; readonly who: string; readonly topic: string; readonly reaches: boolean }
  /** Somebody connects with another's client id: the other one is still there afterwards. */
  | { readonly kind: 'takeover'; readonly who: string; readonly clientId: string; readonly victim: string }
  | { readonly kind: 'oversize'; readonly who: string; readonly bytes: number };

const own = (rest: string) => `/json/${APIKEY}/${METER}/${rest}`;
const other = (rest: string) => `/json/${APIKEY}/${OTHER}/${rest}`;

const publish = (who: string, topic: string, reaches: boolean): MqttCase => ({ kind: 'publish', who, topic, reaches });
const subscribe = (who: string, filter: string, topic: string, hears: boolean): MqttCase => ({
  kind: 'subscribe',
  who,
  filter,
  topic,
  hears,
});

export const MQTT_CASES: readonly MqttCase[] = [
  publish(METER, own('attrs'), true),
  publish(METER, own('attrs/voltageL1'), true),
  publish(METER, own('profile'), true),
  publish(METER, own('cmdexe'), true),
  publish(METER, own('configuration/commands'), true),
  publish(METER, own('cmd'), false),
  publish(METER, own('attrs/a/b'), false),
  publish(METER, own(''), false),
  publish(METER, `/json/${APIKEY}/${METER}`, false),
  publish(METER, other('attrs'), false),
  publish(METER, other('cmd'), false),
  publish(METER, other('cmdexe'), false),
  publish(METER, `/json/other-key/${METER}/attrs`, false),
  publish(METER, `json/${APIKEY}/${METER}/attrs`, false),
  publish(METER, `//json/${APIKEY}/${METER}/attrs`, false),
  publish(METER, `/JSON/${APIKEY}/${METER}/attrs`, false),
  publish(METER, `/json/${APIKEY}/${METER}/../${OTHER}/attrs`, false),
  publish(METER, `$SYS/broker/${METER}`, false),
  publish(METER, `$share/g${own('attrs')}`, false),
  publish(METER, 'anything', false),
  { kind: 'publish', who: METER, topic: own('attrs'), retain: true, reaches: false },
  { kind: 'publish', who: METER, topic: other('attrs'), retain: true, reaches: false },
  publish(AGENT, own('cmd'), true),
  publish(AGENT, own('attrs'), false),
  publish(AGENT, 'anything', false),

  subscribe(METER, own('cmd'), own('cmd'), true),
  subscribe(METER, own('configuration/values'), own('configuration/values'), true),
  subscribe(METER, own('attrs'), own('attrs'), false),
  subscribe(METER, other('cmd'), other('cmd'), false),
  subscribe(METER, other('attrs'), other('attrs'), false),
  subscribe(METER, other('#'), other('cmd'), false),
  subscribe(METER, `/json/${APIKEY}/+/cmd`, other('cmd'), false),
  subscribe(METER, `/json/+/${OTHER}/cmd`, other('cmd'), false),
  subscribe(METER, `/+/+/+/cmd`, other('cmd'), false),
  subscribe(METER, '/json/#', other('attrs'), false),
  subscribe(METER, '#', other('attrs'), false),
  subscribe(METER, '+/#', other('attrs'), false),
  subscribe(METER, '/#', other('attrs'), false),
  subscribe(METER, '$SYS/#', other('attrs'), false),
  subscribe(METER, '$SYS/broker/clients/connected', other('attrs'), false),
  subscribe(METER, `$share/group/${other('cmd')}`, other('cmd'), false),
  subscribe(METER, '$share/group/#', other('cmd'), false),
  subscribe(AGENT, '/json/+/+/attrs', other('attrs'), true),
  subscribe(AGENT, '/json/#', own('profile'), true),
  subscribe(AGENT, '#', 'anything', false),
  subscribe(AGENT, 'anything', 'anything', false),

  { kind: 'connect', name: 'its own credential', username: METER, password: 'own', isLetIn: true },
  { kind: 'connect', name: 'nobody', isLetIn: false },
  { kind: 'connect', name: 'a name without a password', username: METER, isLetIn: false },
  { kind: 'connect', name: 'an empty password', username: METER, password: '', isLetIn: false },
  { kind: 'connect', name: 'a wrong password', username: METER, password: 'not-this-one', isLetIn: false },
  { kind: 'connect', name: 'an unknown name', username: 'e350-9999', password: 'x', isLetIn: false },
  { kind: 'connect', name: 'a wildcard for a name', username: '#', password: 'x', isLetIn: false },

  { kind: 'will', who: METER, topic: own('attrs'), reaches: true },
  { kind: 'will', who: METER, topic: other('attrs'), reaches: false },
  { kind: 'will', who: METER, topic: own('cmd'), reaches: false },
  { kind: 'will', who: METER, topic: 'anything', reaches: false },

  { kind: 'takeover', who: METER, clientId: OTHER, victim: OTHER },
  { kind: 'takeover', who: METER, clientId: AGENT, victim: AGENT },
  { kind: 'oversize', who: METER, bytes: 300 * 1024 },
];

export function nameOf(one: MqttCase): string {
  switch (one.kind) {
    case 'publish':
      return `${one.who} says ${one.retain === true ? 'and retains ' : ''}${one.topic}`;
    case 'subscribe':
      return `${one.who} asks for ${one.filter}, ${one.topic} is said`;
    case 'connect':
      return `${one.name} knocks`;
    case 'will':
      return `${one.who} leaves a will for ${one.topic}`;
    case 'takeover':
      return `${one.who} comes as ${one.clientId}`;
    case 'oversize':
      return `${one.who} sends ${one.bytes} bytes`;
  }
}
