/**
 * Who may do what (trust T24): the topic rules of one credential, with `{apikey}`, `{id}` and `{username}` filled in, and the
 * client identifiers it may use. Pure; everything that is not allowed is refused.
 */

import { filterCovers, filterMatches, isTopicFilter, isTopicName } from './topics.js';

export interface TopicRules {
  /** Filters of topics this credential may publish to. */
  readonly publish: readonly string[];
  /** A subscription is allowed when it lies wholly inside one of these. Deliveries are checked against them again. */
  readonly subscribe: readonly string[];
  /** Filters of topics that it may publish with the retain flag. Nothing by default: a retained lie outlives its sender. */
  readonly retain?: readonly string[];
}

export interface Identity {
  readonly username: string;
  readonly id: string;
  readonly apikey?: string;
}

/**
 * A meter (T24, T23): it reports below its own branch and hears its own commands. The list is spelled out because
 * `/json/{apikey}/{id}/#` would let a meter write its own commands.
 */
export const DEVICE_RULES: TopicRules = {
  publish: [
    '/json/{apikey}/{id}/attrs',
    '/json/{apikey}/{id}/attrs/+',
    '/json/{apikey}/{id}/profile',
    '/json/{apikey}/{id}/cmdexe',
    '/json/{apikey}/{id}/configuration/#',
  ],
  subscribe: ['/json/{apikey}/{id}/cmd', '/json/{apikey}/{id}/configuration/values'],
};

/** The JSON agent: hears every meter, speaks to every meter. */
export const AGENT_RULES: TopicRules = {
  publish: ['/json/+/+/cmd', '/json/+/+/configuration/values'],
  subscribe: ['/json/#'],
};

const USERNAME = /^[A-Za-z0-9_.-]{1,64}$/;
/** After the username and a colon, which no username contains: one device can never spell another's client id. */
const CLIENT_ID_SUFFIX = /^:[A-Za-z0-9_.:-]{1,64}$/;
const PLACEHOLDER = /\{(\w+)\}/g;

export function isUsername(username: string): boolean {
  return USERNAME.test(username);
}

/** The client id is the username, or the username, a colon and a suffix for a service with several connections. */
export function mayUseClientId(username: string, clientId: string): boolean {
  return (
    clientId === username || (clientId.startsWith(username) && CLIENT_ID_SUFFIX.test(clientId.slice(username.length)))
  );
}

export interface RuleFault {
  readonly rule: string;
  readonly reason: string;
}

/** What is wrong with a rule list for this identity, so that it is said when the credential is made and not when a meter fails. */
export function ruleFaults(rules: TopicRules, identity: Identity): RuleFault[] {
  return [...rules.publish, ...rules.subscribe, ...(rules.retain ?? [])].flatMap((rule) => {
    const expanded = expand(rule, identity);
    if (expanded === undefined) return [{ rule, reason: 'it has a placeholder without a value' }];
    return isTopicFilter(expanded) ? [] : [{ rule, reason: 'it is not a topic filter' }];
  });
}

/** Distinct topics one credential's answers are remembered for. A meter uses two or three. */
const MAX_REMEMBERED = 4096;

export class Access {
  readonly #publish: readonly string[];
  readonly #subscribe: readonly string[];
  readonly #retain: readonly string[];
  readonly #mayPublish = new Map<string, boolean>();
  readonly #mayReceive = new Map<string, boolean>();

  constructor(rules: TopicRules, identity: Identity) {
    const expanded = (list: readonly string[]) => list.flatMap((rule) => expand(rule, identity) ?? []);
    this.#publish = expanded(rules.publish);
    this.#subscribe = expanded(rules.subscribe);
    this.#retain = expanded(rules.retain ?? []);
  }

  mayPublish(topic: string, isRetained: boolean): boolean {
    const allowed = remembered(this.#mayPublish, topic, () => isTopicName(topic) && matchesAny(this.#publish, topic));
    return allowed && (!isRetained || matchesAny(this.#retain, topic));
  }

  maySubscribe(filter: string): boolean {
    return isTopicFilter(filter) && this.#subscribe.some((rule) => filterCovers(rule, filter));
  }

  mayReceive(topic: string): boolean {
    return remembered(this.#mayReceive, topic, () => matchesAny(this.#subscribe, topic));
  }
}

function remembered(answers: Map<string, boolean>, topic: string, ask: () => boolean): boolean {
  const known = answers.get(topic);
  if (known !== undefined) return known;
  const answer = ask();
  if (answers.size >= MAX_REMEMBERED) answers.clear();
  answers.set(topic, answer);
  return answer;
}

function matchesAny(filters: readonly string[], topic: string): boolean {
  return filters.some((filter) => filterMatches(filter, topic));
}

/** Undefined when a placeholder has no value. A value never brings its own levels or wildcards into the rule. */
export function expand(rule: string, identity: Identity): string | undefined {
  const values: Readonly<Record<string, string | undefined>> = {
    apikey: identity.apikey,
    id: identity.id,
    username: identity.username,
  };
  let isComplete = true;
  const text = rule.replace(PLACEHOLDER, (_all, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined || !/^[^/#+\p{Cc}]+$/u.test(value)) isComplete = false;
    return value ?? '';
  });
  return isComplete ? text : undefined;
}
