/**
 * @contexts in what somebody sends (GS CIM 009, 6.3.5). A name must mean the same to whoever checks it and to the broker, so names are
 * those of the platform's @context and of no other: one that gives `refSite` another name would be a way past every check (T15).
 */

import { CONTEXT_URL } from '@contor/orion-config';
import type { RequestHandler } from 'express';
import { sendNgsiProblem } from '../http/ngsi-problem.js';

const CORE = 'https://uri.etsi.org/ngsi-ld/';
const DETAIL = `Leave the @context out, or name ${CONTEXT_URL}: names are those of the platform.`;

/** Behind `jsonBody`. */
export const checkContext: RequestHandler = (request, response, next) => {
  const items: readonly unknown[] = Array.isArray(request.body) ? request.body : [request.body];
  const isOurs = items.every((item) => isKnown(contextOf(item))) && isKnownLink(request.get('link'));
  if (isOurs) return next();
  sendNgsiProblem(response, 'context.refused', DETAIL);
};

function contextOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && '@context' in item ? item['@context'] : undefined;
}

/** Ours, alone or with the core beside it, which goes without saying. */
function isKnown(context: unknown): boolean {
  if (context === undefined) return true;
  const urls: readonly unknown[] = [context].flat();
  const others = urls.filter((url) => typeof url !== 'string' || !url.startsWith(CORE));
  return others.length === 1 && others[0] === CONTEXT_URL;
}

function isKnownLink(link: string | undefined): boolean {
  if (link === undefined || !link.includes('json-ld#context')) return true;
  return /^\s*<([^<>]*)>/.exec(link)?.[1] === CONTEXT_URL;
}
