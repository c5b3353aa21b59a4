/** Clients of the exported realm: the dashboard with its secret, partners without theirs, because a hash is all we have of it. */

import { ADMIN_RIGHTS } from '../admin/token.js';
import type { PartnerClient } from '../clients.js';
import { ADMIN_AUDIENCE, API_SCOPE, DASHBOARD_CLIENT } from '../settings.js';
import { MACHINE_SCOPES, PERSON_SCOPES } from './scopes.js';

const CONFIDENTIAL = {
  ...{ protocol: 'openid-connect', publicClient: false, clientAuthenticatorType: 'client-secret' },
  ...{ implicitFlowEnabled: false, directAccessGrantsEnabled: false, serviceAccountsEnabled: true },
  ...{ consentRequired: false, webOrigins: [], fullScopeAllowed: true },
} as const;

export interface DashboardFacts {
  readonly gatewayUrl: string;
  readonly secret: string;
}

export function dashboardClient({ gatewayUrl, secret }: DashboardFacts): object {
  return {
    ...CONFIDENTIAL,
    ...{ clientId: DASHBOARD_CLIENT, name: 'Contor', enabled: true, secret, standardFlowEnabled: true },
    ...{ rootUrl: gatewayUrl, baseUrl: '/', redirectUris: [`${gatewayUrl}/auth/callback`] },
    attributes: {
      'pkce.code.challenge.method': 'S256',
      'post.logout.redirect.uris': `${gatewayUrl}/`,
      // Signatures as the gateway wants them, whatever the realm's default becomes.
      'access.token.signed.response.alg': 'RS256',
      'id.token.signed.response.alg': 'RS256',
    },
    defaultClientScopes: [...PERSON_SCOPES, 'service_account'],
    optionalClientScopes: [API_SCOPE],
  };
}

/** Keycloak keeps a service account as a user of the client. */
export function dashboardServiceAccount(): object {
  return {
    ...{ username: `service-account-${DASHBOARD_CLIENT}`, serviceAccountClientId: DASHBOARD_CLIENT, enabled: true },
    clientRoles: { [ADMIN_AUDIENCE]: [...ADMIN_RIGHTS] },
  };
}

export function partnerClient({ clientId, name, isEnabled }: PartnerClient): object {
  return {
    ...CONFIDENTIAL,
    ...{ clientId, name, enabled: isEnabled, standardFlowEnabled: false, redirectUris: [] },
    attributes: { 'access.token.signed.response.alg': 'RS256' },
    defaultClientScopes: MACHINE_SCOPES,
    optionalClientScopes: [],
  };
}
