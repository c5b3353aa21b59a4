import {
  type Council,
  holderAmong,
  MOST_MEMBERS,
  NOBODY,
  withBeat,
  withMember,
  withoutMembers,
} from '@contor/agent-kit/leases/council.js';
import { ALONE } from '@contor/agent-kit/leases/leases.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 16 }), { minLength: 1, maxLength: 8 });

describe('the council', () => {
  it('counts a view for whoever comes or goes, and none for a sign of life', () => {
    const one = withMember(NOBODY, 'a');
    const two = one && withMember(one, 'b');
    expect(two).toEqual({
      view: 2,
      members: [
        { id: 'a', beat: 1, adopted: 1 },
        { id: 'b', beat: 1, adopted: 2 },
      ],
    });
    const heard = two && withBeat(two, 'a', 2);
    expect(heard?.view).toBe(2);
    expect(heard?.members[0]).toEqual({ id: 'a', beat: 2, adopted: 2 });
    expect(heard && withoutMembers(heard, ['b'])).toMatchObject({ view: 3, members: [{ id: 'a' }] });
    expect(heard && withoutMembers(heard, ['z'])).toBe(heard);
    expect(heard && withBeat(heard, 'z', 9)).toBeUndefined();
  });

  it('has so many seats', () => {
    let council: Council = NOBODY;
    for (let count = 0; count < MOST_MEMBERS; count += 1) council = withMember(council, `r${count}`) ?? council;
    expect(council.members).toHaveLength(MOST_MEMBERS);
    expect(withMember(council, 'one more')).toBeUndefined();
  });

  it('gives each device to one member, in whatever order they are named, and moves only what the leaver had', () => {
    fc.assert(
      fc.property(ids, fc.string(), (members, device) => {
        const holder = holderAmong(members, device);
        expect(holderAmong([...members].reverse(), device)).toBe(holder);
        const leaver = members.find((id) => id !== holder);
        if (leaver !== undefined)
          expect(
            holderAmong(
              members.filter((id) => id !== leaver),
              device,
            ),
          ).toBe(holder);
      }),
    );
  });

  it('shares evenly: of 9,000 devices each of three gets 3,000, within five percent', () => {
    const counts = new Map<string, number>();
    for (let at = 0; at < 9_000; at += 1) {
      const holder = holderAmong(['61a0', '61a1', '61a2'], `key/meter-${at}`) ?? '';
      counts.set(holder, (counts.get(holder) ?? 0) + 1);
    }
    for (const count of counts.values()) expect(Math.abs(count - 3_000)).toBeLessThan(150);
  });

  it('is not needed by whoever is alone', () => {
    expect(ALONE.holds('any')).toEqual({ epoch: 0, untilMs: Number.POSITIVE_INFINITY });
  });
});
