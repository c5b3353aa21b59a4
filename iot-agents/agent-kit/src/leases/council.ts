/**
 * Who shares the devices, as one small state that all replicas agree on (docs/adr/0012): the members, how often each was heard, and up to which
 * sharing-out each has let go of what is not its own. Pure; and which of the members a device belongs to follows from their names alone.
 */

export interface Member {
  readonly id: string;
  /** Counts up with every sign of life. */
  readonly beat: number;
  /** It talks to no device that is another's by this view. */
  readonly adopted: number;
}

export interface Council {
  /** Grows whenever somebody comes or goes: a new sharing-out of the devices. */
  readonly view: number;
  readonly members: readonly Member[];
}

export const NOBODY: Council = { view: 0, members: [] };

/** Each sign of life is an entry that all others wait for in turn: a dozen replicas are comfortable, this many still work. */
export const MOST_MEMBERS = 64;

/** Who comes holds nothing yet, so it has nothing to let go of. Undefined: there are too many. */
export function withMember(council: Council, id: string): Council | undefined {
  if (council.members.length >= MOST_MEMBERS) return undefined;
  const view = council.view + 1;
  return { view, members: [...council.members, { id, beat: 1, adopted: view }] };
}

export function withoutMembers(council: Council, ids: readonly string[]): Council {
  const members = council.members.filter(({ id }) => !ids.includes(id));
  return members.length === council.members.length ? council : { view: council.view + 1, members };
}

/** Undefined: it is not a member any more, and what it held is others'. */
export function withBeat(council: Council, id: string, adopted: number): Council | undefined {
  if (!council.members.some((member) => member.id === id)) return undefined;
  const members = council.members.map((member) =>
    member.id === id ? { id, beat: member.beat + 1, adopted: Math.max(adopted, member.adopted) } : member,
  );
  return { ...council, members };
}

/** Rendezvous hashing: of all members the one whose name goes best with the device's. Who comes or goes moves only its own share. */
export function holderAmong(ids: readonly string[], deviceKey: string): string | undefined {
  let best: string | undefined;
  let most = -1;
  for (const id of ids) {
    const weight = hash(id, deviceKey);
    if (weight < most || (weight === most && best !== undefined && id < best)) continue;
    most = weight;
    best = id;
  }
  return best;
}

/** FNV-1a over both names, then the finalizer of MurmurHash3: without it, neighbours in the alphabet get neighbouring weights. */
function hash(...texts: readonly string[]): number {
  let value = 0x811c9dc5;
  for (const text of texts) {
    for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
    value = Math.imul(value ^ 0xff, 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
