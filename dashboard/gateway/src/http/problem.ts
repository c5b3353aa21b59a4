/** Errors for programs: problem details (RFC 9457), with a sentence that says what to do. One row per kind of trouble. */

import type { Response } from 'express';

export const PROBLEMS = {
  'signed-out': { status: 401, title: 'You are not signed in.', detail: 'Sign in and try again.' },
  'function.missing': {
    status: 403,
    title: 'You may not see this.',
    detail: 'Ask the person who manages users for the role that allows it.',
  },
  'person.needed': {
    status: 403,
    title: 'This is for people only.',
    detail: 'Sign in with a browser; a key or client cannot do it.',
  },
  'sign-in.stale': {
    status: 403,
    title: 'Show again that it is you.',
    detail: 'This needs a sign-in of the last minutes: go to /auth/signin?fresh=1 and try again.',
  },
  'second-factor.missing': {
    status: 403,
    title: 'This needs a second factor.',
    detail: 'Set up an authenticator app in your account, sign in with it, and try again.',
  },
  'credentials.mixed': {
    status: 400,
    title: 'The request shows two kinds of credentials.',
    detail: 'Send a session cookie, an access token or an API key, and each only once.',
  },
  'credentials.refused': {
    status: 401,
    title: 'The key or token is not good.',
    detail: 'Check that it is complete, has not ended, and that the partner is not locked.',
  },
  'rate.exceeded': {
    status: 429,
    title: 'Too many requests.',
    detail: 'Wait as long as Retry-After says. The RateLimit headers of each answer say how much is left.',
  },
  'quota.exceeded': {
    status: 429,
    title: 'The quota of this day is used up.',
    detail: 'It begins anew at midnight UTC; Retry-After says when. Ask the operator for a larger one.',
  },
  'body.too-large': { status: 413, title: 'The request is too large.', detail: 'Send less at once.' },
  'body.malformed': {
    status: 400,
    title: 'The request holds no JSON that can be read.',
    detail: 'Send a JSON document in UTF-8 with Content-Type application/json, not packed.',
  },
  'field.refused': { status: 400, title: 'The request cannot be understood.', detail: 'Check its fields.' },
  'revision.missing': {
    status: 428,
    title: 'Say which state your change is based on.',
    detail: 'Send If-Match with the ETag (or "revision") you have read, or If-None-Match: * for something new.',
  },
  'entry.unknown': { status: 404, title: 'There is no such entry.', detail: 'It may have been removed meanwhile.' },
  'entry.changed': {
    status: 412,
    title: 'Somebody else has changed this meanwhile.',
    detail: 'Read it again and make your change on top of theirs.',
  },
  'entry.exists': { status: 409, title: 'There is one of that name already.', detail: 'Choose another name.' },
  'entry.limit': { status: 409, title: 'There are too many already.', detail: 'Remove some that are not used.' },
  'role.unknown': { status: 400, title: 'There is no such role.', detail: 'Make the role first.' },
  'role.built-in': {
    status: 409,
    title: 'This role belongs to the platform.',
    detail: 'It can be edited, not removed.',
  },
  'role.in-use': { status: 409, title: 'Somebody still has this role.', detail: 'Take it from them first.' },
  'roles.follow-provider': {
    status: 409,
    title: 'Roles come from the sign-in server here.',
    detail: 'Change them there (GATEWAY_PROVIDER_ROLES is follow). What somebody sees can be changed here.',
  },
  'administrator.last': {
    status: 409,
    title: 'Then nobody could change access any more.',
    detail: 'Give somebody else a role with access.change first.',
  },
  'client.taken': { status: 409, title: 'Another partner has this client.', detail: 'Each client is of one partner.' },
  'rights.higher': {
    status: 403,
    title: 'This person may do or see more than you.',
    detail: 'Ask somebody who may change access.',
  },
  'account.refused': {
    status: 502,
    title: 'The sign-in server does not let us manage accounts.',
    detail:
      'Give the service account of the client OIDC_CLIENT_ID the role manage-users of realm-management (in Keycloak: Clients, Service accounts roles), or manage accounts there.',
  },
  'account.exists': { status: 409, title: 'There is an account of that name already.', detail: 'Choose another name.' },
  'account.invalid': {
    status: 400,
    title: 'The sign-in server does not take this account.',
    detail: 'Check its fields.',
  },
  'account.unknown': { status: 404, title: 'The sign-in server knows no such account.', detail: 'It may be removed.' },
  'route.unknown': { status: 404, title: 'There is nothing here.', detail: 'Check the address and the method.' },
  'csrf.refused': {
    status: 403,
    title: 'The request did not come from the dashboard.',
    detail: 'Reload the page and try again.',
  },
  'host.unknown': {
    status: 421,
    title: 'This server does not answer under that name.',
    detail: 'Use the address the dashboard was set up with (GATEWAY_PUBLIC_URL).',
  },
  'query.refused': { status: 400, title: 'The query cannot be passed on.', detail: 'Check its parameters.' },
  'erase.refused': {
    status: 401,
    title: 'Only the platform itself may ask for this.',
    detail: 'Show the platform secret as a Bearer token, or ask from this machine.',
  },
  'query.too-much': {
    status: 403,
    title: 'This is too much at once.',
    detail: 'What you may see falls into too many parts for one answer. Ask for a shorter period or fewer meters.',
  },
  'query.method': {
    status: 403,
    title: 'This cannot be put together.',
    detail:
      'What you may see falls into several periods, and this method cannot be put together from parts. Ask for one period.',
  },
  'notify.refused': { status: 401, title: 'The notification is not from our broker.', detail: 'Show X-Contor-Notify.' },
  'notify.malformed': { status: 400, title: 'This is not a notification.', detail: 'Send GS CIM 009, 5.3.1.' },
  'partner.unreachable': {
    status: 502,
    title: 'The subscriber did not take it.',
    detail: 'It is kept and sent again.',
  },
  'notify.busy': { status: 503, title: 'Too many deliveries are on their way.', detail: 'Try again in a moment.' },
  'metrics.refused': {
    status: 401,
    title: 'Metrics are not public.',
    detail: 'Show the platform secret as a Bearer token, or ask from this machine.',
  },
  'scope.unknown': {
    status: 503,
    title: 'What you may see is not known yet.',
    detail: 'The gateway is still reading how sites, points and meters belong together. Try again in a moment.',
  },
  'entity.unknown': { status: 404, title: 'There is no such entity.', detail: 'Check the identifier.' },
  'tenant.malformed': {
    status: 400,
    title: 'The tenant header cannot be read.',
    detail: 'Leave NGSILD-Tenant, Fiware-Service and Fiware-ServicePath out: the tenant is yours.',
  },
  'tenant.foreign': {
    status: 403,
    title: 'This is not your tenant.',
    detail: 'Leave NGSILD-Tenant and Fiware-Service out: the tenant is yours.',
  },
  'stream.full': { status: 503, title: 'Too many live views are open.', detail: 'Close some and try again.' },
  'identity.unreachable': {
    status: 503,
    title: 'The sign-in server cannot be reached.',
    detail: 'Try again in a moment. If it goes on, check that the identity service runs.',
  },
  'broker.unreachable': {
    status: 503,
    title: 'Live data cannot be reached.',
    detail: 'The broker does not answer. Try again in a moment. If it goes on, check that it runs (BROKER_URL).',
  },
  'history.unreachable': {
    status: 503,
    title: 'Past readings cannot be reached.',
    detail: 'History does not answer. Try again in a moment. If it goes on, check that it runs (HISTORY_URL).',
  },
  'upstream.slow': {
    status: 504,
    title: 'The answer took too long.',
    detail: 'Ask for a shorter period or fewer meters.',
  },
  'upstream.failed': {
    status: 502,
    title: 'A server behind the dashboard failed.',
    detail: 'Try again. If it happens again, look into its log with the correlation id of this answer.',
  },
  'secret.name': {
    status: 400,
    title: 'This cannot be the name of a secret.',
    detail: 'Use up to 128 letters, digits, dots, colons, hyphens and underscores.',
  },
  'secret.value': {
    status: 400,
    title: 'There is no value that can be kept.',
    detail: 'Send {"value": "…", "encoding": "text", "hex" or "base64"} with 1 to 16384 bytes.',
  },
  'commands.malformed': { status: 400, title: 'This is not a command.', detail: 'docs/commands.md has the form.' },
  'commands.same-person': {
    status: 403,
    title: 'This takes another person.',
    detail: 'Nobody approves or rejects what they asked for themselves, or withdraws what somebody else asked for.',
  },
  'commands.unknown': { status: 404, title: 'There is no such request.', detail: 'Load the list again.' },
  'commands.target-unknown': {
    status: 404,
    title: 'One of the meters does not exist.',
    detail: 'Check the identifiers of the targets.',
  },
  'commands.other-request': {
    status: 409,
    title: 'This is not the request you have seen.',
    detail: 'Load it again and look at it before you decide.',
  },
  'commands.decided': { status: 409, title: 'It is decided already.', detail: 'Load it again to see how.' },
  'commands.too-many': {
    status: 429,
    title: 'Too many of your requests wait.',
    detail: 'Have them decided, or withdraw some.',
  },
  'audit.full': {
    status: 503,
    title: 'This cannot be recorded, so it was not done.',
    detail: 'The audit trail has no room. Free some disk space and try again.',
  },
  'disk.full': { status: 503, title: 'There is no room to save this.', detail: 'Free some disk space and try again.' },
  internal: { status: 500, title: 'Something went wrong on our side.', detail: 'Try again; the log knows more.' },
} as const satisfies Readonly<Record<string, ProblemRow>>;

interface ProblemRow {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

export type ProblemCode = keyof typeof PROBLEMS;

const codes = new WeakMap<Response, ProblemCode>();

/** What was wrong, when it was answered here. */
export function problemOf(response: Response): ProblemCode | undefined {
  return codes.get(response);
}

/** `error` repeats the code for the app, which looks at nothing else. */
export function sendProblem(response: Response, code: ProblemCode, detail?: string): void {
  const row: ProblemRow = PROBLEMS[code];
  codes.set(response, code);
  const body = { type: `urn:contor:problem:${code}`, ...row, detail: detail ?? row.detail, error: code };
  if (row.status === 503) response.set('Retry-After', '2');
  response.status(row.status).type('application/problem+json').send(JSON.stringify(body));
}
