/**
 * Where requests may be forwarded to: http(s), and only hosts the operator allowed. The list is of names: whoever answers
 * for the DNS of an allowed name decides where it leads, and a name that is not on it leads nowhere, whatever it resolves to.
 */

import { badRequest } from '../problem.js';

/** Checks the endpoint of a source; the answer is the root of its API, without a slash at the end. */
export type SourceCheck = (endpoint: string) => string;

const API = '/ngsi-ld/v1';
const MAX_ENDPOINT = 2_048;

export function allowSources(hosts: readonly string[]): SourceCheck {
  const allowed = new Set(hosts.map(bare));
  return (endpoint) => {
    const url = parseUrl(endpoint);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw badRequest('endpoint must be an http or https URL (5.2.9)');
    if (url.username !== '' || url.password !== '')
      throw badRequest('endpoint must not carry credentials; use contextSourceInfo');
    if (url.search !== '' || url.hash !== '' || endpoint.includes('?') || endpoint.includes('#'))
      throw badRequest('endpoint must not carry a query or a fragment: paths of the API are put behind it');
    if (!allowed.has(bare(url.hostname))) {
      throw badRequest(
        `endpoint: forwarding to '${url.hostname}' is not allowed here; allowed hosts are ${[...allowed].join(', ')} (BROKER_FORWARD_HOSTS)`,
      );
    }
    const path = url.pathname.replace(/\/+$/, '');
    return url.origin + (path.endsWith(API) ? path : path + API);
  };
}

function parseUrl(endpoint: string): URL {
  if (endpoint.length > MAX_ENDPOINT || !URL.canParse(endpoint)) throw badRequest('endpoint is not a URL');
  return new URL(endpoint);
}

/** The WHATWG form without brackets; a final dot would be the same host under another name, so it stays another name. */
function bare(host: string): string {
  return host.toLowerCase().replace(/^\[|\]$/g, '');
}
