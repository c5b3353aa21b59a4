/** The API of QuantumLeap as a table: path, family, handler; and the few paths that are ours. */

import { fault } from '../fault.js';
import { type Answer, faultAnswer, json } from './answer.js';
import type { Asked, House } from './asked.js';
import { answerCapabilities } from './capabilities.js';
import { answerErasures, answerRetention, answerStats, backUp, setRetention, tidy } from './operators.js';
import { answerLastValues, answerScoped } from './querying.js';
import { answerEntities, answerSeries } from './reading.js';
import { type Shape, shape1T1E1A, shape1T1ENA, shape1TNE1A, shape1TNENA, shapeNTNE1A, shapeNTNENA } from './shapes.js';
import { answerCatalogue, eraseEntity, eraseType, notify } from './writing.js';

export type Handler = (house: House, asked: Asked) => Promise<Answer> | Answer;

export interface RouteRow {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly handler: Handler;
  /** QuantumLeap does not know it. */
  readonly isOwn?: boolean;
}

const FAMILIES = [
  { path: '/v2/entities/:id', shape: shape1T1ENA },
  { path: '/v2/entities/:id/attrs/:attribute', shape: shape1T1E1A },
  { path: '/v2/types/:type', shape: shape1TNENA },
  { path: '/v2/types/:type/attrs/:attribute', shape: shape1TNE1A },
  { path: '/v2/attrs', shape: shapeNTNENA },
  { path: '/v2/attrs/:attribute', shape: shapeNTNE1A },
] as const satisfies readonly { path: string; shape: Shape }[];

const INDEX = {
  notify_url: '/v2/notify',
  entities_url: '/v2/entities',
  types_url: '/v2/types',
  attributes_url: '/v2/attrs',
};

/** Of its work queue, which needs Redis, and of a configuration that it never had. */
const notBuilt: Handler = () => faultAnswer(fault(501, 'Not Implemented', 'This API method is not yet implemented.'));

export const ROUTES: readonly RouteRow[] = [
  ...FAMILIES.flatMap(({ path, shape }): RouteRow[] => [
    { method: 'GET', path, handler: (house, asked) => answerSeries(house, asked, shape, false) },
    { method: 'GET', path: `${path}/value`, handler: (house, asked) => answerSeries(house, asked, shape, true) },
  ]),
  { method: 'GET', path: '/v2/entities', handler: answerEntities },
  { method: 'DELETE', path: '/v2/entities/:id', handler: eraseEntity },
  { method: 'DELETE', path: '/v2/types/:type', handler: eraseType },
  { method: 'POST', path: '/v2/notify', handler: notify },
  { method: 'GET', path: '/v2/', handler: () => json(INDEX) },
  { method: 'GET', path: '/v2', handler: () => json(INDEX) },
  { method: 'POST', path: '/v2/op/query', handler: answerLastValues },
  { method: 'POST', path: '/v2/query', handler: answerScoped, isOwn: true },
  { method: 'GET', path: '/capabilities', handler: answerCapabilities, isOwn: true },
  { method: 'GET', path: '/catalogue', handler: answerCatalogue, isOwn: true },
  { method: 'GET', path: '/stats', handler: answerStats, isOwn: true },
  { method: 'GET', path: '/retention', handler: answerRetention, isOwn: true },
  { method: 'PUT', path: '/retention', handler: setRetention, isOwn: true },
  { method: 'GET', path: '/erasures', handler: answerErasures, isOwn: true },
  { method: 'POST', path: '/tidy', handler: tidy, isOwn: true },
  { method: 'POST', path: '/backups', handler: backUp, isOwn: true },
  { method: 'POST', path: '/management/config', handler: notBuilt },
  { method: 'GET', path: '/management/queue/notifications', handler: notBuilt },
  { method: 'GET', path: '/management/queue/notifications/summary', handler: notBuilt },
  { method: 'GET', path: '/management/queue/notifications/count', handler: notBuilt },
  { method: 'DELETE', path: '/management/queue/notifications', handler: notBuilt },
];
