import {
  CLOSED_STREAM,
  retryDelayMs,
  STREAM,
  type StreamInput,
  type StreamSession,
  stepStream,
} from '@contor/app/logic/stream-session';
import { describe, expect, it } from '@jest/globals';

function played(inputs: readonly StreamInput[], from: StreamSession = CLOSED_STREAM) {
  let session = from;
  const effects: string[] = [];
  for (const [index, input] of inputs.entries()) {
    const result = stepStream(session, input, index * 1_000);
    session = result.session;
    effects.push(...result.effects.map(({ kind }) => kind));
  }
  return { session, effects };
}

describe('the stream', () => {
  it('opens, and lives with the first hello', () => {
    const { session, effects } = played(['start', 'hello']);
    expect(session).toMatchObject({ state: 'live', brokenSinceMs: undefined, failures: 0 });
    expect(effects).toEqual(['open']);
  });
  it('asks for what it missed when it is back', () =>
    expect(played(['start', 'hello', 'drop', 'hello']).effects).toEqual(['open', 'catchUp']));
  it('remembers since when it has been broken', () => {
    expect(played(['start', 'hello', 'drop', 'drop']).session).toMatchObject({
      state: 'connecting',
      brokenSinceMs: 2_000,
    });
  });
  it('tries again by itself when the browser has given up, ever more slowly', () => {
    const { session, effects } = played(['start', 'fail', 'retry', 'fail']);
    expect(session).toMatchObject({ state: 'waiting', failures: 2, retryAtMs: 3_000 + retryDelayMs(1) });
    expect(effects).toEqual(['open', 'close', 'wakeAt', 'open', 'close', 'wakeAt']);
    expect([0, 1, 2, 99].map(retryDelayMs)).toEqual([1_000, 2_000, 5_000, 60_000]);
  });
  it('does not trust a connection that says nothing at all', () =>
    expect(played(['start', 'hello', 'silence']).effects).toEqual(['open', 'close', 'wakeAt']));
  it('rests while nobody looks, and catches up after', () =>
    expect(played(['start', 'hello', 'hide', 'start', 'hello']).effects).toEqual(['open', 'close', 'open', 'catchUp']));

  const inputs: readonly StreamInput[] = ['start', 'hello', 'drop', 'fail', 'silence', 'retry', 'hide'];
  const refused = Object.entries(STREAM).flatMap(([state, row]) =>
    inputs.filter((input) => !(input in row)).map((input) => [state, input] as const),
  );
  it.each(refused)('in %s, %s changes nothing', (state, input) => {
    const session = { ...CLOSED_STREAM, state: state as StreamSession['state'] };
    expect(stepStream(session, input, 1)).toEqual({ session, effects: [] });
  });
});
