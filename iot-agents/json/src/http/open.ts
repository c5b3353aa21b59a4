/** The HTTP side, put together: credentials, door, listener. Opened where a port is configured, and only there. */

import { certificateOf, closeHttp, type Environment, listenHttp, type ServerCertificate, urlOf } from '@contor/kit';
import type { Take } from '../outages.js';
import type { AgentJsonConfig } from '../settings.js';
import { openHttpCredentials } from './credentials.js';
import { type HttpCommands, type HttpFigures, openHttpDoor } from './door.js';

export interface HttpSide {
  readonly url: string;
  readonly figures: HttpFigures;
  readonly certificate: ServerCertificate | undefined;
  stop(): Promise<void>;
}

/** Connections of meters; each costs some kilobytes. */
const MOST_CONNECTIONS = 20_000;
/** A device that reports every ten seconds keeps its connection, and with it one handshake. */
const KEEP_ALIVE_MS = 65_000;
/** What a device that was away may bring at once. */
const BURST_S = 10;

export async function openHttpSide(
  config: AgentJsonConfig & { readonly httpPort: number },
  { take, commanding }: { readonly take: Take; readonly commanding: HttpCommands },
  { ports, log }: Environment,
  onFatal: (error: Error) => void,
): Promise<HttpSide> {
  const { dataFolder, httpHost: host, httpPort: port, httpTlsCert: tlsCert, httpTlsKey: tlsKey, httpRate } = config;
  const credentials = await openHttpCredentials(dataFolder, { ...ports, log });
  const { listener, figures } = openHttpDoor({
    ...{ credentials, clock: ports.clock, onFatal, take, commanding },
    rate: { perSecond: httpRate, burst: httpRate * BURST_S },
  });
  const limits = { keepAliveTimeout: KEEP_ALIVE_MS };
  const server = await listenHttp(
    { ...{ host, port, tlsCert, tlsKey, log, limits }, setting: 'AGENT_JSON_HTTP_PORT' },
    listener,
  );
  server.maxConnections = MOST_CONNECTIONS;
  return {
    url: urlOf(server, { host }),
    figures,
    certificate: certificateOf(server),
    async stop() {
      credentials.close();
      await closeHttp(server);
    },
  };
}
