import {
  assert,
  checkExposure,
  createMetrics,
  isLoopback,
  isLoopbackHost,
  newCorrelationId,
  realRandom,
  sameSecret,
  seededRandom,
} from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

describe('exposure', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1'])('%s is loopback', (host) =>
    expect(isLoopback(host)).toBe(true),
  );

  it.each([
    '0.0.0.0',
    '::',
    '',
    '10.0.0.1',
    '127.0.0.1.example.com',
    '0x7f.1',
    '2130706433',
    'localhost.',
    '::ffff:10.0.0.1',
    '::2',
  ])('%s is not', (host) => expect(isLoopback(host)).toBe(false));

  it('outside loopback needs a certificate, its key and a secret', () => {
    const full = { host: '0.0.0.0', tlsCert: 'c', tlsKey: 'k', secret: 's', prefix: 'BROKER' };
    expect(() => checkExposure(full)).not.toThrow();
    expect(() => checkExposure({ host: '127.0.0.1' })).not.toThrow();
    expect(() => checkExposure({ ...full, secret: undefined })).toThrow(
      expect.objectContaining({ code: 'config.exposed' }),
    );
    expect(() => checkExposure({ host: '0.0.0.0', secret: 's' })).toThrow(
      expect.objectContaining({ code: 'config.exposed' }),
    );
    expect(() => checkExposure({ ...full, tlsKey: undefined })).toThrow(/BROKER_TLS_KEY is not/);
  });

  describe('the Host header of a request on loopback', () => {
    it.each(['localhost', 'localhost:8668', '127.0.0.1:1026', '[::1]:3001', '[::1]'])('%s is ours', (header) =>
      expect(isLoopbackHost(header)).toBe(true),
    );
    it.each([undefined, '', 'evil.example', 'evil.example:8668', 'localhost.evil.example:8668', '[:::', '%%%:1'])(
      '%s is not',
      (header) => expect(isLoopbackHost(header)).toBe(false),
    );
  });

  it('compares secrets of any length', () => {
    expect([sameSecret('a', 'a'), sameSecret('a', 'b'), sameSecret('a', 'aa'), sameSecret('', '')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });
});

describe('metrics', () => {
  it('print as Prometheus reads them, and asking twice gives the same metric', async () => {
    const metrics = createMetrics('broker');
    metrics.counter('readings_total', 'Readings.', ['lane']).inc({ lane: 'live' }, 2);
    metrics.counter('readings_total', 'Readings.', ['lane']).inc({ lane: 'live' });
    metrics.gauge('lag_ms', 'Lag.').set(7);
    metrics.histogram('commit_ms', 'Commits.', [], [1, 10]).observe(3);
    const text = await metrics.text();
    expect(text).toContain('readings_total{lane="live",service="broker"} 3');
    expect(text).toContain('lag_ms{service="broker"} 7');
    expect(text).toContain('commit_ms_bucket{le="10",service="broker"} 1');
    expect(text).toMatch(/process_resident_memory_bytes\{service="broker"\} \d+/);
  });
});

describe('random', () => {
  it('by seed repeats, and is spread evenly', () => {
    const draw = (seed: number | string): number[] => Array.from({ length: 5 }, () => seededRandom(seed).next());
    expect(draw('a')).toEqual(draw('a'));
    expect(seededRandom(1).next()).not.toBe(seededRandom(2).next());
    for (const random of [seededRandom(5), realRandom()]) {
      const counts = Array.from({ length: 10 }, () => 0);
      for (let round = 0; round < 10_000; round += 1)
        counts[random.integer(10)] = (counts[random.integer(10)] ?? 0) + 0 + 1;
      expect(Math.max(...counts)).toBeLessThan(2000);
      const mean = Array.from({ length: 10_000 }, () => random.next()).reduce((sum, value) => sum + value, 0) / 10_000;
      expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
    }
  });

  it('makes correlation ids that are UUIDs', () => {
    expect(newCorrelationId(realRandom())).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

it('a failed assertion carries its context', () => {
  expect(() => assert(false, 'never', { at: 3 })).toThrow(
    expect.objectContaining({ code: 'assert', context: { at: 3 } }),
  );
});
