/** Headers of every request: the tenant (NGSI-LD and NGSI v2 spelling alike), the time index asked for, the correlator. */

import type { IncomingHttpHeaders } from 'node:http';
import { type Checked, fault, value } from '../fault.js';

/** Inside, the tenant without a header has a name. */
export const DEFAULT_TENANT = 'default';

const TENANT = /^[a-z0-9_]{1,50}$/;
const MAX_HEADER_LENGTH = 1_024;

export function tenantOf(headers: IncomingHttpHeaders): Checked<string> {
  const spelled = ['ngsild-tenant', 'fiware-service'].map((name) => single(headers[name])?.toLowerCase() || undefined);
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

/** Accepted on every request; our tenants are not divided by paths. A path that is none is refused as QuantumLeap does. */
export function servicePathFault(headers: IncomingHttpHeaders) {
  const path = single(headers['fiware-servicepath']);
  const isPath = path === undefined || path === '' || path.split(',').every((part) => part.trim().startsWith('/'));
  return isPath ? undefined : fault(400, 'Bad Request', 'Fiware-ServicePath must begin with a slash.');
}

export function timeIndexAttributeOf(headers: IncomingHttpHeaders): string | undefined {
  const name = single(headers['fiware-timeindex-attribute']);
  return name === undefined || name === '' || name.length > MAX_HEADER_LENGTH ? undefined : name;
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
