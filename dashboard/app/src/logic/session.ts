/** Who is signed in, as `GET /api/session` tells it. */
import type { FunctionName, Scope } from '@contor/policy';
import { momentIn, objectOf, textIn, textsIn } from './json.js';
import { toScope } from './scope.js';

export interface Session {
  readonly user: { readonly id: string | undefined; readonly name: string; readonly fullName: string };
  readonly roles: readonly string[];
  readonly functions: readonly FunctionName[];
  readonly csrfToken: string;
  readonly scope: Scope;
  readonly authenticatedAtMs: number | undefined;
  /** How they proved who they are (RFC 8176): `pwd`, `otp`. */
  readonly methods: readonly string[];
  /** Where the identity provider lets people change their password and second factor. */
  readonly accountUrl: string | undefined;
}

/** As long as the gateway takes a sign-in for fresh (policy, `FRESH_FOR_MS`), less a little for what is typed meanwhile. */
const FRESH_FOR_MS = 4.5 * 60_000;

/** `undefined` when the answer is not of the form that the page needs. */
export function toSession(body: unknown): Session | undefined {
  const json = objectOf(body);
  const user = objectOf(json.user);
  const name = textIn(user, 'name');
  const csrfToken = textIn(json, 'csrfToken');
  if (name === undefined || csrfToken === undefined || !Array.isArray(json.functions)) return undefined;
  return {
    user: { id: textIn(user, 'id'), name, fullName: textIn(user, 'fullName') ?? name },
    roles: textsIn(json, 'roles'),
    // The gateway may know functions that this build of the page does not: no page asks for them.
    functions: textsIn(json, 'functions') as readonly FunctionName[],
    csrfToken,
    scope: toScope(json.scope),
    authenticatedAtMs: momentIn(json, 'authenticatedAt'),
    methods: textsIn(json, 'methods'),
    accountUrl: webAddress(textIn(json, 'accountUrl')),
  };
}

/** Whether a change that needs a fresh sign-in would be let through now. Unknown counts as fresh: the gateway says so if not. */
export function isFreshlySignedIn({ authenticatedAtMs }: Session, nowMs: number): boolean {
  return authenticatedAtMs === undefined || nowMs - authenticatedAtMs < FRESH_FOR_MS;
}

/** Only a web address is followed: a `javascript:` one would run here. */
export function webAddress(text: string | undefined): string | undefined {
  return text !== undefined && /^(https?:\/\/|\/(?!\/))/.test(text) ? text : undefined;
}
