/** Roles in the reader's language while they carry the title they came with; once somebody has renamed one, that title counts. */
import { SEED_TITLES, type SeedTitle } from '../logic/roles.js';
import { useText } from './useText.js';

export function useRoleName() {
  const { t } = useText();
  const roleName = (name: string, title?: string): string => {
    if (!Object.hasOwn(SEED_TITLES, name)) return title ?? name;
    const seed = name as SeedTitle;
    return title === undefined || title === SEED_TITLES[seed] ? t(`roleNames.${seed}`) : title;
  };
  return { roleName };
}
