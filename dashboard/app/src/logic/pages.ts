/** The pages of the dashboard and whom they are for: the menu, the jump list, the first page and the door of each page read this table. */
import type { FunctionName } from '@contor/policy';

interface PageRow {
  readonly path: string;
  /** Pages of one thing (`place`) are reached through it, not by the menu. */
  readonly group: 'monitor' | 'administration' | 'own' | 'place';
  /** Alternatives: one of these lists must be held whole. An empty list is for everybody who is signed in. */
  readonly needs: readonly (readonly FunctionName[])[];
}

export const PAGES = {
  live: { path: '/', group: 'monitor', needs: [['live.view']] },
  commands: {
    path: '/commands',
    group: 'monitor',
    // As the gateway has it: who has anything to do with commands may see them.
    needs: [
      ['live.view', 'supply.approve'],
      ['live.view', 'supply.request'],
      ['live.view', 'supply.stop'],
      ['live.view', 'supply.resume'],
      ['live.view', 'meter.read'],
      ['live.view', 'meter.clock'],
    ],
  },
  people: { path: '/people', group: 'administration', needs: [['people.view']] },
  roles: { path: '/roles', group: 'administration', needs: [['people.view']] },
  sessions: { path: '/sessions', group: 'administration', needs: [['people.view']] },
  partners: { path: '/partners', group: 'administration', needs: [['partner.view']] },
  audit: { path: '/audit', group: 'administration', needs: [['audit.view']] },
  profile: { path: '/profile', group: 'own', needs: [[]] },
  meter: { path: '/meters', group: 'place', needs: [['live.view']] },
  site: { path: '/sites', group: 'place', needs: [['live.view', 'site.view']] },
} as const satisfies Readonly<Record<string, PageRow>>;

export type PageName = keyof typeof PAGES;
export type PageGroup = PageRow['group'];

export const PAGE_NAMES = Object.keys(PAGES) as readonly PageName[];

export function mayOpen(page: PageName, functions: readonly FunctionName[]): boolean {
  const needs: PageRow['needs'] = PAGES[page].needs;
  return needs.some((all) => all.every((name) => functions.includes(name)));
}

/** What the menu offers under one heading. */
export function pagesFor(functions: readonly FunctionName[], group: PageGroup): readonly PageName[] {
  return PAGE_NAMES.filter((page) => PAGES[page].group === group && mayOpen(page, functions));
}
