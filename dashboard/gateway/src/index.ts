/**
 * The gateway: the one door for browsers. Start here: it opens what is stored, finds the OpenID provider, follows the
 * broker, and puts sign-in, policy, relay, stream and app behind one address.
 */

import type { RequestListener, Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkExposure, createMetrics, type Health, lockDirectory, openCheckpoint, type Start } from '@contor/kit';
import { CONTEXT_URL } from '@contor/orion-config';
import { serveApp } from './app/routes.js';
import { correlationOf, createApp } from './app.js';
import { contextLink, createLiveBroker } from './live/broker.js';
import { startLiveFeed } from './live/feed.js';
import { NOTIFY_HEADER } from './live/routes.js';
import { LIVE_TYPES, LiveState } from './live/state.js';
import { createStreamHub } from './live/stream.js';
import { createOidcClient } from './oidc/client.js';
import { openSecrets } from './secrets.js';
import { close, listen, urlOf } from './server.js';
import { createAccess } from './sessions/access.js';
import { createCookieJar } from './sessions/cookies.js';
import { openSessions } from './sessions/store.js';
import type { GatewayConfig } from './settings.js';
import { NGSI_LD_PARAMETERS, QUANTUMLEAP_PARAMETERS } from './upstream/allow-list.js';
import { createRelay } from './upstream/relay.js';

export { type GatewayConfig, SETTINGS } from './settings.js';

const SUBSCRIPTION_ID = 'urn:ngsi-ld:Subscription:contor-gateway-live';
const DEFAULT_TENANT = 'default';
const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

export const start: Start<GatewayConfig> = async (config, { ports, log }) => {
  checkExposure({ ...config, prefix: 'GATEWAY' });
  const { clock, disk, random } = ports;
  const lock = await lockDirectory(config.dataFolder);
  const checkpoint = (name: string) => openCheckpoint({ disk, path: join(config.dataFolder, name) });
  const secrets = await openSecrets(checkpoint('secrets'));
  const store = await openSessions(checkpoint('sessions'), clock);

  // Listens first: with port 0 only then is our own address known, which the provider and the broker are told.
  let handle: RequestListener = (_request, response) => response.writeHead(503, { 'Retry-After': '1' }).end();
  const server = await listen(config, (request, response) => handle(request, response));
  const ownUrl = urlOf(server, config);
  const publicUrl = config.publicUrl ?? ownUrl;

  const { issuer, clientId, clientSecret, audience } = config;
  const oidc = createOidcClient({
    settings: { issuer, clientId, clientSecret, audience, publicUrl },
    clock,
    random,
    log,
  });
  const cookies = createCookieJar(publicUrl.startsWith('https:'));
  const access = createAccess({ store, oidc, cookies, clock, log });

  const state = new LiveState(clock.nowMs());
  const hub = createStreamHub({ state, clock, version });
  store.onRemoved((key) => hub.closeSession(key));
  const serviceHeaders = headersFor(config);
  const feed = startLiveFeed({
    broker: createLiveBroker({ url: config.brokerUrl, headers: serviceHeaders, contextUrl: CONTEXT_URL }),
    state,
    subscription: {
      id: SUBSCRIPTION_ID,
      types: LIVE_TYPES,
      endpoint: `${config.notifyUrl ?? localUrl(config, server)}/notify/live`,
      headers: { [NOTIFY_HEADER]: secrets.notify },
    },
    clock,
    random,
    log,
  });

  const metrics = createMetrics('gateway');
  const health = (): Health => {
    const missing = [oidc.isReady ? [] : ['the sign-in server'], feed.isTrue ? [] : ['the broker']].flat();
    const figures = {
      sessions: store.size,
      streams: hub.clients,
      entities: state.size,
      entitiesDropped: state.dropped,
    };
    return missing.length === 0
      ? { state: 'ready', figures }
      : { state: 'degraded', reason: `Not reachable: ${missing.join(' and ')}.`, figures };
  };
  const relayParts = { correlationOf, log } as const;
  const broker = createRelay({
    ...relayParts,
    prefix: '/api',
    target: new URL(config.brokerUrl),
    rules: NGSI_LD_PARAMETERS,
    headers: { ...serviceHeaders, link: contextLink(CONTEXT_URL) },
    unreachable: 'broker.unreachable',
  });
  const history = createRelay({
    ...relayParts,
    prefix: '/api/quantumleap',
    target: new URL(config.historyUrl),
    rules: QUANTUMLEAP_PARAMETERS,
    headers: serviceHeaders,
    unreachable: 'history.unreachable',
  });

  handle = createApp({
    auth: {
      oidc,
      access,
      cookies,
      cookieSecret: secrets.cookie,
      publicUrl: new URL(publicUrl),
      nowMs: () => clock.nowMs(),
      log,
    },
    state,
    hub,
    broker,
    history,
    serveApp: serveApp(config.appFolder, clock),
    notifySecret: secrets.notify,
    platformSecret: config.secret,
    health,
    metrics,
    log,
  });
  log.info({ url: publicUrl }, 'The gateway is ready.');

  return {
    url: publicUrl,
    health,
    async stop() {
      feed.stop();
      oidc.stop();
      hub.close();
      await close(server);
      broker.close();
      history.close();
      await store.close();
      await lock.release();
    },
  };
};

/** A server on every address is reached on loopback by the broker of the same machine. */
function localUrl(config: GatewayConfig, server: Server): string {
  const isEverywhere = config.host === '0.0.0.0' || config.host === '::';
  return urlOf(server, isEverywhere ? { ...config, host: '127.0.0.1' } : config);
}

/** What broker and history want to see from a service: the secret, and the tenant, which has no header when default. */
function headersFor({ tenant, secret }: GatewayConfig): Readonly<Record<string, string>> {
  return {
    ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
    ...(tenant === DEFAULT_TENANT ? {} : { 'ngsild-tenant': tenant, 'fiware-service': tenant }),
  };
}
