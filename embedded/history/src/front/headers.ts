/** Headers of every request: the tenant (NGSI-LD and NGSI v2 spelling alike), the time index asked for, the correlator. */

import type { IncomingHttpHeaders } from 'node:http';
import { type Checked, fault, value } from '../fault.js';
import { normalPath } from '../store/paths.js';

/** Inside, the tenant without a header has a name. */
export const DEFAULT_TENANT = 'default';

const TENANT = /^[a-z0-9_]{1,50}$/;
const MAX_HEADER_LENGTH = 1_024;

const TENANT_HEADERS = ['ngsild-tenant', 'fiware-service'] as const;

/** `ignored`: a header that is as if it were not there. */
export function tenantOf(headers: IncomingHttpHeaders, ignored?: (typeof TENANT_HEADERS)[number]): Checked<string> {
  const spelled = TENANT_HEADERS.map((name) =>
    name === ignored ? undefined : single(headers[name])?.toLowerCase() || undefined,
  );
  const [ngsiLd, fiware] = spelled;
  if (ngsiLd !== undefined && fiware !== undefined && ngsiLd !== fiware) {
    return fault(
      400,
      'Bad Request',
      `NGSILD-Tenant (${ngsiLd}) and Fiware-Service (${fiware}) name different tenants.`,
    );
  }
  const tenant = ngsiLd ?? fiware ?? DEFAULT_TENANT;
  return TENANT.test(tenant)
    ? value(tenant)
    : fault(400, 'Bad Request', 'A tenant is named by 1 to 50 of the characters a-z, 0-9 and _.');
}

/** Bounds on a list of paths: one for each entity of a notification, at most. */
const MAX_PATHS = 20_000;
const MAX_PATH_LENGTH = 1_024;

/** undefined: none was sent. A path that is none is refused as QuantumLeap does. */
export function servicePathsOf(headers: IncomingHttpHeaders): Checked<readonly string[] | undefined> {
  const header = single(headers['fiware-servicepath']);
  if (header === undefined || header === '') {
    return value(undefined);
  }
  const paths = header.split(',').map((path) => path.trim());
  return paths.length <= MAX_PATHS && paths.every((path) => path.startsWith('/') && path.length <= MAX_PATH_LENGTH)
    ? value(paths.map(normalPath))
    : fault(400, 'Bad Request', 'Fiware-ServicePath must begin with a slash.');
}

export function timeIndexAttributeOf(headers: IncomingHttpHeaders): string | undefined {
  const name = single(headers['fiware-timeindex-attribute']);
  return name === undefined || name === '' || name.length > MAX_HEADER_LENGTH ? undefined : name;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
