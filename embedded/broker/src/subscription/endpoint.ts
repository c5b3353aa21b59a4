/** Where a notification may go: http(s), and only to hosts the operator allowed. Nobody's URL turns this broker into a proxy. */

import { badRequest, notBuilt } from '../problem.js';

export type HostCheck = (uri: string) => URL;

/** Checks an endpoint (5.2.15); throws a Problem that says which hosts are allowed. */
export function allowHosts(hosts: readonly string[]): HostCheck {
  const allowed = new Set(hosts.map((host) => bare(host)));
  return (uri) => {
    const url = parseUrl(uri);
    if (url.protocol === 'mqtt:' || url.protocol === 'mqtts:') throw notBuilt('an MQTT endpoint');
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw badRequest('endpoint.uri must be an http or https URL');
    if (url.username !== '' || url.password !== '')
      throw badRequest('endpoint.uri must not carry credentials; use receiverInfo');
    if (!allowed.has(bare(url.hostname))) {
      throw badRequest(
        `endpoint.uri: notifications to '${url.hostname}' are not allowed here; allowed hosts are ${[...allowed].join(', ')} (BROKER_NOTIFY_HOSTS)`,
      );
    }
    return url;
  };
}

function parseUrl(uri: string): URL {
  try {
    return new URL(uri);
  } catch (error) {
    throw error instanceof TypeError ? badRequest('endpoint.uri is not a URL') : error;
  }
}

/** The WHATWG form without brackets; a final dot would be the same host under another name, so it stays another name. */
function bare(host: string): string {
  return host.toLowerCase().replace(/^\[|\]$/g, '');
}
