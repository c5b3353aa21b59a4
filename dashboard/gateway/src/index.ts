/**
 * The gateway: the one door for browsers. Start here: it opens what is stored, finds the OpenID provider, follows the
 * broker, and puts sign-in, policy, relay, stream and app behind one address.
 */

import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createBrokerClient, createHistoryClient } from '@contor/history-query';
import {
  certificateOf,
  checkExposure,
  closeHttp,
  createMetrics,
  type Environment,
  type Health,
  listenHttp,
  lockDirectory,
  openCheckpoint,
  openKeyring,
  openSecretStore,
  type Running,
  sealedCheckpoint,
  urlOf,
  withCertificate,
} from '@contor/kit';
import { auditTenant, SEED_ROLES } from '@contor/policy';
import { createAccounts } from './admin/accounts.js';
import { serveApp } from './app/routes.js';
import { createApp, routesOf } from './app.js';
import { createAudit } from './audit/audit.js';
import { openAuditDesk } from './audit/desk.js';
import { createRecorder } from './audit/intake/recorder.js';
import { readProviderRoles } from './book/adoption.js';
import { openAccessBook } from './book/open.js';
import { openCommanding } from './commands/open.js';
import { openSigning } from './commands/signing.js';
import { openEnforcement } from './enforcement.js';
import { createMessages } from './http/messages.js';
import { createIdentify } from './identify.js';
import { createLimits } from './limits/limits.js';
import { openQuotas } from './limits/quotas.js';
import { createOidcClient } from './oidc/client.js';
import { openSecrets } from './secrets.js';
import { createAccess } from './sessions/access.js';
import { createCookieJar } from './sessions/cookies.js';
import { openSessions } from './sessions/store.js';
import type { GatewayConfig } from './settings.js';
import { subjectOf, visitorOf } from './visitor.js';

export { type GatewayConfig, SETTINGS } from './settings.js';

/** As the agents end: whoever supervises starts anew, and opening recovers. */
const EXIT_FATAL = 70;
const BROKER_TIMEOUT_MS = 15_000;
/** Browsers keep connections for a while, and a year of history may take its time. */
const LIMITS = { requestTimeout: 30_000, keepAliveTimeout: 65_000 };
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** What must be closed, in the order it was opened. */
type Opened = (() => Promise<void> | void)[];

export interface GatewayRunning extends Running {
  /** Method and path of every route of the running application. */
  routes(): ReturnType<typeof routesOf>;
}

export const start = async (config: GatewayConfig, environment: Environment): Promise<GatewayRunning> => {
  checkExposure({ ...config, prefix: 'GATEWAY' });
  const opened: Opened = [];
  try {
    return await open(config, environment, opened);
  } catch (error) {
    await closeAll(opened); // A port that is taken must not leave the folder locked.
    throw error;
  }
};

async function closeAll(opened: Opened): Promise<void> {
  for (const undo of opened.splice(0).reverse()) await undo();
}

