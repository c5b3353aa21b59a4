/**
 * The embedded OpenID provider. Start here: it opens what is stored, makes the first manager, listens, and wires the
 * sign-in form to oidc-provider. In production Keycloak takes its place behind OIDC_ISSUER.
 */

import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import {
  certificateOf,
  checkExposure,
  closeHttp,
  createMetrics,
  type DocumentStore,
  type Environment,
  type Health,
  isLoopback,
  listenHttp,
  lockDirectory,
  openDocuments,
  openDurableLog,
  openKeyring,
  type Running,
  type Start,
  urlOf,
  withCertificate,
} from '@contor/kit';
import { type AccountParts, handleAccount } from './account/routes.js';
import { handleAdmin } from './admin/routes.js';
import { createTokenCheck } from './admin/token.js';
import { createBackOff } from './back-off.js';
import { metadataOf, openClients } from './clients.js';
import { clientSecret, openKeys } from './keys.js';
import { type Passwords, passwordsAt } from './passwords.js';
import { createProvider } from './provider.js';
import { createSecondFactor } from './second-factor/second-factor.js';
import { createHandler } from './server.js';
import { openSessions } from './sessions.js';
import { type IdentityConfig, LOG_FORMAT, otpPolicyOf, REALM_PATH } from './settings.js';
import { openProgress } from './sign-in/progress.js';
import { handleSignIn, type SignInParts } from './sign-in/routes.js';
import { ClientsModel, createAdapterFactory, OidcIndex } from './store/adapter.js';
import { missesIn } from './store/misses.js';
import { ensureManager, openUsers, type Users } from './users.js';

export { clientSecret } from './keys.js';
export { API_AUDIENCE, DASHBOARD_CLIENT, type IdentityConfig, REALM_PATH, SETTINGS } from './settings.js';
export { type Credentials, readCredentials } from './users.js';

/** Sessions and users of a town are a few megabytes; compaction lets go of whole segments, so these are small. */
const SEGMENT_BYTES = 1024 * 1024;
const LOG_LIMIT_BYTES = 256 * 1024 * 1024;
/** sysexits.h, EX_SOFTWARE: the supervisor starts us again and we recover from the log. */
const EXIT_FATAL = 70;

/** What must be closed, in the order it was opened. */
type Opened = (() => Promise<void>)[];

export const start: Start<IdentityConfig> = startHashing(passwordsAt());

/** The same with another cost of passwords than today's; see `passwordsAt`. */
export function startHashing(passwords: Passwords): Start<IdentityConfig> {
  return async (config, environment) => {
    checkExposure({ ...config, prefix: 'IDENTITY' });
    const opened: Opened = [];
    try {
      return await open(config, { ...environment, passwords }, opened);
    } catch (error) {
      await closeAll(opened); // A port that is taken must not leave the folder locked.
      throw error;
    }
  };
}

async function closeAll(opened: Opened): Promise<void> {
  for (const undo of opened.splice(0).reverse()) await undo();
}

type IdentityEnvironment = Environment & { readonly passwords: Passwords };

interface Stored {
  readonly documents: DocumentStore;
  readonly index: OidcIndex;
  readonly users: Users;
}

async function openStored(
  config: IdentityConfig,
  { ports, log, passwords }: IdentityEnvironment,
  opened: Opened,
): Promise<Stored> {
  const { clock, disk } = ports;
  const lock = await lockDirectory(config.dataFolder);
  opened.push(() => lock.release());
  const durable = await openDurableLog({
    disk,
    clock,
    directory: join(config.dataFolder, 'log'),
    ...LOG_FORMAT,
    segmentBytes: SEGMENT_BYTES,
    maxBytes: LOG_LIMIT_BYTES,
    onFatal: (error) => {
      log.error({ error }, 'The identity log can no longer be written; stopping to recover from it.');
      process.exit(EXIT_FATAL);
    },
  });
  const index = new OidcIndex();
  const documents = await openDocuments({ durable, clock, watcher: index, log });
  opened.push(() => documents.close());
  const users = openUsers(documents, passwords);
  if (await ensureManager(users, config.dataFolder, clock.nowMs(), isLoopback(config.host))) {
    log.info({}, 'Made the first user, manager; the password is in manager.json of the data folder; better change it.');
  }
  return { documents, index, users };
}

async function open(config: IdentityConfig, environment: IdentityEnvironment, opened: Opened): Promise<Running> {
  const { ports, log } = environment;
  const { clock } = ports;
  const keyring = await openKeyring({ ...config, folder: config.dataFolder });
  // Together, because on the first start one makes an RSA key and another hashes a password.
  const [{ documents, index, users }, keys, secret] = await Promise.all([
    openStored(config, environment, opened),
    openKeys(config.dataFolder, keyring),
    clientSecret(config.dataFolder, config),
  ]);

  // Listens first: with port 0 only then is our own address known, which the issuer is made of.
  let handle: RequestListener = (_request, response) => response.writeHead(503, { 'Retry-After': '1' }).end();
  const server = await listenHttp({ ...config, setting: 'IDENTITY_PORT', log }, (request, response) =>
    handle(request, response),
  );
  opened.push(() => closeHttp(server));
  const publicUrl = config.publicUrl ?? urlOf(server, config);
  const dashboardUrl = config.gatewayUrl;

  const nowMs = () => clock.nowMs();
  const clients = openClients(documents);
  const sessions = openSessions(documents, nowMs);
  const clientsModel = new ClientsModel((clientId) => metadataOf(clients.byClientId(clientId)));
  const models = createAdapterFactory(documents, index, nowMs);
  const provider = createProvider({
    issuer: publicUrl + REALM_PATH,
    gatewayUrl: dashboardUrl,
    keys,
    clientSecret: secret,
    adapter: (model) => (model === 'Client' ? clientsModel : models(model)),
    users,
    sessions,
    log,
  });
  const metrics = createMetrics('identity');
  const attempts = metrics.counter('identity_sign_ins_total', 'Sign-in attempts by outcome.', ['outcome']);
  const secondFactor = createSecondFactor({ users, documents, keyring, nowMs });
  await secondFactor.rewrap();
  const ownSecret = keys.cookies[0] ?? '';
  const shared = {
    ...{ provider, users, sessions, secondFactor, dashboardUrl, log },
    backOff: createBackOff(clock, ownSecret, missesIn(documents, log)),
    otpPolicy: otpPolicyOf(config),
  };
  const account: AccountParts = { ...shared, publicUrl, secret: ownSecret, nowMs };
  const signIn: SignInParts = {
    ...shared,
    attempts,
    progress: openProgress(documents, nowMs),
    signOutUrl: `${REALM_PATH}/protocol/openid-connect/logout`,
  };
  const administratorOf = createTokenCheck(publicUrl + REALM_PATH, keys.signing, nowMs);
  const admin = { users, clients, sessions, administratorOf, publicUrl, nowMs, log };
  const figures = () => ({ users: users.count, documents: documents.size });
  const health = (): Health => withCertificate({ state: 'ready', figures: figures() }, certificateOf(server));
  const handler = createHandler({
    publicUrl: new URL(publicUrl),
    dashboardUrl,
    secret: config.secret,
    provider,
    signIn: (request, response) => handleSignIn(signIn, request, response),
    account: (request, response) => handleAccount(account, request, response),
    admin: (request, response) => handleAdmin(admin, request, response),
    health,
    metrics,
    log,
  });
  handle = (request, response) => void handler(request, response);
  log.info({ url: publicUrl }, 'Identity is ready.');
  return { url: publicUrl, health, stop: () => closeAll(opened) };
}
