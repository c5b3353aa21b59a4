/** What somebody has typed and not saved, kept across a fresh sign-in: in this tab only, for this person only, once. */

const PREFIX = 'contor.draft.';

export function keepDraft(key: string, person: string, draft: unknown): void {
  sessionStorage.setItem(PREFIX + key, JSON.stringify({ person, draft }));
}

/** Taken away as it is read: an old draft must not come back another day. */
export function takeDraft(key: string, person: string): unknown {
  const text = sessionStorage.getItem(PREFIX + key);
  if (text === null) return undefined;
  sessionStorage.removeItem(PREFIX + key);
  const kept = JSON.parse(text) as { person: string; draft: unknown };
  return kept.person === person ? kept.draft : undefined;
}
