/**
 * Which part of a request goes where (GS CIM 009 V1.9.1, 4.3.6): exclusive sources first, then redirects, and what they
 * hold is nobody else's; inclusive sources beside the broker itself; auxiliary ones only where data is read.
 */

import { Problem } from '../problem.js';
import type { Match } from './book.js';
import { MODES, type Registration } from './model.js';
import { type ForwardedOperation, supports } from './operations.js';

/** What one source is asked for; no names: everything it has of the entity. */
export interface Share {
  readonly registration: Registration;
  readonly names: ReadonlySet<string> | undefined;
}

export interface Split {
  readonly shares: readonly Share[];
  /** Attributes a source holds that does not take the operation. */
  readonly refused: readonly Share[];
  /** Attributes that are left to the broker itself; undefined: the entity as a whole is. */
  readonly local: ReadonlySet<string> | undefined;
  /** False: a source holds all of it, and the broker has no part in it. */
  readonly isLocal: boolean;
}

/** Names of the request; undefined when it is about the whole entity. */
export function splitWrite(
  matches: readonly Match[],
  operation: ForwardedOperation,
  names: ReadonlySet<string> | undefined,
): Split {
  const shares: Share[] = [];
  const refused: Share[] = [];
  let rest = names;
  let isLocal = true;
  for (const mode of MODES) {
    if (mode === 'auxiliary') continue;
    const taken = new Set<string>();
    for (const match of matches) {
      const { registration } = match;
      if (registration.mode !== mode) continue;
      const part = common(rest, match.names);
      if (part?.size === 0) continue;
      const isTaken = supports(registration.operations, operation);
      if (isTaken) shares.push({ registration, names: part });
      if (mode === 'inclusive') continue;
      // Without names there is nothing to refuse: what the broker holds of the entity is its own business.
      if (!isTaken && part !== undefined) refused.push({ registration, names: part });
      for (const name of part ?? []) taken.add(name);
      if (mode === 'redirect' && match.names === undefined && isTaken) isLocal = false;
    }
    if (rest !== undefined) rest = without(rest, taken);
  }
  return { shares, refused, local: rest, isLocal: rest === undefined ? isLocal : rest.size > 0 };
}

/** Who is asked for an entity, or for some attributes of it. */
export function splitRead(
  matches: readonly Match[],
  operation: ForwardedOperation,
  wanted: ReadonlySet<string> | undefined,
): readonly Share[] {
  return matches.flatMap(({ registration, names }) => {
    if (!supports(registration.operations, operation)) return [];
    const part = common(wanted, names);
    return part?.size === 0 ? [] : [{ registration, names: part }];
  });
}

/**
 * 6.3.17 and 6.3.18: a request that has been here leaves out the sources it came through, and data that lies at such a
 * source alone cannot be had on this way.
 */
export function withoutLoops(matches: readonly Match[], passed: readonly string[], ownName: string): readonly Match[] {
  if (passed.length === 0) return matches;
  const isBack = passed.includes(ownName);
  return matches.filter(({ registration: { id, mode, contextSourceAlias } }) => {
    if (!isBack && (contextSourceAlias === undefined || !passed.includes(contextSourceAlias))) return true;
    if (mode === 'exclusive' || mode === 'redirect')
      throw new Problem('loopDetected', `registration ${id} leads back to where the request has been (6.3.18)`);
    return false;
  });
}

function common(
  one: ReadonlySet<string> | undefined,
  two: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  if (one === undefined) return two;
  if (two === undefined) return one;
  return new Set([...one].filter((name) => two.has(name)));
}

function without(names: ReadonlySet<string>, taken: ReadonlySet<string>): ReadonlySet<string> {
  return taken.size === 0 ? names : new Set([...names].filter((name) => !taken.has(name)));
}
