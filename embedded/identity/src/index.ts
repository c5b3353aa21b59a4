/**
 * The embedded OpenID provider. Start here: it opens what is stored, makes the first manager, listens, and wires the
 * sign-in form to oidc-provider. In production Keycloak takes its place behind OIDC_ISSUER.
 */

import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { checkExposure, createMetrics, type Health, lockDirectory, openDurableLog, type Start } from '@contor/kit';
import { createBackOff } from './back-off.js';
import { clientSecret, openKeys } from './keys.js';
import { createProvider } from './provider.js';
import { createHandler } from './server.js';
import { type IdentityConfig, REALM_PATH } from './settings.js';
import { handleSignIn } from './sign-in.js';
import { createAdapterFactory, OidcIndex } from './store/adapter.js';
import { DOCUMENTS_LOG, openDocuments } from './store/documents.js';
import { ensureManager, openUsers } from './users.js';

export { clientSecret } from './keys.js';
export { API_AUDIENCE, DASHBOARD_CLIENT, type IdentityConfig, REALM_PATH, SETTINGS } from './settings.js';
export { type Credentials, readCredentials } from './users.js';

/** What a client may take to send its head and its body (slow-loris). */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** What we give running answers when we stop; the promise is 10 s in all. */
const STOP_GRACE_MS = 3_000;
/** Sessions and users of a town are a few megabytes; compaction lets go of whole segments, so these are small. */
const SEGMENT_BYTES = 1024 * 1024;
const LOG_LIMIT_BYTES = 256 * 1024 * 1024;
/** sysexits.h, EX_SOFTWARE: the supervisor starts us again and we recover from the log. */
const EXIT_FATAL = 70;

export const start: Start<IdentityConfig> = async (config, { ports, log }) => {
  checkExposure({ ...config, prefix: 'IDENTITY' });
  const lock = await lockDirectory(config.dataFolder);
  const { clock, disk } = ports;
  const index = new OidcIndex();
  const durable = await openDurableLog({
    disk,
    clock,
    directory: join(config.dataFolder, 'log'),
    ...DOCUMENTS_LOG,
    segmentBytes: SEGMENT_BYTES,
    maxBytes: LOG_LIMIT_BYTES,
    onFatal: (error) => {
      log.error({ error }, 'The identity log can no longer be written; stopping to recover from it.');
      process.exit(EXIT_FATAL);
    },
  });
  const documents = await openDocuments({ durable, clock, watcher: index, log });
  const users = openUsers(documents);
  const keys = await openKeys(config.dataFolder);
  const secret = await clientSecret(config.dataFolder);
  if (await ensureManager(users, config.dataFolder, clock.nowMs())) {
    log.info({}, 'Made the first user, manager; the password is in manager.json of the data folder.');
  }

  const metrics = createMetrics('identity');
  const attempts = metrics.counter('identity_sign_ins_total', 'Sign-in attempts by outcome.', ['outcome']);
  const health = (): Health => ({
    state: 'ready',
    figures: { users: users.count, documents: documents.size, logBytes: durable.bytes },
  });

  let handle: RequestListener = (_request, response) => response.writeHead(503, { 'Retry-After': '1' }).end();
  const server = await listen(config, (request, response) => handle(request, response));
  const publicUrl = config.publicUrl ?? ownUrl(config, server);
  const dashboardUrl = config.gatewayUrl;
  const provider = createProvider({
    issuer: publicUrl + REALM_PATH,
    gatewayUrl: dashboardUrl,
    keys,
    clientSecret: secret,
    adapter: createAdapterFactory(documents, index, () => clock.nowMs()),
    users,
  });
  provider.on('server_error', (_context, error) => log.error({ error }, 'The provider could not answer.'));
  provider.on('authorization.error', (_context, error) =>
    log.warn({ reason: error.message }, 'An authorization request was refused.'),
  );
  provider.on('grant.error', (_context, error) => log.warn({ reason: error.message }, 'A token request was refused.'));
  provider.silent = true; // Koa would print to the console what the events above already bring to the log.

  const backOff = createBackOff(clock);
  const signInParts = { provider, users, backOff, dashboardUrl, attempts, log };
  const handler = createHandler({
    publicUrl: new URL(publicUrl),
    dashboardUrl,
    secret: config.secret,
    provider,
    signIn: (request, response) => handleSignIn(signInParts, request, response),
    health,
    metrics,
    log,
  });
  handle = (request, response) => void handler(request, response);
  log.info({ url: publicUrl }, 'Identity is ready.');

  return {
    url: publicUrl,
    health,
    async stop() {
      await close(server);
      await documents.close();
      await lock.release();
    },
  };
};

async function listen(config: IdentityConfig, listener: RequestListener): Promise<Server> {
  const timeouts = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS };
  const server: Server =
    config.tlsCert === undefined || config.tlsKey === undefined
      ? createServer(timeouts, listener)
      : createTlsServer(
          { ...timeouts, cert: await readFile(config.tlsCert), key: await readFile(config.tlsKey) },
          listener,
        );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return server;
}

function ownUrl({ host, tlsCert }: IdentityConfig, server: Server): string {
  const { port } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return `${tlsCert === undefined ? 'http' : 'https'}://${name}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearTimeout(timer);
}
