import { decodeAttrs, encodeAttrs, type Measure, mentionsTime } from '@contor/agent-json/codec/attrs.js';
import { decodeProfile, encodeProfile } from '@contor/agent-json/codec/profile.js';
import { formatTopic, parseTopic } from '@contor/agent-json/transport/topics.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const timeMs = fc.integer({ min: 0, max: 4_000_000_000_000 });
const name = fc
  .stringMatching(/^[A-Za-z][A-Za-z0-9]{0,20}$/)
  .filter((text) => !['timestamp', 'TimeInstant', 'seq', 'events'].includes(text));
const scalar = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.boolean(),
  fc.string({ maxLength: 50 }),
);
const measure: fc.Arbitrary<Measure> = fc.record({
  observedMs: fc.option(timeMs, { nil: undefined }),
  sequence: fc.option(fc.nat(), { nil: undefined }),
  values: fc
    .dictionary(name, scalar, { maxKeys: 12, noNullPrototype: true })
    .map((values) => new Map(Object.entries(values))),
  events: fc.array(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/), { maxLength: 5 }),
});

describe('attrs', () => {
  it('there and back', () =>
    fc.assert(
      fc.property(fc.array(measure, { minLength: 1, maxLength: 5 }), (measures) => {
        const decoded = decodeAttrs(encodeAttrs(measures));
        expect(decoded).toEqual({ kind: 'value', value: measures.map((one) => ({ kind: 'measure', measure: one })) });
      }),
    ));

  it('decodes the message of an E350', () => {
    const text =
      '{"timestamp":"2026-11-20T07:00:10.000Z","seq":123,"energyImport":12345.678,"energyExport":0,"powerL1":1,"voltageL1":230.1,"events":["voltageSag"]}';
    const decoded = decodeAttrs(bytesOf(text));
    expect(decoded).toEqual({
      kind: 'value',
      value: [
        {
          kind: 'measure',
          measure: {
            observedMs: Date.UTC(2026, 10, 20, 7, 0, 10),
            sequence: 123,
            values: new Map([
              ['energyImport', 12345.678],
              ['energyExport', 0],
              ['powerL1', 1],
              ['voltageL1', 230.1],
            ]),
            events: ['voltageSag'],
          },
        },
      ],
    });
    expect(mentionsTime(bytesOf(text))).toBe(true);
  });

  it.each([
    { text: '', code: 'json.syntax' },
    { text: '{"energyImport":', code: 'json.syntax' },
    { text: '{"energyImport":NaN}', code: 'json.syntax' },
    { text: '[]', code: 'attrs.empty' },
    { text: `[${'{},'.repeat(1_000)}{}]`, code: 'attrs.too-many' },
    { text: ' '.repeat(300_000), code: 'json.long' },
  ])('refuses $code', ({ text, code }) => {
    const decoded = decodeAttrs(bytesOf(text));
    expect(decoded.kind === 'garbage' && decoded.error.code).toBe(code);
  });

  it.each([
    { text: '5', code: 'attrs.shape' },
    { text: '{"energyImport":1e999}', code: 'attrs.number' },
    { text: '{"timestamp":"yesterday"}', code: 'attrs.time' },
    { text: '{"timestamp":"2026-11-20T07:00:10"}', code: 'attrs.time' },
    { text: '{"seq":-1}', code: 'attrs.seq' },
    { text: '{"events":["no spaces please"]}', code: 'attrs.events' },
    { text: `{"label":"${'x'.repeat(1_001)}"}`, code: 'attrs.text' },
  ])('refuses one measure with $code and keeps its neighbour', ({ text, code }) => {
    const decoded = decodeAttrs(bytesOf(`[${text},{"energyImport":1}]`));
    if (decoded.kind !== 'value') throw decoded.error;
    const [bad, good] = decoded.value;
    expect(bad?.kind === 'fault' && bad.error.code).toBe(code);
    expect(good?.kind).toBe('measure');
  });

  it('answers any bytes without throwing', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeAttrs(bytes))));

  it('answers any JSON without throwing', () =>
    fc.assert(fc.property(fc.json(), (text) => void [decodeAttrs(bytesOf(text)), decodeProfile(bytesOf(text))])));

  it('is not surprised by names that JavaScript reserves', () => {
    const decoded = decodeAttrs(bytesOf('{"__proto__":1,"constructor":2,"toString":3}'));
    expect(
      decoded.kind === 'value' && decoded.value[0]?.kind === 'measure' && decoded.value[0].measure.values.size,
    ).toBe(3);
  });
});

describe('profile', () => {
  const series = fc.array(
    fc.option(
      fc.double({ min: 0, max: 999_999, noNaN: true }).map((value) => value + 0),
      { nil: null },
    ),
    { minLength: 2, maxLength: 100 },
  );

  it('there and back', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 86_400 }),
        timeMs,
        fc.dictionary(name, series, { minKeys: 1, maxKeys: 4, noNullPrototype: true }),
        (intervalSeconds, startMs, found) => {
          const profile = { intervalSeconds, startMs, registers: new Map(Object.entries(found)) };
          expect(decodeProfile(encodeProfile(profile))).toEqual({ kind: 'value', value: profile });
        },
      ),
    ));

  it.each([
    { text: '[]', code: 'profile.shape' },
    { text: '{"intervalSeconds":59,"start":"2026-11-20T07:00:00Z","registers":{"a":[1,2]}}', code: 'profile.interval' },
    {
      text: '{"intervalSeconds":900.5,"start":"2026-11-20T07:00:00Z","registers":{"a":[1,2]}}',
      code: 'profile.interval',
    },
    { text: '{"intervalSeconds":900,"start":"today","registers":{"a":[1,2]}}', code: 'profile.start' },
    { text: '{"intervalSeconds":900,"start":"2026-11-20T07:00:00Z"}', code: 'profile.registers' },
    { text: '{"intervalSeconds":900,"start":"2026-11-20T07:00:00Z","registers":{}}', code: 'profile.channels' },
    { text: '{"intervalSeconds":900,"start":"2026-11-20T07:00:00Z","registers":{"a":[1]}}', code: 'profile.series' },
    {
      text: '{"intervalSeconds":900,"start":"2026-11-20T07:00:00Z","registers":{"a":[1,"2"]}}',
      code: 'profile.series',
    },
  ])('refuses $code', ({ text, code }) => {
    const decoded = decodeProfile(bytesOf(text));
    expect(decoded.kind === 'garbage' && decoded.error.code).toBe(code);
  });

  it('answers any bytes without throwing', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decodeProfile(bytes))));
});

describe('topics', () => {
  it.each(['attrs', 'profile'] as const)('there and back: %s', (channel) => {
    expect(parseTopic(formatTopic('key', 'e350-0001', channel))).toMatchObject({
      apiKey: 'key',
      deviceId: 'e350-0001',
      channel,
    });
  });

  it.each([
    '/json/key/e350-0001/cmd',
    '/json/key/attrs',
    'json/key/e350/attrs',
    '/json/key/e 350/attrs',
    '/json/key/../attrs/attrs',
    '',
  ])('knows nothing of %j', (topic) => expect(parseTopic(topic)).toBeUndefined());
});
