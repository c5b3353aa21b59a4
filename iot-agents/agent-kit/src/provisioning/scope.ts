/** Whose devices a request speaks of: FIWARE's service and service path, or NGSI-LD's tenant (GS CIM 009 V1.9.1, 6.3.14) and path. */

import { type Checked, faultOf, good } from './answers.js';

export interface Scope {
  readonly tenant: string;
  /** `/*` is every path of the tenant, for listings. */
  readonly servicePath: string;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const TENANT = /^[a-z0-9_]{1,50}$/;
/** Orion: ten levels of fifty characters each. */
const SERVICE_PATH = /^\/(?:[A-Za-z0-9_]{1,50}(?:\/[A-Za-z0-9_]{1,50}){0,9})?$/;

export function scopeOf(headers: Headers): Checked<Scope> {
  const service = oneOf(headers, 'fiware-service')?.toLowerCase();
  const tenant = oneOf(headers, 'ngsild-tenant')?.toLowerCase();
  if (service !== undefined && tenant !== undefined && service !== tenant)
    return faultOf('BAD_REQUEST', 'Fiware-Service and NGSILD-Tenant name different tenants.');
  // Who speaks NGSI-LD knows no service path and need not send one.
  const servicePath = oneOf(headers, 'fiware-servicepath') ?? (service === undefined ? pathOf(headers) : undefined);
  const name = service ?? tenant;
  if (name === undefined || servicePath === undefined) {
    const missing = [...(name === undefined ? ['fiware-service'] : []), 'fiware-servicepath'];
    return faultOf('MISSING_HEADERS', `Some headers were missing from the request: ${JSON.stringify(missing)}`);
  }
  if (!TENANT.test(name))
    return faultOf('BAD_REQUEST', 'A service is 1 to 50 lower-case letters, digits and underscores.');
  if (servicePath !== '/*' && !SERVICE_PATH.test(servicePath))
    return faultOf('BAD_REQUEST', 'A service path is at most ten levels of letters, digits and underscores.');
  return good({ tenant: name, servicePath });
}

export function isWithin(scope: Scope, of: { readonly tenant: string; readonly servicePath?: string | undefined }) {
  return of.tenant === scope.tenant && (scope.servicePath === '/*' || (of.servicePath ?? '/') === scope.servicePath);
}

function pathOf(headers: Headers): string | undefined {
  return oneOf(headers, 'ngsild-tenant') === undefined ? undefined : (oneOf(headers, 'ngsild-path') ?? '/');
}

function oneOf(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
