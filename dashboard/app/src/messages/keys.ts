/** Every text of the page by its place: `live.column.name`. A key that is not here does not compile. */
import type { accessEn } from './access-en.js';
import type { commandsEn } from './commands-en.js';
import type { en } from './en.js';

type Leaves<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends string ? `${Prefix}${K}` : Leaves<T[K], `${Prefix}${K}.`>;
}[keyof T & string];

export type MessageKey = Leaves<typeof en> | Leaves<typeof accessEn> | Leaves<typeof commandsEn>;
