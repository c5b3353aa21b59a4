/** The access book as the pages see it: people, roles, sessions, partners, consents. In memory, with revisions, as strict as the real one. */
import { SEED_ROLES } from '@contor/policy';
import { type FakeCall, type FakePart, type FakePerson, type FakeReply, guarded, ok, refusal } from './fake-call.js';

interface FakeEntry extends FakePerson {
  roles: readonly string[];
  everything: boolean;
  grants: readonly unknown[];
  isLocked: boolean;
  revision: number;
  readonly createdAtMs: number;
  lastSeenAtMs: number | undefined;
}

interface FakeRole {
  name: string;
  title: string;
  functions: readonly string[];
  isBuiltIn: boolean;
  revision: number;
}

interface FakeSession {
  readonly id: string;
  readonly subject: string;
  readonly address: string;
  readonly agent: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
}

interface FakePartner {
  readonly id: string;
  name: string;
  roles: readonly string[];
  everything: boolean;
  grants: readonly unknown[];
  isLocked: boolean;
  quota: number | null;
  usedToday: number;
  keys: readonly { prefix: string; createdAt: string; expiresAt?: string }[];
  revision: number;
}

export interface FakeAccess {
  readonly answer: FakePart;
  entryOf(username: string): FakeEntry;
  functionsOf(username: string): readonly string[];
  /** As another administrator would, behind the back of the page. */
  changeRole(name: string, change: Partial<FakeRole>): void;
  changePerson(username: string, change: Partial<FakeEntry>): void;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';
const PHONE =
  'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36';

export function createFakeAccess(): FakeAccess {
  const nowMs = Date.now();
  const people = new Map(seedPeople(nowMs).map((entry) => [entry.subject, entry]));
  const roles = new Map<string, FakeRole>(
    SEED_ROLES.map((role) => [role.name, { ...role, isBuiltIn: true, revision: 1 }]),
  );
  let sessions = seedSessions(nowMs);
  const partners = new Map(seedPartners(nowMs).map((partner) => [partner.id, partner]));
  const consents = new Map<string, { profiling: boolean; since: string; by: string; byName: string }>();

  const entryOf = (username: string): FakeEntry => {
    const entry = [...people.values()].find((candidate) => candidate.username === username);
    if (entry === undefined) throw new Error(`The stand-in knows no ${username}.`);
    return entry;
  };
  const functionsOf = (username: string): readonly string[] => {
    const held = entryOf(username).roles.flatMap((name) => roles.get(name)?.functions ?? []);
    return [...new Set(held)];
  };
  const holdersOf = (name: string): number => [...people.values()].filter((entry) => entry.roles.includes(name)).length;
  const shown = (role: FakeRole) => ({ ...role, holders: holdersOf(role.name) });
  const sessionShown = (session: FakeSession, person: FakePerson) => ({
    ...session,
    username: people.get(session.subject)?.username,
    createdAt: new Date(session.createdAtMs).toISOString(),
    lastSeenAt: new Date(session.lastSeenAtMs).toISOString(),
    isCurrent: session.id === `s-${person.subject}`,
  });

  function answerRoles(call: FakeCall, [name]: readonly string[]): FakeReply {
    if (name === undefined) return guarded(call, 'people.view', () => ok({ roles: [...roles.values()].map(shown) }));
    const before = roles.get(name);
    return guarded(
      call,
      'access.change',
      () => {
        if (call.ifMatch === undefined && call.method === 'PUT' && before !== undefined)
          return refusal(409, 'entry.exists');
        if (call.ifMatch !== undefined && call.ifMatch !== `"${before?.revision}"`)
          return refusal(412, 'entry.changed');
        if (call.method === 'DELETE') {
          if (holdersOf(name) > 0) return refusal(409, 'role.in-use');
          roles.delete(name);
          return { status: 204 };
        }
        const { title, functions } = call.body as { title: string; functions: readonly string[] };
        const after = {
          name,
          title,
          functions,
          isBuiltIn: before?.isBuiltIn ?? false,
          revision: (before?.revision ?? 0) + 1,
        };
        roles.set(name, after);
        return ok(shown(after), { ETag: `"${after.revision}"` });
      },
      { fresh: true },
    );
  }

  function answerPeople(call: FakeCall, [subject, what]: readonly string[]): FakeReply {
    if (subject === undefined && call.method === 'GET')
      return guarded(call, 'people.view', () => {
        const sessionsOf = ({ subject: id }: FakeEntry) => sessions.filter((session) => session.subject === id);
        const shownPeople = [...people.values()].map((entry) => {
          const own = sessionsOf(entry);
          const seen = own.map(({ lastSeenAtMs }) => lastSeenAtMs);
          return {
            ...entry,
            createdAt: new Date(entry.createdAtMs).toISOString(),
            sessions: own.length,
            ...(seen.length > 0 && { lastSeenAt: new Date(Math.max(...seen)).toISOString() }),
          };
        });
        return ok({ people: shownPeople, total: shownPeople.length, followsProvider: false });
      });
    if (subject === undefined)
      return guarded(call, 'people.change', () => {
        const { username, firstName, lastName } = call.body as Record<'username' | 'firstName' | 'lastName', string>;
        if ([...people.values()].some((entry) => entry.username === username)) return refusal(409, 'account.exists');
        const entry = newEntry(username, `${firstName} ${lastName}`, [], { createdAtMs: Date.now() });
        people.set(entry.subject, entry);
        return { status: 201, body: { person: entry, password: 'basil-otter-lantern-42' } };
      });
    const entry = people.get(subject);
    if (entry === undefined) return refusal(404, 'person.unknown');
    if (what === 'password-reset')
      return guarded(call, 'people.change', () => ok({ password: 'copper-meadow-violin-17' }));
    if (what === 'lock' || what === 'unlock')
      return guarded(call, 'people.change', () => {
        Object.assign(entry, { isLocked: what === 'lock', revision: entry.revision + 1 });
        if (entry.isLocked) sessions = sessions.filter((session) => session.subject !== entry.subject);
        return ok(entry);
      });
    return guarded(
      call,
      'access.change',
      () => {
        if (call.ifMatch !== `"${entry.revision}"`) return refusal(412, 'entry.changed');
        if (call.method === 'DELETE') {
          people.delete(entry.subject);
          return { status: 204 };
        }
        Object.assign(entry, call.body, { revision: entry.revision + 1 });
        if (entry.isLocked) sessions = sessions.filter((session) => session.subject !== entry.subject);
        return ok(entry, { ETag: `"${entry.revision}"` });
      },
      { fresh: true },
    );
  }

  function answerSessions(call: FakeCall, [id]: readonly string[], whose: 'own' | 'all'): FakeReply {
    const mine = (session: FakeSession): boolean => whose === 'all' || session.subject === call.person.subject;
    const act = (): FakeReply => {
      if (call.method === 'GET')
        return ok({ sessions: sessions.filter(mine).map((session) => sessionShown(session, call.person)) });
      sessions = sessions.filter((session) => session.id !== id || !mine(session));
      return { status: 204 };
    };
    if (whose === 'own') return act();
    return guarded(call, call.method === 'GET' ? 'people.view' : 'people.change', act);
  }

  function answerPartners(call: FakeCall, [id, what]: readonly string[]): FakeReply {
    if (call.method === 'GET') return guarded(call, 'partner.view', () => ok({ partners: [...partners.values()] }));
    return guarded(
      call,
      'access.change',
      () => {
        if (id === undefined) {
          const { id: wanted, name } = call.body as { id: string; name: string };
          if (partners.has(wanted)) return refusal(409, 'entry.exists');
          const made = newPartner(wanted, name);
          partners.set(made.id, made);
          return { status: 201, body: made };
        }
        const partner = partners.get(id);
        if (partner === undefined) return refusal(404, 'partner.unknown');
        if (what === 'key' && call.method === 'POST') {
          const prefix = 'contor_9f3kQ2';
          partner.keys = [...partner.keys, { prefix, createdAt: new Date().toISOString() }];
          partner.revision += 1;
          return { status: 201, body: { prefix, key: `${prefix}_not-a-real-key-only-one-to-look-at`, partner } };
        }
        if (call.ifMatch !== undefined && call.ifMatch !== `"${partner.revision}"`)
          return refusal(412, 'entry.changed');
        if (call.method === 'DELETE') {
          partners.delete(id);
          return { status: 204 };
        }
        Object.assign(partner, call.body, { revision: partner.revision + 1 });
        return ok(partner);
      },
      { fresh: true },
    );
  }

  function answerConsent(call: FakeCall, siteId: string): FakeReply {
    if (call.method === 'GET')
      return guarded(call, 'site.view', () => ok(consents.get(siteId) ?? { profiling: false, since: null, by: null }));
    return guarded(call, 'consent.change', () => {
      const { profiling } = call.body as { profiling: boolean };
      const consent = {
        profiling,
        since: new Date().toISOString(),
        by: call.person.subject,
        byName: call.person.fullName,
      };
      consents.set(siteId, consent);
      return ok(consent);
    });
  }

  return {
    entryOf,
    functionsOf,
    changeRole: (name, change) => {
      const role = roles.get(name);
      if (role !== undefined) roles.set(name, { ...role, ...change, revision: role.revision + 1 });
    },
    changePerson: (username, change) => {
      const entry = entryOf(username);
      Object.assign(entry, change, { revision: entry.revision + 1 });
    },
    answer: (call) => {
      const parts = call.path.split('/').slice(2);
      const [first, second, ...rest] = parts;
      if (first === 'sessions') return answerSessions(call, parts.slice(1), 'own');
      if (first === 'sites' && parts[2] === 'consent') return answerConsent(call, second ?? '');
      if (first !== 'admin') return undefined;
      if (second === 'roles') return answerRoles(call, rest);
      if (second === 'people') return answerPeople(call, rest);
      if (second === 'sessions') return answerSessions(call, rest, 'all');
      return second === 'partners' ? answerPartners(call, rest) : undefined;
    },
  };
}

function newEntry(username: string, fullName: string, roles: readonly string[], more: Partial<FakeEntry>): FakeEntry {
  return {
    subject: `subject-${username}`,
    username,
    fullName,
    roles,
    everything: false,
    grants: [],
    isLocked: false,
    revision: 1,
    createdAtMs: 0,
    lastSeenAtMs: undefined,
    ...more,
  };
}

function newPartner(id: string, name: string, more: Partial<FakePartner> = {}): FakePartner {
  return {
    id,
    name,
    roles: [],
    everything: false,
    grants: [],
    isLocked: false,
    quota: null,
    usedToday: 0,
    keys: [],
    revision: 1,
    ...more,
  };
}

function seedPeople(nowMs: number): readonly FakeEntry[] {
  const known = { createdAtMs: nowMs - 90 * DAY_MS };
  const site = 'urn:ngsi-ld:Site:tulip-street';
  const point = (number: number): string => `urn:ngsi-ld:ConsumptionPoint:tulip-street-${number}`;
  return [
    newEntry('manager', 'Ana Ionescu', ['manager', 'data-administrator', 'operator'], {
      ...known,
      everything: true,
      lastSeenAtMs: nowMs - 20_000,
    }),
    newEntry('dan', 'Dan Marin', ['approver'], { ...known, everything: true, lastSeenAtMs: nowMs - 4 * 60_000 }),
    newEntry('ioana', 'Ioana Radu', ['operator'], {
      ...known,
      grants: [{ to: site, fromMs: nowMs - 30 * DAY_MS }],
      lastSeenAtMs: nowMs - 3 * HOUR_MS,
    }),
    newEntry('elena', 'Elena Popescu', ['viewer'], {
      ...known,
      grants: [{ to: site }],
      lastSeenAtMs: nowMs - 2 * DAY_MS,
    }),
    newEntry('mihai', 'Mihai Stan', ['customer'], {
      ...known,
      grants: [
        { to: point(3), fromMs: nowMs - 400 * DAY_MS, toMs: nowMs - 30 * DAY_MS },
        { to: point(12), fromMs: nowMs - 30 * DAY_MS },
      ],
      isLocked: true,
      lastSeenAtMs: nowMs - 40 * DAY_MS,
    }),
    newEntry('radu', 'Radu Georgescu', ['data-administrator'], { createdAtMs: nowMs - DAY_MS }),
    newEntry('new', 'Sofia Dumitru', [], { createdAtMs: nowMs - HOUR_MS }),
  ];
}

function seedSessions(nowMs: number): FakeSession[] {
  const open = (subject: string, id: string, agent: string, address: string, agoMs: number): FakeSession => ({
    id,
    subject: `subject-${subject}`,
    address,
    agent,
    createdAtMs: nowMs - agoMs,
    lastSeenAtMs: nowMs - agoMs / 20,
  });
  return [
    open('manager', 's-subject-manager', FIREFOX, '192.0.2.10', 600_000),
    open('manager', 's-phone', PHONE, '198.51.100.23', 26 * HOUR_MS),
    open('dan', 's-subject-dan', PHONE, '192.0.2.44', 2 * HOUR_MS),
    open('ioana', 's-subject-ioana', FIREFOX, '203.0.113.7', 5 * HOUR_MS),
    open('elena', 's-subject-elena', FIREFOX, '2001:db8::17', 40 * 60_000),
    open('radu', 's-subject-radu', FIREFOX, '192.0.2.12', 40 * 60_000),
    open('new', 's-subject-new', FIREFOX, '192.0.2.13', 40 * 60_000),
  ];
}

function seedPartners(nowMs: number): readonly FakePartner[] {
  return [
    newPartner('lumina', 'Lumina Energy', {
      roles: ['supplier'],
      grants: [{ to: 'urn:ngsi-ld:Site:tulip-street' }],
      quota: 100_000,
      usedToday: 12_340,
      keys: [{ prefix: 'contor_Ab12Cd', createdAt: new Date(nowMs - 70 * DAY_MS).toISOString() }],
    }),
    newPartner('city-balance', 'City balance desk', { roles: ['brp'], everything: true, isLocked: true }),
  ];
}
