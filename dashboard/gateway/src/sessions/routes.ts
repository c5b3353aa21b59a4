/** Who one is, for the app: name, functions, scope, and what a change must show. */

import { FUNCTION_NAMES } from '@contor/policy';
import type { RequestHandler } from 'express';
import type { AccessBook } from '../book/book.js';
import { partnerOfSubject } from '../book/entries.js';
import { visitorOf } from '../visitor.js';
import { csrfToken } from './seal.js';

export function showSession(book: AccessBook, accountUrl: string): RequestHandler {
  return (request, response) => {
    const { subject, fullName, session } = visitorOf(request);
    const partnerId = partnerOfSubject(subject.id);
    const entry = partnerId === undefined ? book.people.get(subject.id) : book.partners.get(partnerId);
    response.json({
      user: { id: subject.id, name: subject.username, fullName },
      kind: subject.kind,
      roles: entry?.roles ?? [],
      functions: FUNCTION_NAMES.filter((name) => subject.functions.has(name)),
      scope: subject.scope.kind === 'everything' ? 'everything' : subject.scope.grants,
      ...(session !== undefined && {
        authenticatedAt: new Date(session.authentication.authenticatedAtMs).toISOString(),
        methods: session.authentication.methods,
        accountUrl,
        csrfToken: csrfToken(session.id),
      }),
    });
  };
}
