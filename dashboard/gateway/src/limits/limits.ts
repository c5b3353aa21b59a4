/**
 * How much one caller may ask for (T32): people and partners by who they are, strangers by where they come from. A refusal says when
 * to come back, every answer says how much is left (draft-ietf-httpapi-ratelimit-headers-10).
 */

import type { Clock } from '@contor/kit';
import type { RouteRow } from '@contor/policy';
import type { Request, Response } from 'express';
import type { AccessBook } from '../book/book.js';
import { partnerOfSubject } from '../book/entries.js';
import { addressGroup, addressOf } from '../http/address.js';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import type { Visitor } from '../visitor.js';
import { Buckets, type Taken } from './buckets.js';
import { costOf } from './costs.js';
import type { Quotas } from './quotas.js';

export interface Limits {
  /** For a request whose caller is known. False: it has been answered. */
  allow(visitor: Visitor, row: RouteRow, request: Request, response: Response): boolean;
  /** For a caller who is not, by address. False: it has been answered. */
  allowStranger(deed: StrangersDeed, request: Request, response: Response): boolean;
  /** Whether this address may show a key or a token at all, before it is looked at. False: it has been answered. */
  mayTry(request: Request, response: Response): boolean;
}

/** What strangers do, and what of their address's bucket it takes. Whatever fails is dearer than whatever is only not there. */
const STRANGERS_COSTS = { 'sign-in': 1, page: 1, nothing: 1, failed: 10 } as const;
export type StrangersDeed = keyof typeof STRANGERS_COSTS;

export interface LimitParts {
  readonly clock: Clock;
  /** Units per second of each person and partner (GATEWAY_RATE). */
  readonly rate: number;
  readonly quotas: Quotas;
  readonly book: Pick<AccessBook, 'partners'>;
}

/** So many seconds of the rate may be spent at once: a page with forty charts opens without waiting. */
const BURST_SECONDS = 10;
/** About 150 bytes each. */
const SUBJECTS = 20_000;
const ADDRESSES = 50_000;
/** An office behind one address that signs in at nine; the provider has limits of its own on passwords. */
const SIGN_INS = { capacity: 300, perSecond: 5, most: ADDRESSES } as const;
/** A scan of a few hundred paths is slowed down, a browser with an old page is not. */
const STRANGERS = { capacity: 600, perSecond: 20, most: ADDRESSES } as const;

export function createLimits({ clock, rate, quotas, book }: LimitParts): Limits {
  const subjects = new Buckets({ capacity: rate * BURST_SECONDS, perSecond: rate, most: SUBJECTS });
  const signIns = new Buckets(SIGN_INS);
  const strangers = new Buckets(STRANGERS);
  const policy = policyItem('rate', subjects.rules.capacity, BURST_SECONDS);

  return {
    allow({ subject }, row, request, response) {
      const cost = costOf(row, new URLSearchParams(queryOf(request)));
      const taken = subjects.take(subject.id, cost, clock.monotonicMs());
      if (!taken.isAllowed) return refuse(response, taken.waitMs, 'rate.exceeded');
      response.set('RateLimit-Policy', policy);
      response.set('RateLimit', limitItem('rate', taken.remaining, fullAfter(subjects, taken)));
      const partner = book.partners.get(partnerOfSubject(subject.id) ?? '');
      return partner?.quota === undefined || allowPartner(quotas, partner.id, partner.quota, cost, response);
    },
    allowStranger(deed, request, response) {
      const buckets = deed === 'sign-in' ? signIns : strangers;
      const taken = buckets.take(groupOf(request), STRANGERS_COSTS[deed], clock.monotonicMs());
      return taken.isAllowed || refuse(response, taken.waitMs, 'rate.exceeded');
    },
    mayTry(request, response) {
      const seen = strangers.look(groupOf(request), STRANGERS_COSTS.failed, clock.monotonicMs());
      return seen.isAllowed || refuse(response, seen.waitMs, 'rate.exceeded');
    },
  };
}

function allowPartner(quotas: Quotas, partnerId: string, quota: number, cost: number, response: Response): boolean {
  const { isAllowed, remaining, resetMs } = quotas.take(partnerId, cost, quota);
  response.append('RateLimit-Policy', policyItem('day', quota, 86_400));
  response.append('RateLimit', limitItem('day', remaining, Math.ceil(resetMs / 1000)));
  return isAllowed || refuse(response, resetMs, 'quota.exceeded');
}

function refuse(response: Response, waitMs: number, code: 'rate.exceeded' | 'quota.exceeded'): false {
  response.set('Retry-After', String(Math.max(1, Math.ceil(waitMs / 1000))));
  sendProblem(response, code);
  return false;
}

function policyItem(name: string, quota: number, windowSeconds: number): string {
  return `"${name}";q=${quota};w=${windowSeconds}`;
}

function limitItem(name: string, remaining: number, seconds: number): string {
  return `"${name}";r=${remaining};t=${seconds}`;
}

function fullAfter({ rules }: Buckets, { remaining }: Taken): number {
  return Math.ceil((rules.capacity - remaining) / rules.perSecond);
}

function groupOf(request: Request): string {
  return addressGroup(addressOf(request));
}
