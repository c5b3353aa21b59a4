/** One call of the gateway's own API as the stand-ins see it, and what they answer. */

export interface FakeCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly ifMatch: string | undefined;
  readonly person: FakePerson;
  /** Whether the sign-in is younger than five minutes. */
  readonly isFresh: boolean;
  readonly functions: readonly string[];
}

export interface FakePerson {
  readonly subject: string;
  readonly username: string;
  readonly fullName: string;
}

export interface FakeReply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A part of the API: nothing for a call that is not its own. */
export type FakePart = (call: FakeCall) => FakeReply | undefined;

export function ok(body: unknown, headers: Readonly<Record<string, string>> = {}): FakeReply {
  return { status: 200, body, headers };
}

export function refusal(status: number, error: string, detail = 'The stand-in says no.'): FakeReply {
  return { status, body: { type: `urn:contor:problem:${error}`, title: error, detail, error, status } };
}

/** What the guard of the gateway does before any handler. */
export function guarded(call: FakeCall, needs: string, act: () => FakeReply, { fresh = false } = {}): FakeReply {
  if (!call.functions.includes(needs)) return refusal(403, 'function.missing');
  if (fresh && !call.isFresh) return refusal(403, 'sign-in.stale');
  return act();
}
