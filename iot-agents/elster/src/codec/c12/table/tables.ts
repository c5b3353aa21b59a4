/** All tables of ANSI C12.19 that are described here. */

import { CLOCK_TABLES } from './clock.js';
import { GENERAL_TABLES } from './general.js';
import { LOAD_PROFILE_TABLES } from './load-profile.js';
import { LOG_TABLES } from './log.js';
import { REGISTER_TABLES } from './registers.js';
import { SOURCE_TABLES } from './sources.js';
import type { Table } from './type.js';

export const TABLES: readonly Table[] = [
  ...GENERAL_TABLES,
  ...SOURCE_TABLES,
  ...REGISTER_TABLES,
  ...CLOCK_TABLES,
  ...LOAD_PROFILE_TABLES,
  ...LOG_TABLES,
];

const BY_NUMBER: ReadonlyMap<number, Table> = new Map(TABLES.map((table) => [table.number, table]));

export function tableNumbered(number: number): Table | undefined {
  return BY_NUMBER.get(number);
}
