/** Which tenant a request speaks for (GS CIM 009 V1.9.1, 4.14, 6.3.14): one wall, checked in one place. */

import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../problem.js';

export const DEFAULT_TENANT = 'default';

const NAME = /^[a-z0-9_]{1,50}$/;

/** NGSILD-Tenant and its older name Fiware-Service; both may be sent, but then they agree. */
export function readTenant(headers: IncomingHttpHeaders): string {
  const tenant = readName('NGSILD-Tenant', headers['ngsild-tenant']);
  const service = readName('Fiware-Service', headers['fiware-service']);
  if (tenant !== undefined && service !== undefined && tenant !== service) {
    throw badRequest(`NGSILD-Tenant and Fiware-Service name two tenants, '${tenant}' and '${service}'`);
  }
  return tenant ?? service ?? DEFAULT_TENANT;
}

/** A header that came twice arrives joined by a comma, and is no name. */
function readName(header: string, value: string | string[] | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || !NAME.test(value)) throw badRequest(`${header} must match ${NAME.source}`);
  return value;
}
