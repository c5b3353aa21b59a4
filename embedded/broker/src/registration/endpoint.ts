/**
 * Where requests may be forwarded to: http(s), and only hosts the operator allowed. A name that
 * is not on the list leads nowhere, whatever it resolves to; where a listed one may lead is looked at when it is called.
 */

import { listHosts } from '@contor/kit';
import { badRequest } from '../problem.js';

/** Checks the endpoint of a source; the answer is the root of its API, without a slash at the end. */
export type SourceCheck = (endpoint: string) => string;

const API = '/ngsi-ld/v1';
const MAX_ENDPOINT = 2_048;

export function allowSources(hosts: readonly string[]): SourceCheck {
  const allowed = listHosts(hosts);
  return (endpoint) => {
    const url = parseUrl(endpoint);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw badRequest('endpoint must be an http or https URL (5.2.9)');
    if (url.username !== '' || url.password !== '')
      throw badRequest('endpoint must not carry credentials; use contextSourceInfo');
    if (url.search !== '' || url.hash !== '' || endpoint.includes('?') || endpoint.includes('#'))
      throw badRequest('endpoint must not carry a query or a fragment: paths of the API are put behind it');
    if (!allowed.has(url.hostname)) {
      throw badRequest(
        `endpoint: forwarding to '${url.hostname}' is not allowed here; allowed hosts are ${hosts.join(', ')} (BROKER_FORWARD_HOSTS)`,
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
