/**
 * The names of roles that an account can carry in its token (Keycloak: realm roles). What each allows is policy's affair; here only
 * matters whose account is worth a second factor.
 */

export interface RealmRole {
  readonly name: string;
  readonly about: string;
  /** May switch supply or change who may do what. */
  readonly isPrivileged?: true;
}

// biome-ignore format: a table
export const REALM_ROLES: readonly RealmRole[] = [
  { name: 'manager', about: 'Runs the platform from day to day.' },
  { name: 'viewer', about: 'Sees live values, history and sites.' },
  { name: 'customer', about: 'Sees what is their own.' },
  { name: 'operator', about: 'Reads meters and asks for commands.', isPrivileged: true },
  { name: 'approver', about: 'Approves what operators ask for.', isPrivileged: true },
  { name: 'data-administrator', about: 'Changes accounts, roles and secrets.', isPrivileged: true },
  { name: 'supplier', about: 'An energy supplier.' },
  { name: 'brp', about: 'A balance responsible party.' },
  { name: 'vpp', about: 'A virtual power plant.' },
  { name: 'dso', about: 'A distribution system operator.' },
];

export function isPrivileged(roles: readonly string[]): boolean {
  return REALM_ROLES.some(({ name, isPrivileged }) => isPrivileged === true && roles.includes(name));
}
