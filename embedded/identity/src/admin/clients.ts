/**
 * Clients of partners, as Keycloak's Admin REST API shows and changes them (ClientRepresentation). The dashboard's own client comes
 * from a file and is not among them.
 */

import { newSecret, type PartnerClient } from '../clients.js';
import { type Answer, booleanOf, fieldsOf, given, NO_CONTENT, needText, pageOf, Refusal, textOf } from './answer.js';
import type { AdminCall, AdminParts } from './routes.js';

const CLIENT_ID = /^[a-z0-9][a-z0-9._-]{2,63}$/;
/** Names that mean something else: our own, Keycloak's built-in ones and those of its service accounts. */
const RESERVED = /^(contor-.*|account.*|admin-cli|broker|realm-management|security-admin-console|service-account-.*)$/;
const SECRET_LEAST = 32;

export function listClients({ clients }: AdminParts, { query }: AdminCall): Answer {
  const wish = query.get('clientId');
  const found = clients.all().filter(({ clientId }) => wish === null || clientId === wish);
  return { status: 200, body: pageOf(found, query).map(represent) };
}

export function showClient(parts: AdminParts, call: AdminCall): Answer {
  return { status: 200, body: represent(clientOf(parts, call)) };
}

export async function makeClient(parts: AdminParts, { body, url }: AdminCall): Promise<Answer> {
  const fields = fieldsOf(body);
  const clientId = needText(fields, 'clientId');
  if (!CLIENT_ID.test(clientId) || RESERVED.test(clientId)) throw new Refusal(400, 'This clientId cannot be used.');
  const isMachine = booleanOf(fields, 'serviceAccountsEnabled') ?? true;
  const isOther =
    booleanOf(fields, 'publicClient') === true ||
    booleanOf(fields, 'standardFlowEnabled') === true ||
    booleanOf(fields, 'directAccessGrantsEnabled') === true;
  if (!isMachine || isOther) throw new Refusal(400, 'Only confidential clients with a service account can be made.');
  const secret = textOf(fields, 'secret');
  if (secret !== undefined && secret.length < SECRET_LEAST) {
    throw new Refusal(400, `A secret has at least ${SECRET_LEAST} characters; better leave it out and have one made.`);
  }
  const name = textOf(fields, 'name') ?? clientId;
  const facts = { clientId, name, isEnabled: booleanOf(fields, 'enabled') ?? true };
  const made = await parts.clients.add(facts, secret ?? newSecret(), parts.nowMs());
  if (made === 'taken') throw new Refusal(409, `Client ${clientId} already exists`);
  if (made === 'full') throw new Refusal(507, 'There is no room for more clients.');
  return { status: 201, location: `${url}/${made.id}` };
}

export async function changeClient(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const { id } = clientOf(parts, call);
  const fields = fieldsOf(call.body);
  const changes = { ...given('name', textOf(fields, 'name')), ...given('isEnabled', booleanOf(fields, 'enabled')) };
  await parts.clients.change(id, changes);
  return NO_CONTENT;
}

export async function removeClient(parts: AdminParts, call: AdminCall): Promise<Answer> {
  await parts.clients.remove(clientOf(parts, call).id);
  return NO_CONTENT;
}

/** The only time a secret is told. Keycloak's `GET` of the same path has nothing to say here: a hash is all we keep. */
export async function renewSecret(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const value = await parts.clients.renewSecret(clientOf(parts, call).id);
  if (value === undefined) throw new Refusal(404, 'Could not find client');
  return { status: 200, body: { type: 'secret', value } };
}

function clientOf({ clients }: AdminParts, { names }: AdminCall): PartnerClient {
  const client = clients.byId(names.client ?? '');
  if (client === undefined) throw new Refusal(404, 'Could not find client');
  return client;
}

function represent({ id, clientId, name, isEnabled }: PartnerClient): object {
  return {
    ...{ id, clientId, name, enabled: isEnabled, protocol: 'openid-connect' },
    ...{ publicClient: false, serviceAccountsEnabled: true, standardFlowEnabled: false },
    ...{ directAccessGrantsEnabled: false, clientAuthenticatorType: 'client-secret' },
  };
}
