/**
 * Twenty sign-in flows (T20) against a running identity server and gateway over HTTP: what somebody tries who wants in, or wants somebody else
 * to do something. Each flow throws when it succeeds where it must not. Controls: servers weakened in one line.
 */

import type { start as startGateway } from '@contor/gateway';
import type { start as startIdentity } from '@contor/identity';
import { type Mutation, makeMutant } from '../support/mutant.js';
import type { Tally } from '../support/tally.js';
import { House, type Programs } from '../unit/gateway/support/house.js';
import { Realm } from '../unit/identity/support/realm.js';
import { CODE_FLOWS } from './auth-flows-code.js';
import { type Flow, Insecure } from './auth-flows-kit.js';
import { SESSION_FLOWS } from './auth-flows-session.js';

const FLOWS: readonly Flow[] = [...CODE_FLOWS, ...SESSION_FLOWS];

interface Control extends Mutation {
  readonly program: keyof Programs;
  readonly name: string;
  /** The flow that must notice. */
  readonly caughtBy: string;
  /** Part of the quick form. */
  readonly isQuick?: true;
}

const IDENTITY = { folder: 'embedded/identity', program: 'identity' } as const;
const GATEWAY = { folder: 'dashboard/gateway', program: 'gateway' } as const;

// biome-ignore format: a table
const CONTROLS: readonly Control[] = [
  { ...IDENTITY, name: 'codes without PKCE', file: 'provider.js', find: 'required: () => true', replace: 'required: () => false',
    caughtBy: 'PKCE', isQuick: true },
  { ...IDENTITY, name: 'one address more', file: 'provider.js', find: /redirect_uris: \[`\$\{gatewayUrl\}\/auth\/callback`\]/,
    replace: "redirect_uris: [gatewayUrl + '/auth/callback', 'http://evil.example/auth/callback']", caughtBy: 'redirect' },
  { ...IDENTITY, name: 'refresh tokens for ever', file: 'provider.js', find: 'rotateRefreshToken: true', replace: 'rotateRefreshToken: false',
    caughtBy: 'refresh reuse' },
  { ...IDENTITY, name: 'guessing without waiting', file: 'back-off.js', find: 'return misses < freeTries ?', replace: 'return true ?',
    caughtBy: 'brute force' },
  { ...IDENTITY, name: 'codes of the app for more than once', file: 'second-factor/totp.js', find: 'step > lastStep', replace: 'true',
    caughtBy: 'second factor' },
  { ...IDENTITY, name: 'forms without their token', file: 'account/visitor.js', find: 'sameSecret(csrf, form', replace: "true || sameSecret(csrf, form",
    caughtBy: 'forged forms' },
  { ...GATEWAY, name: 'a return to anywhere', file: 'oidc/return-to.js', find: 'safeReturnTo(wish, publicUrl) {', replace: 'safeReturnTo(wish, publicUrl) { if (wish) return wish;',
    caughtBy: 'open redirect' },
  { ...GATEWAY, name: 'an id that is known before', file: 'sessions/access.js', find: 'const sessionId = newSecret();', replace: "const sessionId = 'p'.repeat(43);",
    caughtBy: 'fixation at the gateway' },
  { ...GATEWAY, name: 'no fresh sign-in', file: 'oidc/client.js', find: "prompt: 'login', max_age: '0'", replace: '',
    caughtBy: 'fresh sign-in', isQuick: true },
];

export interface FlowOptions {
  readonly isFull: boolean;
  readonly report: (figures: object) => void;
}

export async function checkFlows(tally: Tally, { isFull, report }: FlowOptions): Promise<void> {
  const startedAt = performance.now();
  let passed = 0;
  await inHouse({}, async (house, realm) => {
    for (const { name, about, run } of FLOWS)
      if (await tally.check(`flow: ${name} (${about})`, () => run({ house, realm }))) passed += 1;
  });
  const controls = CONTROLS.filter(({ isQuick }) => isFull || isQuick === true);
  for (const { name, caughtBy, program, ...mutation } of controls)
    await tally.check(`control: a server with ${name} is caught by "${caughtBy}"`, () =>
      catches(mutation, program, caughtBy),
    );
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  report({ part: 'flows', flows: FLOWS.length, passed, controls: controls.length, seconds });
}

async function catches(mutation: Mutation, program: keyof Programs, caughtBy: string): Promise<void> {
  const flow = FLOWS.find(({ name }) => name === caughtBy);
  if (flow === undefined) throw new Error(`There is no flow "${caughtBy}".`);
  const mutant = await makeMutant(mutation);
  try {
    const { start } = await mutant.load<{ start: typeof startIdentity & typeof startGateway }>('index.js');
    await inHouse({ [program]: start }, async (house, realm) => {
      try {
        await flow.run({ house, realm });
      } catch (error) {
        if (error instanceof Insecure) return;
        throw error;
      }
      throw new Error('the flow noticed nothing');
    });
  } finally {
    await mutant.remove();
  }
}

async function inHouse(
  programs: Partial<Programs>,
  body: (house: House, realm: Realm) => Promise<void>,
): Promise<void> {
  const house = await House.open({}, programs);
  try {
    await house.start();
    await body(house, await Realm.of(house));
  } finally {
    await house.close();
  }
}
