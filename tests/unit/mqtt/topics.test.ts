import { FilterTree, filterCovers, filterMatches, isTopicFilter, isTopicName } from '@contor/mqtt/topics.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

/** MQTT 3.1.1, 4.7.1 to 4.7.3, the examples of the standard and their neighbours. */
const MATCHES = [
  { filter: 'sport/tennis/player1/#', topic: 'sport/tennis/player1', isMatch: true },
  { filter: 'sport/tennis/player1/#', topic: 'sport/tennis/player1/score/wimbledon', isMatch: true },
  { filter: 'sport/#', topic: 'sport', isMatch: true },
  { filter: '#', topic: 'a/b', isMatch: true },
  { filter: 'sport/tennis/+', topic: 'sport/tennis/player1', isMatch: true },
  { filter: 'sport/tennis/+', topic: 'sport/tennis/player1/ranking', isMatch: false },
  { filter: 'sport/+', topic: 'sport', isMatch: false },
  { filter: 'sport/+', topic: 'sport/', isMatch: true },
  { filter: '+/+', topic: '/finance', isMatch: true },
  { filter: '/+', topic: '/finance', isMatch: true },
  { filter: '+', topic: '/finance', isMatch: false },
  { filter: '#', topic: '$SYS/uptime', isMatch: false },
  { filter: '+/uptime', topic: '$SYS/uptime', isMatch: false },
  { filter: '$SYS/#', topic: '$SYS/uptime', isMatch: true },
  { filter: 'a/b', topic: 'a/B', isMatch: false },
] as const;

describe.each(MATCHES)('$filter and $topic', ({ filter, topic, isMatch }) => {
  it(`match: ${isMatch}`, () => expect(filterMatches(filter, topic)).toBe(isMatch));
  it('are told the same by the tree', () => {
    const tree = new FilterTree<number>();
    tree.add(filter, 1);
    expect(tree.match(topic)).toEqual(isMatch ? [1] : []);
    tree.remove(filter, 1);
    expect(tree.match(topic)).toEqual([]);
  });
});

const FILTERS = [
  ...['a', '+', '#', 'a/+', '+/a', 'a/#', '/', '/+', '$SYS/#', '+/+/#'].map((text) => ({ text, isFilter: true })),
  ...['', 'a#', '#/a', 'a+', 'a/b+/c', '##', 'a/\u0000', 'x'.repeat(513), '/'.repeat(32)].map((text) => ({
    text,
    isFilter: false,
  })),
];

describe('well-formed', () => {
  it.each(FILTERS)('$text as a filter: $isFilter', ({ text, isFilter }) => expect(isTopicFilter(text)).toBe(isFilter));
  it.each(['', 'a/+', '#', 'a\u0007', 'x'.repeat(513)])('%j is no topic name', (text) =>
    expect(isTopicName(text)).toBe(false),
  );
});

const COVERS = [
  { outer: '#', inner: 'a/b', isCovered: true },
  { outer: '#', inner: '#', isCovered: true },
  { outer: '#', inner: '$SYS/#', isCovered: false },
  { outer: '+/#', inner: '#', isCovered: false },
  { outer: 'a/#', inner: 'a', isCovered: true },
  { outer: 'a/#', inner: 'a/+/b', isCovered: true },
  { outer: 'a/+', inner: 'a/#', isCovered: false },
  { outer: 'a/+', inner: 'a/+', isCovered: true },
  { outer: 'a/b', inner: 'a/+', isCovered: false },
  { outer: 'a/+/c', inner: 'a/b/c', isCovered: true },
  { outer: 'a/+/c', inner: 'a/+', isCovered: false },
  { outer: 'a/#', inner: '$share/g/a/#', isCovered: false },
] as const;

describe('covering', () => {
  it.each(COVERS)('$outer covers $inner: $isCovered', ({ outer, inner, isCovered }) => {
    expect(filterCovers(outer, inner)).toBe(isCovered);
  });

  const level = fc.constantFrom('a', 'b', '', '$x');
  const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
  const filters = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'));

  it('means that every topic of the inner is a topic of the outer', () =>
    fc.assert(
      fc.property(filters, filters, topics, (outer, inner, topic) => {
        if (filterCovers(outer, inner) && filterMatches(inner, topic)) expect(filterMatches(outer, topic)).toBe(true);
      }),
      { numRuns: 5000 },
    ));

  it('the tree and the single match agree', () =>
    fc.assert(
      fc.property(fc.uniqueArray(filters, { maxLength: 8 }), topics, (all, topic) => {
        const tree = new FilterTree<string>();
        for (const filter of all) tree.add(filter, filter);
        expect([...tree.match(topic)].sort()).toEqual(all.filter((filter) => filterMatches(filter, topic)).sort());
      }),
      { numRuns: 2000 },
    ));
});
