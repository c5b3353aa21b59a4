/** One member of a subscription document at a time: the value it may have, or a Problem that names it. */

import type { Context } from '../context/compile.js';
import { isList, isUri, type Json } from '../json.js';
import { badRequest } from '../problem.js';

const MAX_TEXT = 8_192;
export const MAX_NAMES = 200;

export function text(member: string, json: Json): string {
  if (typeof json !== 'string' || json === '' || json.length > MAX_TEXT)
    throw badRequest(`'${member}' must be a text of 1 to ${MAX_TEXT} characters`);
  return json;
}

export function flag(member: string, json: Json): boolean {
  if (typeof json !== 'boolean') throw badRequest(`'${member}' must be true or false`);
  return json;
}

export function uri(member: string, json: Json): string {
  if (typeof json !== 'string' || !isUri(json)) throw badRequest(`'${member}' must be a URI`);
  return json;
}

export function numberWithin(member: string, json: Json, least: number, most: number): number {
  if (typeof json !== 'number' || !(json >= least && json <= most))
    throw badRequest(`'${member}' must be a number from ${least} to ${most}`);
  return json;
}

export function list(member: string, json: Json, most: number): readonly Json[] {
  if (!isList(json) || json.length === 0) throw badRequest(`'${member}' must be an array with something in it`);
  if (json.length > most) throw badRequest(`'${member}' has more than ${most} items`);
  return json;
}

export function texts(member: string, json: Json): readonly string[] {
  return list(member, json, MAX_NAMES).map((item) => text(member, item));
}

/** Attribute names, expanded (5.5.7). */
export function names(member: string, json: Json, context: Context): readonly string[] {
  return texts(member, json).map((name) => context.expand(name));
}

export function oneOf<T extends string>(member: string, json: Json, allowed: readonly T[]): T {
  const known = allowed.find((word) => word === json);
  if (known === undefined) throw badRequest(`'${member}' is one of ${allowed.join(', ')}`);
  return known;
}
