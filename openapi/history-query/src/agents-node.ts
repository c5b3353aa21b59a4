/** Connections that stay open between requests, in Node. The package's `imports` put agents-browser.ts in its place for browsers. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** Enough to keep a server busy, few enough that its accept queue never overflows. */
const MAX_SOCKETS = 64;

export interface Agents {
  /** What axios wants to know; nothing in a browser, which keeps its own connections. */
  readonly options: { readonly httpAgent?: unknown; readonly httpsAgent?: unknown };
  close(): void;
}

export function openAgents(): Agents {
  const httpAgent = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  const httpsAgent = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS });
  return {
    options: { httpAgent, httpsAgent },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}
