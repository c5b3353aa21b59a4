/** The broker: an NGSI-LD context broker in one process and one data folder. This page wires its rooms, starts and stops them. */

import { readFile } from 'node:fs/promises';
import {
  checkExposure,
  createMetrics,
  type Health,
  lockDirectory,
  openKeyring,
  openServerCertificate,
  type Start,
  toHex,
  withCertificate,
} from '@contor/kit';
import { CONTEXT_URL, contextDocument } from '@contor/orion-config';
import { CORE_URL } from './context/core.js';
import { createContextFetcher, fetchableFrom } from './context/fetch.js';
import { createContexts, openBrokerCore } from './core.js';
import { type Broker, jsonAnswer } from './front/call.js';
import { gatherDelivery } from './front/delivery-metrics.js';
import { ROUTES } from './front/routes.js';
import { createFront } from './front/server.js';
import type { Json } from './json.js';
import { allowSources } from './registration/endpoint.js';
import { createSourceClient } from './registration/source-client.js';
import { Sources } from './registration/sources.js';
import { aliasOf } from './registration/via.js';
import type { BrokerConfig } from './settings.js';
import { strictDelivery, strictRoutes } from './strict/strict.js';
import { createDelivery } from './subscription/delivery.js';
import { allowHosts } from './subscription/endpoint.js';
import { createPayloadWriter } from './subscription/payload.js';
import { openHistory } from './temporal/history.js';

export { type BrokerCore, openBrokerCore } from './core.js';
export { type BrokerConfig, SETTINGS } from './settings.js';

/** A disk that failed cannot be trusted further: exit, and recover from what is on it (sysexits: EX_OSERR would be 71, I/O is 74; the platform agreed on 70). */
const EXIT_FATAL = 70;
const VERSION = '0.1.0';

export const start: Start<BrokerConfig> = async (config, { ports, log }) => {
  const { host, port, dataFolder, tlsCert, tlsKey, secret } = config;
  checkExposure({ host, tlsCert, tlsKey, secret, prefix: 'BROKER' });
  const certificate = await openServerCertificate(config, { clock: ports.clock, log, prefix: 'BROKER' });
  const keyring = await openKeyring({ ...config, folder: dataFolder });
  const lock = await lockDirectory(dataFolder);
  const onFatal = (error: Error): void => {
    log.error({ err: error }, 'The disk failed; the broker stops and will recover from what is on it.');
    process.exit(EXIT_FATAL);
  };
  const { clock, disk, random } = ports;
  const isStrict = config.as === 'orion-ld';
  const contexts = createContexts(
    new Map(isStrict ? [] : [[CONTEXT_URL, contextDocument() as unknown as Json]]),
    config.context === 'contor' && !isStrict ? CONTEXT_URL : CORE_URL,
    fetchableFrom(config.contextHosts),
  );
  const checkHost = allowHosts(config.notifyHosts);
  const checkSource = allowSources(config.forwardHosts);
  const client = createSourceClient(config.forwardHosts);
  const alias = aliasOf(config.alias, random);
  const sources = new Sources({ clock, contexts, client, checkSource, alias });
  const { deliver, close: closeDelivery } = createDelivery({
    write: createPayloadWriter(contexts),
    checkHost,
    hosts: config.notifyHosts,
    timeoutMs: config.notifyTimeoutMs,
    ca: config.notifyCa === undefined ? undefined : await readFile(config.notifyCa),
    monotonicMs: () => clock.monotonicMs(),
    newClientId: () => `contor-broker-${toHex(random.bytes(6))}`,
  });
  const history = config.historyUrl === undefined ? undefined : openHistory({ url: config.historyUrl, secret });
  try {
    const { maxLogBytes, snapshotBytes, maxOutboxBytes, maxOutboxesBytes, maxDeadLetterBytes } = config;
    const limits = { maxLogBytes, snapshotBytes, maxOutboxBytes, maxOutboxesBytes, maxDeadLetterBytes };
    const { store, office, letters, room } = await openBrokerCore({
      clock,
      disk,
      random,
      log,
      dataFolder,
      keyring,
      contexts,
      deliver: isStrict ? strictDelivery(deliver) : deliver,
      onFatal,
      ...limits,
    });
    const broker: Broker = {
      store,
      office,
      letters,
      room,
      contexts,
      clock,
      random,
      checkHost,
      isGuarded: secret !== undefined,
      checkSource,
      sources,
      maxBatch: config.maxBatch,
      fetchContext: createContextFetcher(config.contextHosts),
      history,
      scheme: tlsCert === undefined ? 'http' : 'https',
    };
    const metrics = createMetrics('broker');
    let isStopping = false;
    const health = (): Health => withCertificate(healthOf(broker, isStopping), certificate);
    const front = createFront({
      broker,
      routes: isStrict ? strictRoutes(ROUTES) : ROUTES,
      log,
      metrics,
      maxBodyBytes: config.maxBodyBytes,
      secret,
      tls: certificate?.options,
      service: {
        '/version': () => jsonAnswer(200, { 'contor broker version': VERSION, version: VERSION, 'ngsi-ld': '1.9.1' }),
        '/ngsi-ld/ex/v1/version': () =>
          jsonAnswer(200, { 'contor broker version': VERSION, version: VERSION, 'ngsi-ld': '1.9.1' }),
        '/health': () => {
          const now = health();
          return jsonAnswer(now.state === 'stopping' ? 503 : 200, now);
        },
        '/metrics': async () => {
          for (const [name, figure] of Object.entries(health().figures))
            metrics.gauge(`broker_${snake(name)}`, `Figure '${name}' of /health.`).set(figure);
          gatherDelivery(metrics, broker);
          return { status: 200, headers: { 'Content-Type': metrics.contentType }, body: await metrics.text() };
        },
      },
    });
    const url = await front.listen({ host, port });
    certificate?.follow(front.server);
    office.start();
    log.info({ url }, 'The broker is listening.');
    return {
      url,
      health,
      async stop() {
        isStopping = true;
        certificate?.close();
        await front.close();
        await office.stop();
        closeDelivery();
        history?.close();
        client.close();
        await store.close();
        room.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

function healthOf({ store, office, room }: Broker, isStopping: boolean): Health {
  let entities = 0;
  for (const tenant of store.memory.tenants.values()) entities += tenant.size;
  const figures = { entities, tenants: store.memory.tenants.size, ...store.figures, ...office.figures };
  if (isStopping) return { state: 'stopping', reason: 'the broker is stopping', figures };
  if (room.isFull)
    return { state: 'degraded', reason: 'the disk is full: writes are refused until there is room', figures };
  if (store.figures.damagedRanges > 0)
    return { state: 'degraded', reason: 'a damaged range of the log was set aside', figures };
  if (figures.failingSubscriptions > 0)
    return { state: 'degraded', reason: 'a subscriber does not accept its notifications', figures };
  return { state: 'ready', figures };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
