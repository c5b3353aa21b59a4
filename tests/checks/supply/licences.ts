/**
 * Under which licences we may use what others wrote, and where: the table of docs/dependencies.md, read from there, so that the page and the check
 * cannot differ. `built` tools stay at the maker's desk; `shipped` is what runs at a customer.
 */

import { fetched, type LockEntry, labelOf, type Packages } from '../../support/lockfile.js';

export type Use = 'shipped' | 'built';
export type LicenceTable = ReadonlyMap<string, ReadonlySet<Use>>;

/** Rows `| MIT | shipped, built | … |` below the heading "Licences". */
export function readLicenceTable(page: string): LicenceTable {
  const [, part = ''] = page.split(/^## Licences$/m);
  const rows = part.split(/^## /m)[0]?.matchAll(/^\| ([\w.-]+) \| ((?:shipped, )?built) \|/gm) ?? [];
  return new Map([...rows].map(([, licence = '', uses = '']) => [licence, new Set(uses.split(', ') as Use[])]));
}

/** A choice (`A OR B`) is ours to make; what is joined by AND holds as a whole. */
function alternatives(expression: string): readonly string[] {
  return expression.replaceAll(/[()]/g, '').split(' OR ');
}

export function useOf({ dev, devOptional }: LockEntry): Use {
  return dev === true || devOptional === true ? 'built' : 'shipped';
}

export function licenceFaults(packages: Packages, table: LicenceTable): readonly string[] {
  return fetched(packages).flatMap((row) => {
    const [, entry] = row;
    const choices = alternatives(entry.license ?? 'no licence');
    const isAllowed = choices.some((licence) =>
      licence.split(' AND ').every((part) => table.get(part)?.has(useOf(entry))),
    );
    return isAllowed ? [] : [`${labelOf(row)} (${useOf(entry)}): ${entry.license ?? 'no licence'}`];
  });
}

/** What the lockfile says must be what the package itself says. */
export function contradictions(packages: Packages, licenceIn: (path: string) => string | undefined): readonly string[] {
  return fetched(packages).flatMap((row) => {
    const [path, entry] = row;
    const said = licenceIn(path);
    return said === undefined || said === entry.license
      ? []
      : [`${labelOf(row)}: ${entry.license ?? 'none'}, but it says ${said}`];
  });
}

export function idleRows(packages: Packages, table: LicenceTable): readonly string[] {
  const used = new Set(fetched(packages).flatMap(([, { license = '' }]) => alternatives(license)));
  return [...table.keys()].filter((licence) => !used.has(licence));
}
