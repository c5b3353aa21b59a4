/** The routes of administration, own sessions and consents, each tied to its handler. */

import type { Application } from 'express';
import { type GuardParts, register } from '../guard.js';
import type { AdminParts } from './answer.js';
import { type ConsentParts, putConsent, showConsent } from './consents.js';
import { changePartner, deletePartner, listPartners, makeKey, makePartner } from './partners.js';
import { changeAccess, listPeople, lockPerson, makePerson, removePerson, resetPassword } from './people.js';
import { deleteRole, listFunctions, listRoles, putRole } from './roles.js';
import { endSession, listSessions } from './sessions.js';

export function registerAdmin(app: Application, guard: GuardParts, parts: AdminParts & ConsentParts): void {
  register(app, guard, 'GET /api/admin/functions', listFunctions);
  register(app, guard, 'GET /api/admin/roles', listRoles(parts));
  register(app, guard, 'PUT /api/admin/roles/:role', ...putRole(parts));
  register(app, guard, 'DELETE /api/admin/roles/:role', deleteRole(parts));

  register(app, guard, 'GET /api/admin/people', listPeople(parts));
  register(app, guard, 'POST /api/admin/people', ...makePerson(parts));
  register(app, guard, 'DELETE /api/admin/people/:subject', removePerson(parts));
  register(app, guard, 'PATCH /api/admin/people/:subject/access', ...changeAccess(parts));
  register(app, guard, 'POST /api/admin/people/:subject/lock', lockPerson(parts, true));
  register(app, guard, 'POST /api/admin/people/:subject/unlock', lockPerson(parts, false));
  register(app, guard, 'POST /api/admin/people/:subject/password-reset', resetPassword(parts));

  register(app, guard, 'GET /api/sessions', listSessions(parts, 'own'));
  register(app, guard, 'DELETE /api/sessions/:sessionId', endSession(parts, 'own'));
  register(app, guard, 'GET /api/admin/sessions', listSessions(parts, 'all'));
  register(app, guard, 'DELETE /api/admin/sessions/:sessionId', endSession(parts, 'all'));

  register(app, guard, 'GET /api/admin/partners', listPartners(parts));
  register(app, guard, 'POST /api/admin/partners', ...makePartner(parts));
  register(app, guard, 'PATCH /api/admin/partners/:partner', ...changePartner(parts));
  register(app, guard, 'DELETE /api/admin/partners/:partner', deletePartner(parts));
  register(app, guard, 'POST /api/admin/partners/:partner/key', ...makeKey(parts));

  register(app, guard, 'GET /api/sites/:siteId/consent', showConsent(parts));
  register(app, guard, 'PUT /api/sites/:siteId/consent', ...putConsent(parts));
}
