/** An audit trail of a busy week, newest first, in pages; made from its number, so that it is the same each time. */
import { type FakePart, guarded, ok } from './fake-call.js';

interface Deed {
  readonly log: string;
  readonly page: string;
  readonly operation: string;
  readonly targets: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly outcome?: string;
  readonly reason?: string;
}

const DEEDS: readonly Deed[] = [
  { log: 'application', page: 'sign-in', operation: 'session.begin', targets: [] },
  {
    log: 'parametrisation',
    page: 'tariffs',
    operation: 'context.write',
    targets: ['urn:ngsi-ld:Tariff:night'],
    before: { price: 0.12, currency: 'EUR' },
    after: { price: 0.13, currency: 'EUR' },
  },
  {
    log: 'application',
    page: 'meters',
    operation: 'history.read',
    targets: ['urn:ngsi-ld:IntervalReading:e350-0003'],
  },
  {
    log: 'application',
    page: 'people',
    operation: 'access.change',
    targets: ['subject-elena'],
    before: { roles: ['customer'] },
    after: { roles: ['viewer'] },
  },
  {
    log: 'communication',
    page: 'meters',
    operation: 'command.send',
    targets: ['urn:ngsi-ld:Device:e350-0003'],
    after: { command: 'read' },
  },
  {
    log: 'application',
    page: 'commands',
    operation: 'command.approve',
    targets: ['urn:ngsi-ld:CommandRequest:1'],
    outcome: 'refused',
    reason: 'sign-in.stale',
  },
  {
    log: 'parametrisation',
    page: 'sites',
    operation: 'consent.change',
    targets: ['urn:ngsi-ld:Site:tulip-street'],
    before: { profiling: true },
    after: { profiling: false },
  },
  { log: 'parametrisation', page: 'secrets', operation: 'secret.change', targets: ['e350-0007'], outcome: 'begun' },
];
const ACTORS = ['manager', 'dan', 'ioana', 'elena'] as const;
const RECORDS = 640;
const EVERY_MS = 17 * 60_000;

export function createFakeAudit(): FakePart {
  const nowMs = Date.now();
  const records = Array.from({ length: RECORDS }, (_, index) => record(RECORDS - index, nowMs - index * EVERY_MS));
  return (call) => {
    const { path, query } = call;
    if (path === '/api/audit/anchors') return guarded(call, 'audit.export', () => ok(anchors(nowMs)));
    if (path === '/api/audit/export')
      return guarded(call, 'audit.export', () => ({
        status: 200,
        body: '\uFEFFsequence,at,log\r\n1,2026-11-20T08:00:00Z,application\r\n',
        headers: {
          'Content-Type': 'text/csv; charset=utf-8',
          'Content-Disposition': 'attachment; filename="audit.csv"',
        },
      }));
    if (path !== '/api/audit') return undefined;
    return guarded(call, 'audit.view', () => {
      const limit = Number(query.get('limit') ?? 100);
      const before = Number(query.get('before') ?? Number.MAX_SAFE_INTEGER);
      const isWanted = (name: string, value: string): boolean => {
        const wanted = query.get(name);
        return wanted === null || wanted.split(',').includes(value);
      };
      const found = records.filter(
        (one) =>
          one.sequence < before &&
          isWanted('log', one.log) &&
          isWanted('actor', one.actor.name) &&
          isWanted('page', one.page) &&
          isWanted('operation', one.operation) &&
          (query.get('target') === null || one.targets.includes(query.get('target') ?? '')) &&
          one.at >= (query.get('from') ?? '') &&
          one.at < (query.get('to') ?? '9'),
      );
      const page = found.slice(0, limit);
      return ok({ records: page, next: found.length > limit ? page.at(-1)?.sequence : null });
    });
  };
}

function record(sequence: number, atMs: number) {
  const { outcome = 'done', ...deed } = DEEDS[sequence % DEEDS.length] ?? (DEEDS[0] as Deed);
  const name = ACTORS[sequence % ACTORS.length] ?? 'manager';
  return {
    sequence,
    at: new Date(atMs).toISOString(),
    actor: { id: `subject-${name}`, kind: 'person', name },
    address: '192.0.2.10',
    correlation: `6f0c2a${String(sequence).padStart(6, '0')}`,
    outcome,
    ...deed,
    ...(deed.operation === 'history.read' && { count: 12, since: new Date(atMs - 600_000).toISOString() }),
  };
}

function anchors(nowMs: number) {
  const day = (ago: number): string => new Date(nowMs - ago * 86_400_000).toISOString().slice(0, 10);
  const hash = (seed: number): string =>
    Array.from({ length: 64 }, (_, index) => ((seed * 31 + index * index * 7) % 16).toString(16)).join('');
  return {
    head: { sequence: RECORDS, hash: hash(0), at: new Date(nowMs).toISOString(), signature: 'eyJ…' },
    anchors: Array.from({ length: 7 }, (_, index) => ({
      day: day(index + 1),
      sequence: RECORDS - 85 * (index + 1),
      count: 85,
      hash: hash(index + 1),
      at: `${day(index)}T00:00:00.000Z`,
      signature: 'eyJ…',
    })),
  };
}
