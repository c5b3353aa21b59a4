/** Partners: programs of others, what they may and see, their keys and quotas. */

import type { Handler, RequestHandler } from 'express';
import type { PartnerEntry } from '../book/entries.js';
import { isAlive, newApiKey, prefixOf } from '../partner/api-key.js';
import { subjectOf } from '../visitor.js';
import { type AdminParts, nameIn, sendRefusal, withBody } from './answer.js';
import { readKeyWish, readNewPartner, readPartnerChange } from './bodies.js';
import { doAudited } from './deed.js';
import { etagOf, expectedRevision } from './revision.js';
import { shownTo } from './rights.js';

const DEED = { log: 'parametrisation', operation: 'access.change', page: 'partners' } as const;

export function listPartners(parts: AdminParts): RequestHandler {
  return (request, response) => {
    const reader = subjectOf(request);
    const partners = [...parts.book.partners.all()].sort((a, b) => (a.id < b.id ? -1 : 1));
    response.json({ partners: partners.map((entry) => represent(parts, shownTo(reader, entry))) });
  };
}

export function makePartner(parts: AdminParts): readonly Handler[] {
  const { book, audit } = parts;
  return withBody(readNewPartner, async (request, response, { id, ...fields }) => {
    const deed = { ...DEED, targets: [id], after: fields };
    const result = await doAudited(audit, request, response, deed, () => book.partners.add(id, fields));
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.status(201).set('ETag', etagOf(result.entry)).json(represent(parts, result.entry));
  });
}

export function changePartner(parts: AdminParts): readonly Handler[] {
  const { book, audit } = parts;
  return withBody(readPartnerChange, async (request, response, change) => {
    const id = nameIn(request, 'partner');
    const expected = expectedRevision(request, response);
    if (expected === undefined) return;
    const deed = { ...DEED, targets: [id], before: settingsIn(book.partners.get(id)), after: change };
    const result = await doAudited(audit, request, response, deed, () => book.partners.change(id, change, expected));
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.set('ETag', etagOf(result.entry)).json(represent(parts, result.entry));
  });
}

export function deletePartner({ book, audit }: AdminParts): RequestHandler {
  return async (request, response) => {
    const id = nameIn(request, 'partner');
    const expected = expectedRevision(request, response);
    if (expected === undefined) return;
    const deed = { ...DEED, targets: [id], before: settingsIn(book.partners.get(id)) };
    const result = await doAudited(audit, request, response, deed, () => book.partners.remove(id, expected));
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.status(204).end();
  };
}

/** The key stands in this answer and nowhere else. */
export function makeKey(parts: AdminParts): readonly Handler[] {
  const { book, audit, clock, random } = parts;
  return withBody(readKeyWish, async (request, response, { overlapMs }) => {
    const id = nameIn(request, 'partner');
    const { text, kept } = newApiKey(random, clock.nowMs());
    const after = { prefix: prefixOf(kept), othersEndAfterMs: overlapMs };
    const result = await doAudited(audit, request, response, { ...DEED, targets: [id], after }, () =>
      book.partners.addKey(id, kept, clock.nowMs() + overlapMs),
    );
    if (result.kind === 'refused') return sendRefusal(response, result);
    response.status(201).set('ETag', etagOf(result.entry));
    response.json({ key: text, prefix: prefixOf(kept), partner: represent(parts, result.entry) });
  });
}

function represent({ quotas, clock }: AdminParts, entry: PartnerEntry): object {
  const { tenant: _tenant, createdAtMs, keys, clientId = null, quota = null, ...shown } = entry;
  const alive = keys.filter((key) => isAlive(key, clock.nowMs()));
  return {
    ...{ ...shown, clientId, quota, usedToday: quotas.usedToday(entry.id) },
    createdAt: new Date(createdAtMs).toISOString(),
    keys: alive.map((key) => ({
      prefix: prefixOf(key),
      createdAt: new Date(key.createdAtMs).toISOString(),
      ...(key.expiresAtMs !== undefined && { expiresAt: new Date(key.expiresAtMs).toISOString() }),
    })),
  };
}

function settingsIn(entry: PartnerEntry | undefined): object | undefined {
  if (entry === undefined) return undefined;
  const { name, clientId, quota, roles, everything, grants, isLocked } = entry;
  return { name, clientId, quota, roles, everything, grants, isLocked };
}
