/** Roles: which there are, what each allows, and changing that. */

import { FUNCTION_NAMES, FUNCTIONS, type FunctionRow } from '@contor/policy';
import type { Handler, RequestHandler } from 'express';
import type { RoleEntry } from '../book/entries.js';
import { sendProblem } from '../http/problem.js';
import { type AdminParts, nameIn, sendRefusal, withBody } from './answer.js';
import { isName, readRole } from './bodies.js';
import { doAudited } from './deed.js';
import { etagOf, expectedRevision, expectedRevisionOrNew } from './revision.js';

export const listFunctions: RequestHandler = (_request, response) => {
  const functions = FUNCTION_NAMES.map((name) => {
    const { page, about, isSpecial }: FunctionRow = FUNCTIONS[name];
    return { name, page, about, isSpecial: isSpecial === true };
  });
  response.json({ functions });
};

export function listRoles({ book }: AdminParts): RequestHandler {
  return (_request, response) => {
    response.json({ roles: book.roles.all().map((role) => ({ ...role, holders: book.roles.holdersOf(role.name) })) });
  };
}

export function putRole({ book, audit }: AdminParts): readonly Handler[] {
  return withBody(readRole, async (request, response, { title, functions }) => {
    const name = nameIn(request, 'role');
    if (!isName(name))
      return sendProblem(response, 'field.refused', 'A role has 2 to 40 small letters, digits, hyphens.');
    const expected = expectedRevisionOrNew(request, response);
    if (expected === undefined) return;
    const before = shownIn(book.roles.get(name));
    const after = { title, functions };
    const deed = { log: 'parametrisation', operation: 'access.change', targets: [name], before, after } as const;
    const result = await doAudited(audit, request, response, { ...deed, page: 'roles' }, () =>
      book.roles.change({ name, title, functions }, expected),
    );
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.status(result.before === undefined ? 201 : 200).set('ETag', etagOf(result.entry));
    response.json({ ...result.entry, holders: book.roles.holdersOf(name) });
  });
}

export function deleteRole({ book, audit }: AdminParts): RequestHandler {
  return async (request, response) => {
    const name = nameIn(request, 'role');
    const expected = expectedRevision(request, response);
    if (expected === undefined) return;
    const before = shownIn(book.roles.get(name));
    const deed = {
      log: 'parametrisation',
      operation: 'access.change',
      page: 'roles',
      targets: [name],
      before,
    } as const;
    const result = await doAudited(audit, request, response, deed, () => book.roles.remove(name, expected));
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.status(204).end();
  };
}

function shownIn(role: RoleEntry | undefined): object | undefined {
  return role && { title: role.title, functions: role.functions };
}
