/** What tests of forwarding have in common: a broker, two sources, a device that lies partly there. */

import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { CORE, property } from './cases.js';
import { type Instance, openInstance, type Reply } from './instance.js';
import { ContextSource } from './source.js';

export const DEVICE = 'urn:ngsi-ld:Gadget:1';
export const PATH = `/entities/${DEVICE}`;
export const BASE = '/ngsi-ld/v1';

export let broker: Instance;
export let source: ContextSource;
export let other: ContextSource;
export let tenant: Record<string, string>;
let tenants = 0;

/** Hooks: one broker and two sources for a file, a tenant of its own for each test. */
export function openScene(): void {
  beforeAll(async () => {
    broker = await openInstance({ BROKER_ALIAS: 'contor-test' });
    [source, other] = await Promise.all([ContextSource.listen(), ContextSource.listen()]);
  });
  afterAll(() => Promise.all([broker.stop(), source.close(), other.close()]));
  beforeEach(() => {
    tenants += 1;
    tenant = { 'NGSILD-Tenant': `forward_${Date.now().toString(36)}_${tenants}` };
    source.forget();
    other.forget();
  });
}

export const send = (method: string, path: string, body?: unknown, headers: object = {}): Promise<Reply> =>
  broker.send(method, BASE + path, body, { ...tenant, ...headers });

export async function given(method: string, path: string, body: unknown, headers: object = {}): Promise<void> {
  const { status, text } = await send(method, path, body, headers);
  if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text}`);
}

export const register = (more: object = {}, at: ContextSource = source, headers: object = {}): Promise<void> =>
  given(
    'POST',
    '/csourceRegistrations',
    {
      id: `urn:ngsi-ld:ContextSourceRegistration:${at.port}`,
      type: 'ContextSourceRegistration',
      mode: 'exclusive',
      operations: ['updateOps', 'retrieveOps', 'mergeEntity', 'appendAttrs', 'deleteAttrs'],
      information: [{ entities: [{ id: DEVICE, type: 'Gadget' }], propertyNames: ['switch', 'level'] }],
      endpoint: at.endpoint,
      contextSourceInfo: [{ key: 'jsonldContext', value: CORE }],
      ...more,
    },
    headers,
  );
export const aboutType = (mode: string, operations: string[] = ['redirectionOps']): object => ({
  ...{ mode, operations, information: [{ entities: [{ type: 'Gadget' }] }] },
});
export const device = (attributes: object = { label: property('north') }): object => ({
  id: DEVICE,
  type: 'Gadget',
  ...attributes,
});
export const create = (attributes?: object): Promise<void> => given('POST', '/entities', device(attributes));
export const simplified = async (): Promise<unknown> =>
  (await send('GET', `${PATH}?format=simplified&local=true`)).json;
export const ON = { switch: property('on') };
