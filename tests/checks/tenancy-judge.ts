/**
 * What an answer must be. Who may use what is said here a second time, by path and role, so that a slip in the policy's own tables
 * shows; what must not be in an answer are the canaries of the other sides.
 */

import type { Cell } from './tenancy-cells.js';
import type { Asker } from './tenancy-house.js';
import { CANARIES, id, type Side } from './tenancy-world.js';

export interface Seen {
  readonly status: number;
  readonly text: string;
}

type Who = 'public' | 'anybody' | 'service' | readonly string[];

const READERS = ['manager', 'viewer', 'customer', 'operator', 'approver', 'supplier', 'brp', 'vpp', 'dso', 'writer'];
const SITES = ['manager', 'viewer', 'operator', 'approver', 'dso', 'writer'];
const SUBSCRIBERS = ['manager', 'supplier', 'brp', 'vpp', 'dso'];
const ADMINISTRATORS = ['data-administrator'];
const PEOPLE_READERS = ['manager', 'data-administrator'];
const COMMANDERS = ['manager', 'operator', 'approver'];

/** The first row that matches counts. */
// biome-ignore format: a table
const RULES: readonly (readonly [RegExp, Who])[] = [
  [/^GET \/(health|auth\/signin|auth\/callback|auth\/page\.css|api\/openapi\.json|api\/docs|\{\*page\})$/, 'public'],
  [/^(GET \/metrics|POST \/notify\/)/, 'service'],
  [/^(POST \/auth\/signout|GET \/api\/session|DELETE \/api\/sessions\/)/, 'anybody'],
  [/^(GET|POST|PATCH|DELETE) \/api\/ngsi-ld\/v1\/subscriptions/, SUBSCRIBERS],
  [/^(GET \/api\/ngsi-ld\/|POST \/api\/ngsi-ld\/v1\/entityOperations\/query|GET \/api\/stream)/, READERS],
  [/^(POST|PATCH|PUT|DELETE) \/api\/ngsi-ld\//, ['writer']],
  [/^GET \/api\/quantumleap\//, READERS],
  [/^GET \/api\/admin\/(functions|roles|people|sessions)$/, PEOPLE_READERS],
  [/^GET \/api\/admin\/partners$/, ['manager', 'data-administrator']],
  [/^(POST|PUT|PATCH|DELETE) \/api\/admin\//, ADMINISTRATORS],
  [/^GET \/api\/audit/, ADMINISTRATORS],
  [/^GET \/api\/commands/, COMMANDERS],
  [/^POST \/api\/commands(\/:commandId\/withdraw)?$/, ['manager', 'operator']],
  [/^POST \/api\/commands\/stop$/, ['manager', 'approver']],
  [/^POST \/api\/commands\/(resume|unfreeze|:commandId\/(approve|reject))$/, ['approver']],
  [/^GET \/api\/sites\/:siteId\/consent$/, SITES],
  [/^PUT \/api\/sites\/:siteId\/consent$/, ['manager', 'writer']],
  [/^(GET|PUT) \/api\/secrets/, ADMINISTRATORS],
];

/** Only people have them: a program has no page, no second factor and no session. */
const FOR_PEOPLE =
  /^(POST \/auth\/signout|(GET|DELETE) \/api\/sessions|\w+ \/api\/(admin|audit|secrets)|POST \/api\/commands|PUT \/api\/sites)/;
/** Who may see everything is not asked what they may not see. */
const SEES_EVERYTHING = ['administrator'];

/** Whoever changes access must see all of it: the sites that others are granted, by id alone (S3-32). */
const GRANTS_IN_FULL = /^GET \/api\/admin\/(people|partners)$/;

/** A fault in words, or undefined when the answer is as it should be. `nonsense`: what the same asker was told about a thing that does not exist. */
export function judge(cell: Cell, asker: Asker, seen: Seen, nonsense: Seen | undefined): string | undefined {
  const name = `${cell.route.method} ${cell.route.path}`;
  const rule = RULES.find(([pattern]) => pattern.test(name))?.[1];
  if (rule === undefined) return 'no rule of this check knows the route';
  // The app itself is not built here.
  if (seen.status >= 500 && seen.status !== 501 && cell.route.path !== '/{*page}')
    return `answered ${seen.status}: ${seen.text.slice(0, 200)}`;
  const mayNameSites = GRANTS_IN_FULL.test(name) && asker.roles.some((role) => ADMINISTRATORS.includes(role));
  return leakIn(cell, asker, seen, mayNameSites) ?? refusal(name, rule, asker, seen) ?? foreign(cell, seen, nonsense);
}

function refusal(name: string, rule: Who, asker: Asker, { status, text }: Seen): string | undefined {
  if (rule === 'public') return undefined;
  if (rule === 'service') return [401, 403, 404].includes(status) ? undefined : `a stranger was answered ${status}`;
  const isSignedOut = asker.roles.length === 0;
  if (isSignedOut) return status === 401 ? undefined : `signed out, but answered ${status}`;
  const mayUse =
    (rule === 'anybody' || asker.roles.some((role) => rule.includes(role))) &&
    !(asker.isPartner && FOR_PEOPLE.test(name));
  // Whoever may write still may not write every type and every tie.
  const isKeptFromWriters = status === 403 && text.includes('"write.');
  if (mayUse)
    return (status === 401 || status === 403) && !isKeptFromWriters
      ? `may use it, but was answered ${status}`
      : undefined;
  return status === 403 ? undefined : `must not use it, but was answered ${status}`;
}

/** Words of the other sides; what the asker named in the request may come back in an error. */
export function leakIn(
  cell: Pick<Cell, 'url' | 'body' | 'aim'>,
  asker: Asker,
  { text }: Seen,
  mayNameSites = false,
): string | undefined {
  if (SEES_EVERYTHING.includes(asker.name)) return undefined;
  const said = `${decodeURIComponent(cell.url)} ${JSON.stringify(cell.body ?? '')}`;
  for (const side of ['other', 'abroad'] as const satisfies readonly Side[]) {
    const { word, value } = CANARIES[side];
    if (text.includes(word) && !said.includes(word)) return `shows "${word}"`;
    if (text.includes(String(value))) return `shows the value ${value} of ${side}`;
    for (const match of text.matchAll(new RegExp(`urn:ngsi-ld:\\w+:${side}-\\d+`, 'g')))
      if (!said.includes(match[0]) && !(mayNameSites && match[0].startsWith('urn:ngsi-ld:Site:')))
        return `names ${match[0]}`;
  }
  return undefined;
}

/** A thing of somebody else is told apart in nothing from a thing that does not exist. */
function foreign({ aim, route, body }: Cell, seen: Seen, nonsense: Seen | undefined): string | undefined {
  if (aim === 'own' || aim === 'nonsense' || aim === 'moved' || nonsense === undefined || !route.path.includes(':'))
    return undefined;
  if (body !== undefined && route.path.includes('entityOperations')) return undefined;
  return seen.status === nonsense.status
    ? undefined
    : `a foreign thing was answered ${seen.status}, one that is not there ${nonsense.status}`;
}

/** Rows of this check that show it could have seen something: the own side is there. */
export function showsOwn({ text }: Seen): boolean {
  return (
    text.includes(CANARIES.own.word) ||
    text.includes(String(CANARIES.own.value)) ||
    text.includes(id('ACMeasurement', 'own'))
  );
}
