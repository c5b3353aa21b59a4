/**
 * Topic names and topic filters, MQTT 3.1.1 section 4.7: which are well formed, which filter matches which name, and
 * which filter is wholly inside another (what an access rule needs to know about a subscription).
 */

/** A meter's topic has four levels and about fifty bytes; the rest is room for other people's habits. */
export const MAX_TOPIC_LEVELS = 32;
export const MAX_TOPIC_BYTES = 512;

const NAME_FORBIDDEN = /[#+\p{Cc}]/u;
const FILTER_FORBIDDEN = /\p{Cc}/u;

/** A name somebody may publish to: not empty, no wildcards [MQTT-3.3.2-2], no control characters [MQTT-1.5.3-2], bounded. */
export function isTopicName(topic: string): boolean {
  return isBounded(topic) && !NAME_FORBIDDEN.test(topic);
}

/** A filter somebody may subscribe to: wildcards stand alone in their level, '#' is last [MQTT-4.7.1-2, MQTT-4.7.1-3]. */
export function isTopicFilter(filter: string): boolean {
  if (!isBounded(filter) || FILTER_FORBIDDEN.test(filter)) return false;
  const levels = filter.split('/');
  return levels.every((level, at) => {
    if (level === '#') return at === levels.length - 1;
    return level === '+' || !/[#+]/.test(level);
  });
}

function isBounded(topic: string): boolean {
  if (topic.length === 0 || Buffer.byteLength(topic) > MAX_TOPIC_BYTES) return false;
  let levels = 1;
  for (let at = topic.indexOf('/'); at >= 0; at = topic.indexOf('/', at + 1)) levels += 1;
  return levels <= MAX_TOPIC_LEVELS;
}

export function filterMatches(filter: string, topic: string): boolean {
  const want = filter.split('/');
  const have = topic.split('/');
  if (hidesFromWildcard(have[0]) && isWildcard(want[0])) return false;
  for (const [at, level] of want.entries()) {
    if (level === '#') return true;
    if (at >= have.length) return false;
    if (level !== '+' && level !== have[at]) return false;
  }
  return want.length === have.length;
}

/** True when every topic that `inner` matches is also matched by `outer`. */
export function filterCovers(outer: string, inner: string): boolean {
  const wide = outer.split('/');
  const narrow = inner.split('/');
  if (hidesFromWildcard(narrow[0]) && isWildcard(wide[0])) return false;
  for (const [at, level] of wide.entries()) {
    if (level === '#') return true;
    const asked = narrow[at];
    if (asked === undefined || asked === '#') return false;
    if (level !== '+' && level !== asked) return false;
  }
  return wide.length === narrow.length;
}

/** Topics that begin with '$' are not matched by a wildcard in the first level [MQTT-4.7.2-1]. */
function hidesFromWildcard(first: string | undefined): boolean {
  return first?.startsWith('$') === true;
}

function isWildcard(level: string | undefined): boolean {
  return level === '#' || level === '+';
}

/** One string for one topic, however often it is parsed: a queue of a million messages names a few thousand topics. */
export class TopicNames {
  readonly #names = new Map<string, string>();

  one(topic: string): string {
    const known = this.#names.get(topic);
    if (known !== undefined) return known;
    if (this.#names.size >= MAX_CACHED_TOPICS) this.#names.clear();
    this.#names.set(topic, topic);
    return topic;
  }
}

interface TreeNode<T> {
  readonly children: Map<string, TreeNode<T>>;
  readonly values: Set<T>;
}

/** Distinct topics whose matches are remembered. A meter repeats its topic for years; a flood of new ones only empties the cache. */
const MAX_CACHED_TOPICS = 65_536;

/** Values by filter, found by topic name. Matches are cached per topic until a filter comes or goes. */
export class FilterTree<T> {
  readonly #root: TreeNode<T> = node();
  readonly #cache = new Map<string, readonly T[]>();

  add(filter: string, value: T): void {
    let at = this.#root;
    for (const level of filter.split('/')) {
      let next = at.children.get(level);
      if (next === undefined) {
        next = node();
        at.children.set(level, next);
      }
      at = next;
    }
    at.values.add(value);
    this.#cache.clear();
  }

  remove(filter: string, value: T): void {
    const path: { parent: TreeNode<T>; level: string }[] = [];
    let at = this.#root;
    for (const level of filter.split('/')) {
      const next = at.children.get(level);
      if (next === undefined) return;
      path.push({ parent: at, level });
      at = next;
    }
    at.values.delete(value);
    this.#cache.clear();
    for (const { parent, level } of path.reverse()) {
      const child = parent.children.get(level);
      if (child === undefined || child.values.size > 0 || child.children.size > 0) return;
      parent.children.delete(level);
    }
  }

  match(topic: string): readonly T[] {
    const known = this.#cache.get(topic);
    if (known !== undefined) return known;
    const found = new Set<T>();
    collect(this.#root, topic.split('/'), 0, found);
    const matches = [...found];
    if (this.#cache.size >= MAX_CACHED_TOPICS) this.#cache.clear();
    this.#cache.set(topic, matches);
    return matches;
  }
}

function node<T>(): TreeNode<T> {
  return { children: new Map(), values: new Set() };
}

function collect<T>(at: TreeNode<T>, levels: readonly string[], depth: number, found: Set<T>): void {
  const level = levels[depth];
  const wildcards = depth > 0 || !hidesFromWildcard(levels[0]);
  const rest = wildcards ? at.children.get('#') : undefined;
  if (rest !== undefined) for (const value of rest.values) found.add(value);
  if (level === undefined) {
    for (const value of at.values) found.add(value);
    return;
  }
  const one = wildcards ? at.children.get('+') : undefined;
  if (one !== undefined) collect(one, levels, depth + 1, found);
  const exact = at.children.get(level);
  if (exact !== undefined) collect(exact, levels, depth + 1, found);
}
