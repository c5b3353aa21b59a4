/** Whose answers a change may have changed: what belongs to those whose ties moved, what is seen with it, and sums it is part of. */

import { NONE } from './columns.js';
import type { Graph } from './graph.js';
import { KIND, PART, WITH } from './read-ties.js';

/** The links an entity said, before and after. */
export type Said = ReadonlyMap<string, { readonly child: number; readonly isPart: boolean }>;

/** Beyond it forgetting everything is cheaper than forgetting each. */
const MOST_AFFECTED = 2_000;
/** As far as a view goes: a sum is seen with its group, the group with its site. */
const WITH_STEPS = 2;

export function saidBy(graph: Graph, owner: number): Said {
  const said = new Map<string, { child: number; isPart: boolean }>();
  for (let link = graph.firstOwned(owner); link !== NONE; link = graph.nextOwned(link)) {
    const [child, flags] = [graph.childOf(link), graph.flagsOf(link)];
    const key = [child, graph.parentOf(link), flags, graph.fromOf(link), graph.toOf(link)].join(' ');
    said.set(key, { child, isPart: (flags & KIND) === PART });
  }
  return said;
}

/** `isOther`: the entity came, went or became another type. `undefined`: too many to be named. */
export function affectedBy(
  graph: Graph,
  node: number,
  before: Said,
  after: Said,
  isOther: boolean,
  holdsMembers: (node: number) => boolean,
): ReadonlySet<number> | undefined {
  const moved = new Set<number>(isOther ? [node] : []);
  const changed = new Set<number>([node]);
  for (const [here, there] of [[before, after] as const, [after, before] as const]) {
    for (const [key, { child, isPart }] of here) if (!there.has(key)) (isPart ? moved : changed).add(child);
  }
  // A set grows while it is walked, so children of children are met as well.
  for (const one of moved) if (!addBelow(graph, one, PART, moved)) return undefined;
  for (const one of moved) changed.add(one);
  for (const one of [...changed]) {
    for (let link = graph.firstUp(one); link !== NONE; link = graph.nextUp(link)) {
      if ((graph.flagsOf(link) & KIND) === PART && holdsMembers(graph.parentOf(link)))
        changed.add(graph.parentOf(link));
    }
  }
  for (let step = 0; step < WITH_STEPS; step += 1) {
    for (const one of [...changed]) if (!addBelow(graph, one, WITH, changed)) return undefined;
  }
  return changed.size > MOST_AFFECTED ? undefined : changed;
}

function addBelow(graph: Graph, node: number, kind: number, into: Set<number>): boolean {
  for (let link = graph.firstDown(node); link !== NONE; link = graph.nextDown(link)) {
    if ((graph.flagsOf(link) & KIND) === kind) into.add(graph.childOf(link));
    if (into.size > MOST_AFFECTED) return false;
  }
  return true;
}
