/** From what a request shows to who it is. The book says what they may; a role in a token says nothing. */

import type { Clock } from '@contor/kit';
import type { Request } from 'express';
import type { AccessBook } from './book/book.js';
import { partnerSubject } from './book/entries.js';
import { readCredentials } from './credentials.js';
import type { OidcClient } from './oidc/client.js';
import { findKey, keyIdOf } from './partner/api-key.js';
import type { Access } from './sessions/access.js';
import type { CookieJar } from './sessions/cookies.js';
import type { Standing, Visitor } from './visitor.js';

export type Identified =
  | { readonly kind: 'visitor'; readonly visitor: Visitor }
  | { readonly kind: 'nobody' }
  /** Something was shown, and it is not good. */
  | { readonly kind: 'refused'; readonly code: 'credentials.mixed' | 'credentials.refused' }
  | { readonly kind: 'unreachable' };

export type Identify = (request: Request) => Promise<Identified>;

export interface IdentifyParts {
  readonly access: Access;
  readonly book: AccessBook;
  readonly oidc: Pick<OidcClient, 'verifyClientToken'>;
  readonly cookies: CookieJar;
  readonly clock: Clock;
}

const NOBODY: Identified = { kind: 'nobody' };
const REFUSED: Identified = { kind: 'refused', code: 'credentials.refused' };

export function createIdentify(parts: IdentifyParts): Identify {
  const { access, cookies } = parts;
  return async (request) => {
    const shown = readCredentials(request, cookies);
    switch (shown.kind) {
      case 'none':
        return NOBODY;
      case 'mixed':
        return { kind: 'refused', code: 'credentials.mixed' };
      case 'malformed':
        return REFUSED;
      case 'key':
        return byKey(parts, shown.text);
      case 'token':
        return byToken(parts, shown.text);
      case 'session': {
        const found = await access.visitorOf(request);
        if (found === 'unreachable') return { kind: 'unreachable' };
        return found === undefined ? NOBODY : { kind: 'visitor', visitor: found };
      }
    }
  };
}

function byKey({ book, clock }: IdentifyParts, text: string): Identified {
  const keyId = keyIdOf(text);
  const find = () => {
    const partner = keyId === undefined ? undefined : book.partners.ofKey(keyId);
    return partner !== undefined && findKey(partner, text, clock.nowMs()) !== undefined ? partner : undefined;
  };
  const partner = find();
  if (partner === undefined) return REFUSED;
  return asPartner(book, partner.id, { key: `key ${keyId}`, isStanding: async () => find()?.id === partner.id });
}

async function byToken({ book, oidc, clock }: IdentifyParts, text: string): Promise<Identified> {
  const verified = await oidc.verifyClientToken(text, (clientId) => book.partners.ofClient(clientId) !== undefined);
  if (verified.kind === 'unreachable') return { kind: 'unreachable' };
  if (verified.kind === 'refused') return REFUSED;
  const { clientId, expiresAtMs } = verified;
  const partner = book.partners.ofClient(clientId);
  if (partner === undefined) return REFUSED;
  const isStanding = async () => clock.nowMs() < expiresAtMs && book.partners.ofClient(clientId)?.id === partner.id;
  return asPartner(book, partner.id, { key: `client ${clientId}`, isStanding });
}

function asPartner(book: AccessBook, partnerId: string, standing: Standing): Identified {
  const subject = book.subjectOf(partnerSubject(partnerId));
  if (subject === undefined) return REFUSED; // Locked.
  const fullName = book.partners.get(partnerId)?.name ?? partnerId;
  return { kind: 'visitor', visitor: { subject, fullName, standing } };
}
