import { createLogger, type Logger, type LogLevel, WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

function collect(level: LogLevel = 'debug'): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  return { log: createLogger({ service: 'test', level, write: (line) => lines.push(line) }), lines };
}

const CANARY = 'canary-7f3a9c';

describe('redaction', () => {
  it.each([
    [{ password: CANARY }],
    [{ headers: { authorization: CANARY, cookie: CANARY } }],
    [{ list: [{ client_secret: CANARY }, { 'x-api-key': CANARY }] }],
    [{ encryptionKey: CANARY, accessToken: CANARY, psk: CANARY }],
    [{ text: `Authorization: Bearer ${CANARY}` }],
    [{ text: `password=${CANARY}&user=me` }],
    [{ text: `{"client_secret": "${CANARY} and more"}` }],
    [{ url: `mqtt://agent:${CANARY}@127.0.0.1:1883` }],
    [{ text: `eyJhbGciOiJSUzI1NiJ9.${CANARY}.sig` }],
    [{ text: `-----BEGIN PRIVATE KEY-----\n${CANARY.replaceAll('-', '')}canary\n-----END PRIVATE KEY-----` }],
    [{ error: new Error(`login with password=${CANARY} failed`, { cause: new Error(`token: ${CANARY}`) }) }],
    [new WireError('wire.x', `secret=${CANARY}`, { token: CANARY })],
    [{ map: new Map([['token', CANARY]]) }],
  ])('hides the secret in %p', (facts) => {
    const { log, lines } = collect();
    log.info(facts, 'something happened');
    log.child(facts).warn({}, `and again with Bearer ${CANARY}`);
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('canary');
    expect(lines.join('')).toContain('[redacted]');
  });

  it('leaves harmless facts alone', () => {
    const { log, lines } = collect();
    log.info(
      { tenant: 'default', count: 3, isReady: true, ratio: 0.5, keys: ['a'], big: 12n, nothing: undefined },
      'ready',
    );
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      service: 'test',
      tenant: 'default',
      count: 3,
      isReady: true,
      ratio: 0.5,
      keys: ['a'],
      big: '12',
      msg: 'ready',
    });
  });

  it('keeps facts from passing for parts of the line', () => {
    const { log, lines } = collect();
    log.info({ level: 'error', msg: 'forged', service: 'other', time: 0 }, 'real');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      level_: 'error',
      msg: 'real',
      msg_: 'forged',
      service: 'test',
    });
  });

  it('bounds what it prints', () => {
    const { log, lines } = collect();
    const circle: Record<string, unknown> = { bytes: new Uint8Array(9) };
    circle.self = circle;
    log.info({ circle, long: 'x'.repeat(1e6), wide: Array.from({ length: 1e4 }, () => 'y') }, 'large');
    expect(lines[0]?.length).toBeLessThan(10_000);
    expect(lines[0]).toContain('[circular]');
    expect(lines[0]).toContain('[9 bytes]');
  });
});

describe('log lines', () => {
  it('are one line of JSON without a character that a terminal obeys, whatever is logged', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
        (sentence, facts) => {
          const { log, lines } = collect();
          log.info(facts, sentence);
          const line = lines[0] ?? '';
          expect(line.endsWith('\n')).toBe(true);
          expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
          expect(() => JSON.parse(line)).not.toThrow();
        },
      ),
    );
  });

  it('escape a forged line and a terminal sequence', () => {
    const { log, lines } = collect();
    const text = '\u001b[2J\u009b31m\r\n{"level":"error"}\u202e';
    log.info({ meter: text }, text);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('\\u001b[2J\\u009b31m\\r\\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ meter: text, msg: text });
  });

  it('below the level are not written', () => {
    const { log, lines } = collect('warn');
    log.debug({}, 'no');
    log.info({}, 'no');
    log.warn({}, 'yes');
    log.child({ meter: 'e350-0001' }).error({}, 'yes');
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(['warn', 'error']);
  });
});
