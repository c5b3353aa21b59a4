/** Errors of the context API as a broker says them (GS CIM 009, 5.5.2, 6.3.2), with our `error` word beside. */

import type { Response } from 'express';

interface Row {
  readonly status: number;
  readonly type: string;
  readonly title: string;
}

const TYPE = 'https://uri.etsi.org/ngsi-ld/errors/';

export const NGSI_PROBLEMS = {
  'entity.unknown': { status: 404, type: `${TYPE}ResourceNotFound`, title: 'No such resource' },
  'type.unknown': { status: 404, type: `${TYPE}ResourceNotFound`, title: 'No such resource' },
  'subscription.unknown': { status: 404, type: `${TYPE}ResourceNotFound`, title: 'No such resource' },
  'request.wrong': { status: 400, type: `${TYPE}BadRequestData`, title: 'The request contains wrong data' },
  'context.refused': { status: 400, type: `${TYPE}BadRequestData`, title: 'This @context is not read here' },
  'query.complex': { status: 403, type: `${TYPE}TooComplexQuery`, title: 'The query is too complex' },
  'write.refused': { status: 403, type: `${TYPE}OperationNotSupported`, title: 'This may not be written here' },
  'entity.exists': { status: 409, type: `${TYPE}AlreadyExists`, title: 'The resource already exists' },
} as const satisfies Readonly<Record<string, Row>>;

export type NgsiProblemCode = keyof typeof NGSI_PROBLEMS;

export interface NgsiProblem extends Row {
  readonly detail: string;
  readonly error: string;
}

export function ngsiProblem(code: NgsiProblemCode, detail: string): NgsiProblem {
  return { ...NGSI_PROBLEMS[code], detail, error: code };
}

export function sendNgsiProblem(response: Response, code: NgsiProblemCode, detail: string): void {
  response
    .status(NGSI_PROBLEMS[code].status)
    .type('application/problem+json')
    .send(JSON.stringify(ngsiProblem(code, detail)));
}

/** One text for what is not there and for what is somebody else's. */
export function unknownEntity(id: string): string {
  return `there is no entity '${id.slice(0, 200)}'`;
}
