import type { KeptRecord } from '@contor/gateway/audit/record.js';
import { visibleTo } from '@contor/gateway/audit/scope.js';
import type { Scope, ScopeIndex, Subject } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';

const YEAR_MS = Date.UTC(2026, 0, 1);

/** Sees what is called mine, from this year on. */
const index = {
  isVisible: (_scope: Scope, id: string, atMs: number) => id.startsWith('urn:mine') && atMs >= YEAR_MS,
} as unknown as ScopeIndex;

function subject(scope: Scope): Subject {
  return { id: 'me', kind: 'person', username: 'me', tenant: 'default', functions: new Set(), scope };
}

function record(actor: string, targets: readonly string[] | undefined, atMs = YEAR_MS): KeptRecord {
  const what = { format: 1, log: 'application', page: 'p', operation: 'o', outcome: 'done' } as const;
  return { ...what, atMs, actor: { id: actor, kind: 'person' }, ...(targets !== undefined && { targets }) };
}

describe('somebody with a limited scope', () => {
  const isVisible = visibleTo(subject({ kind: 'grants', grants: [{ to: 'urn:mine' }] }), index);

  it.each([
    ['what is theirs', record('somebody', ['urn:mine:1']), true],
    ['what is somebody else’s', record('somebody', ['urn:yours:1']), false],
    ['what is theirs and somebody else’s', record('somebody', ['urn:mine:1', 'urn:yours:1']), false],
    ['what was not theirs at that time', record('somebody', ['urn:mine:1'], YEAR_MS - 1), false],
    ['what is about nothing', record('somebody', undefined), false],
    ['what they did themselves', record('me', ['urn:yours:1']), true],
  ])('and %s', (_name, kept, isSeen) => expect(isVisible?.(kept)).toBe(isSeen));

  it('is not somebody who sees everything', () =>
    expect(visibleTo(subject({ kind: 'everything' }), index)).toBeUndefined());
});
