/** Where an operator asks about delivery: rows of the route table, below `/ngsi-ld/ex/v1`. */

import {
  deleteDeadLetters,
  listDeadLetters,
  replayDeadLetters,
  retrieveOutbox,
  whereIsNotification,
} from './outbox.js';
import type { RouteRow } from './routes.js';

const PAGE = ['limit', 'offset', 'count'];

export const DELIVERY_ROUTES: readonly RouteRow[] = [
  {
    method: 'GET',
    path: '/subscriptions/:subscriptionId/outbox',
    clause: 'ours',
    handle: retrieveOutbox,
    isOurs: true,
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/subscriptions/:subscriptionId/deadLetters',
    clause: 'ours',
    handle: listDeadLetters,
    query: [...PAGE, 'values'],
    isOurs: true,
    readsTenant: true,
  },
  {
    method: 'DELETE',
    path: '/subscriptions/:subscriptionId/deadLetters',
    clause: 'ours',
    handle: deleteDeadLetters,
    isOurs: true,
    readsTenant: true,
  },
  {
    method: 'POST',
    path: '/subscriptions/:subscriptionId/deadLetters/replay',
    clause: 'ours',
    handle: replayDeadLetters,
    isOurs: true,
    readsTenant: true,
  },
  {
    method: 'GET',
    path: '/notifications',
    clause: 'ours',
    handle: whereIsNotification,
    query: [...PAGE, 'entity'],
    isOurs: true,
    readsTenant: true,
  },
];
