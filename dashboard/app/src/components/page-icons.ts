/** The sign of each page of the menu. */
import type { PageName } from '../logic/pages.js';
import type { IconName } from './icons.js';

export const PAGE_ICONS: Readonly<Record<PageName, IconName>> = {
  live: 'pulse',
  commands: 'bolt',
  people: 'people',
  roles: 'shield',
  sessions: 'screen',
  partners: 'key',
  audit: 'log',
  profile: 'person',
  meter: 'pulse',
  site: 'site',
};
