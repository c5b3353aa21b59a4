/** An MQTT 3.1.1 broker whose PUBACK means "on disk". Reads from top to bottom: lock, log, credentials, broker, door. */

import type { Socket } from 'node:net';
import { join } from 'node:path';
import {
  checkExposure,
  type Health,
  lockDirectory,
  openServerCertificate,
  type Running,
  type Start,
  withCertificate,
} from '@contor/kit';
import { Broker } from './broker.js';
import { Gatekeeper } from './gatekeeper.js';
import { openHealthServer } from './health-server.js';
import { type MqttListener, openListener } from './listener.js';
import { logReport } from './log-report.js';
import { Room } from './room.js';
import type { MqttConfig } from './settings.js';
import { Store } from './store.js';

export { AGENT_RULES, DEVICE_RULES, type TopicRules } from './access.js';
export { addCredential, addCredentials, listCredentials, type NewCredential, removeCredential } from './credentials.js';
export { type MqttConfig, SETTINGS } from './settings.js';

/** sysexits.h EX_SOFTWARE: a write or fsync failed, and only a recovery from the log knows what is true. */
const EXIT_DISK = 70;

export interface MqttRunning extends Running {
  readonly url: string;
  readonly port: number;
  readonly healthPort: number | undefined;
}

export const start = (async (config, { ports, log }): Promise<MqttRunning> => {
  const { host, tlsCert, tlsKey, secret, dataFolder } = config;
  checkExposure({ host, tlsCert, tlsKey, secret, prefix: 'MQTT' });
  const certificate = await openServerCertificate(config, { clock: ports.clock, log, prefix: 'MQTT' });
  const lock = await lockDirectory(dataFolder);
  const undo: (() => Promise<unknown>)[] = [() => lock.release(), async () => certificate?.close()];
  const stop = async (): Promise<void> => {
    while (undo.length > 0) await undo.pop()?.();
  };
  try {
    const directory = join(dataFolder, 'log');
    const store = await Store.open({
      ...config,
      disk: ports.disk,
      clock: ports.clock,
      directory,
      room: new Room({ clock: ports.clock, log, directory }),
      onFatal: (error) => {
        log.error({ error }, 'The disk failed; the broker exits and recovers from its log when it is started again.');
        process.exit(EXIT_DISK);
      },
    });
    undo.push(() => store.close());
    logReport(log, directory, store.ledger.log.report);

    const links: { broker?: Broker; listener?: MqttListener } = {};
    const gatekeeper = await Gatekeeper.open({
      dataFolder,
      clock: ports.clock,
      log,
      onChanged: (usernames) => links.broker?.credentialsChanged(usernames),
    });
    undo.push(async () => gatekeeper.stop());
    const broker = new Broker({
      store,
      gatekeeper,
      clock: ports.clock,
      log,
      onWrongPassword: (client) => links.listener?.chargeWrongPassword((client.conn as Socket).remoteAddress),
    });
    links.broker = broker;
    await broker.listen();
    undo.push(() => broker.stop());
    const listener = await openListener({
      ...config,
      certificate,
      clock: ports.clock,
      log,
      accept: (socket) => void broker.aedes.handle(socket),
    });
    links.listener = listener;
    undo.push(() => listener.close());
    const health = (): Health => withCertificate(healthOf(store, broker, listener, gatekeeper), certificate);
    const healthServer = config.healthPort === 0 ? undefined : await openHealthServer(config.healthPort, health);
    if (healthServer !== undefined) undo.push(() => healthServer.close());

    const url = `${certificate ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
    log.info(
      // Not `credentials`: the log redacts what has the name of a secret.
      { url, known: gatekeeper.size, sessions: store.sessions.size, queued: store.messages.size },
      'MQTT is ready.',
    );
    return { url, port: listener.port, healthPort: healthServer?.port, health, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}) satisfies Start<MqttConfig>;

function healthOf(store: Store, broker: Broker, listener: MqttListener, gatekeeper: Gatekeeper): Health {
  const waitingPublishers = store.waitingPublishers;
  const figures = {
    connections: broker.connections,
    sockets: listener.open,
    refusedSockets: listener.refused,
    credentials: gatekeeper.size,
    sessions: store.sessions.size,
    queuedMessages: store.messages.size,
    queuedBytes: store.budget.used,
    heldMessages: store.held.queued,
    retainedMessages: store.keepsakes.retained.size,
    waitingPublishers,
    logBytes: store.ledger.log.bytes,
    ...store.counts,
    ...broker.counts,
  };
  if (waitingPublishers === 0) return { state: 'ready', figures };
  return {
    state: 'degraded',
    reason: 'Publishers wait for room: a subscriber is behind, or the disk is full.',
    figures,
  };
}
