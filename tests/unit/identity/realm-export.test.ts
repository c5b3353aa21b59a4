/** The realm for Keycloak: who goes along and with what, from a folder whose server is running. That Keycloak takes it is shown by `npm run test:interop`. */

import { join } from 'node:path';
import { clientSecret } from '@contor/identity';
import { exportRealmOf } from '@contor/identity/realm-export/from-folder.js';
import { encodeBase32 } from '@contor/identity/second-factor/totp.js';
import { createLogger } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { House, portsOfThisRealm } from '../gateway/support/house.js';
import { codeOf, Realm } from './support/realm.js';

interface Person {
  readonly id: string;
  readonly username: string;
  readonly realmRoles: readonly string[];
  readonly requiredActions: readonly string[];
  readonly credentials: readonly { readonly type: string; readonly secretData?: string }[];
  readonly enabled: boolean;
}

interface ExportedJson {
  readonly users: readonly Person[];
  readonly clients: readonly { readonly clientId: string; readonly secret?: string; readonly redirectUris: string[] }[];
  readonly roles: { readonly realm: readonly { readonly name: string }[] };
}

let house: House;
let realm: Realm;
beforeAll(async () => {
  house = await (await House.open({ IDENTITY_OTP: 'privileged' })).start();
  realm = await Realm.of(house);
});
afterAll(() => house.close());

const environment = { ports: portsOfThisRealm(), log: createLogger({ service: 'test', write: () => undefined }) };

async function exported(wish: { hasSecondFactors?: boolean; hasTemporaryPasswords?: boolean } = {}) {
  const dataFolder = join(house.folder, 'identity');
  const base = { dataFolder, gatewayUrl: 'https://www.city', hasSecondFactors: false, hasTemporaryPasswords: false };
  const made = await exportRealmOf({ ...base, ...wish }, environment);
  return { ...made, json: JSON.parse(JSON.stringify(made.realm)) as ExportedJson };
}

describe('the exported realm', () => {
  it('has the people with their ids and roles, and asks each for a new password', async () => {
    const { id, username } = await realm.makeUser({ enabled: false }, ['viewer', 'operator']);
    const { json } = await exported();
    const person = json.users.find((one) => one.username === username);
    expect(person).toMatchObject({ id, enabled: false, realmRoles: ['viewer', 'operator'] });
    expect([person?.requiredActions, person?.credentials]).toEqual([['UPDATE_PASSWORD'], []]);
    expect(JSON.stringify(json)).not.toContain('scrypt');
    expect(json.roles.realm.map(({ name }) => name)).toContain('data-administrator');
  });

  it('has second factors and temporary passwords only when they are asked for', async () => {
    const { id, username } = await realm.makeUser({}, ['operator']);
    const visit = await realm.begin(username);
    const { secret } = visit;
    await visit.answer({ code: codeOf(secret) });
    const of = ({ json }: { json: ExportedJson }) => json.users.find((one) => one.id === id);
    expect(of(await exported())?.requiredActions).toEqual(['UPDATE_PASSWORD', 'CONFIGURE_TOTP']);
    const full = await exported({ hasSecondFactors: true, hasTemporaryPasswords: true });
    expect(of(full)?.requiredActions).toEqual(['UPDATE_PASSWORD']);
    const [password, otp] = of(full)?.credentials ?? [];
    expect(password).toMatchObject({ type: 'password', temporary: true });
    expect(JSON.parse(otp?.secretData ?? '{}')).toEqual({ value: encodeBase32(secret) });
    const listed = full.people.find((one) => one.username === username)?.temporaryPassword;
    expect(password).toMatchObject({ value: listed });
  });

  it('has the dashboard’s client with its secret and exact address, and partners without theirs', async () => {
    await realm.call('POST', '/clients', { clientId: 'utility-south', secret: 's'.repeat(40) });
    const { json } = await exported();
    const [dashboard, partner] = json.clients;
    expect(dashboard).toMatchObject({
      ...{ clientId: 'contor-dashboard', secret: await clientSecret(join(house.folder, 'identity')) },
      redirectUris: ['https://www.city/auth/callback'],
    });
    expect([partner?.clientId, partner?.secret, partner?.redirectUris]).toEqual(['utility-south', undefined, []]);
  });

  it('is refused in words where there is no identity server', async () => {
    const wish = { dataFolder: join(house.folder, 'nowhere'), gatewayUrl: 'x', hasSecondFactors: false };
    await expect(exportRealmOf({ ...wish, hasTemporaryPasswords: false }, environment)).rejects.toMatchObject({
      code: 'config.no-identity',
    });
  });
});