async function open(config: GatewayConfig, { ports, log }: Environment, opened: Opened): Promise<GatewayRunning> {
  const { clock, disk, random } = ports;
  const providerRoles = readProviderRoles(config.providerRoles);
  const lock = await lockDirectory(config.dataFolder);
  opened.push(() => lock.release());
  const checkpoint = (name: string) => openCheckpoint({ disk, path: join(config.dataFolder, name) });
  const keyring = await openKeyring({ ...config, folder: config.dataFolder });
  const sealed = (name: string) => sealedCheckpoint(checkpoint(name), keyring, `gateway ${name}`);
  const secrets = await openSecrets(sealed('secrets'));
  const stopAtOnce = (what: string) => (error: Error) => {
    log.error({ error }, `${what} cannot be written safely: exiting, and recovering at the next start.`);
    process.exit(EXIT_FATAL);
  };
  const stored = { disk, clock, log, dataFolder: config.dataFolder };
  const { tenant, publicKeyFile } = config;
  const signer = await openSigning({ checkpoint: sealed('signing-key'), disk, tenant, publicKeyFile });
  const trail = await createAudit({
    ...{ ...stored, random, keyring, keepYears: config.auditYears },
    sign: (claim) => signer.sign({ kind: 'anchor', tenant, ...claim }),
    onFatal: stopAtOnce('The audit trail'),
  });
  opened.push(() => trail.close());
  const recorder = createRecorder({ audit: trail, clock, log });
  opened.push(() => recorder.close());
  const rules = { tenant: config.tenant, seeds: SEED_ROLES, providerRoles };
  const book = await openAccessBook({ ...stored, ...rules, onFatal: stopAtOnce('The access book') });
  opened.push(() => book.close());
  const quotas = await openQuotas(checkpoint('quotas'), clock, log);
  opened.push(() => quotas.close());
  const store = await openSessions(sealed('sessions'), clock);
  opened.push(() => store.close());
  const client = createBrokerClient({
    ...{ url: config.brokerUrl, tenant: config.tenant, secret: config.secret },
    ...{ context: 'installed', timeoutMs: BROKER_TIMEOUT_MS },
  });
  opened.push(() => client.close());
  const told = { tenant: auditTenant(config.tenant), secret: config.secret, timeoutMs: BROKER_TIMEOUT_MS };
  const peers = {
    broker: createBrokerClient({ ...told, url: config.brokerUrl, context: 'installed' }),
    history: createHistoryClient({ ...told, url: config.historyUrl }),
  };
  opened.push(
    () => peers.broker.close(),
    () => peers.history.close(),
  );
  const publisher = await trail.publishTo(peers);
  opened.push(() => publisher.stop());

  // Listens first: with port 0 only then is our own address known, which the provider and the broker are told.
  let handle: RequestListener = (_request, response) => response.writeHead(503, { 'Retry-After': '1' }).end();
  const messages = createMessages();
  const listener = { ...config, setting: 'GATEWAY_PORT', limits: LIMITS, messages: messages.classes, log };
  const server = await listenHttp(listener, (request, response) => handle(request, response));
  opened.push(() => closeHttp(server));
  const ownUrl = urlOf(server, config);
  const publicUrl = config.publicUrl ?? ownUrl;

  const { issuer, clientId, clientSecret, audience } = config;
  const oidc = createOidcClient({
    settings: { issuer, clientId, clientSecret, audience, publicUrl },
    clock,
    random,
    log,
  });
  opened.push(() => oidc.stop());
  const cookies = createCookieJar(publicUrl.startsWith('https:'));
  const access = createAccess({ store, oidc, book, cookies, clock, log });

  const enforcement = openEnforcement({
    ...{ config, client, version, clock, random, log },
    notifyUrl: config.notifyUrl ?? localUrl(config, server),
    notifySecret: secrets.notify,
    sealSecret: secrets.cookie,
    askers: {
      subjectOf,
      currentSubject: (id) => book.subjectOf(id),
      standingOf: (request) => {
        const { subject, standing } = visitorOf(request);
        // While the provider is away the session's own grace decides; after it the stream ends like everything else.
        return { ...standing, current: () => book.subjectOf(subject.id) };
      },
    },
  });
  opened.push(() => enforcement.stop());
  store.onRemoved((key) => enforcement.closeSession(key));
  book.onChange((id) => {
    enforcement.recheckSubject(id);
    if (book.subjectOf(id) !== undefined) return;
    store
      .removeAllOf(id)
      .catch((error: unknown) => log.warn({ error }, 'Sessions that were ended may be back after a restart.'));
  });

  const commanding = openCommanding({
    ...{ broker: client, signer, audit: recorder.audit, clock, log, tenant: config.tenant, scopes: enforcement.scopes },
    nameOf: (subject) => book.people.get(subject)?.fullName,
  });

  const metrics = createMetrics('gateway');
  const reach = (): Health => {
    const missing = [oidc.isReady ? [] : ['the sign-in server'], enforcement.missing].flat();
    const figures = { sessions: store.size, ...enforcement.figures, ...trail.figures };
    return missing.length === 0
      ? { state: 'ready', figures }
      : { state: 'degraded', reason: `Not reachable: ${missing.join(' and ')}.`, figures };
  };
  const health = (): Health => withCertificate(reach(), certificateOf(server));
  const app = createApp({
    auth: {
      oidc,
      access,
      cookies,
      cookieSecret: secrets.cookie,
      publicUrl: new URL(publicUrl),
      nowMs: () => clock.nowMs(),
      witness: recorder,
      log,
    },
    ...{ book, enforcement, commanding, proxies: config.proxies },
    identify: createIdentify({ access, book, oidc, cookies, clock }),
    limits: createLimits({ clock, rate: config.rate, quotas, book }),
    admin: {
      ...{ book, store, quotas, audit: recorder.audit, clock, random, log },
      accounts: createAccounts({ issuer, oidc, log }),
      sees: enforcement.sees,
    },
    vault: openSecretStore({ folder: config.secretsFolder ?? join(config.dataFolder, 'vault'), keyring, disk, clock }),
    auditDesk: openAuditDesk({
      trail,
      recorder,
      book,
      scopes: enforcement.scopes,
      platformSecret: config.secret,
      clock,
    }),
    serveApp: serveApp(config.appFolder, clock),
    ...{ issuer, version, accountUrl: `${issuer}/account` },
    platformSecret: config.secret,
    machineUrl: config.notifyUrl === undefined ? undefined : new URL(config.notifyUrl),
    health,
    metrics,
    log,
  });
  messages.joinTo(app);
  handle = app;
  log.info({ url: publicUrl }, 'The gateway is ready.');

  return { url: publicUrl, health, routes: () => routesOf(app), stop: () => closeAll(opened) };
}

/** A server on every address is reached on loopback by the broker of the same machine. */
function localUrl(config: GatewayConfig, server: Server): string {
  const isEverywhere = config.host === '0.0.0.0' || config.host === '::';
  return urlOf(server, isEverywhere ? { ...config, host: '127.0.0.1' } : config);
}
