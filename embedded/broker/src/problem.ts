/**
 * Every error answer of the API: a problem document (RFC 7807) whose type and status come from one table.
 * GS CIM 009 V1.9.1, 5.5.2 and 6.3.2. Where NGSI-LD has no type for an HTTP condition, RFC 9457 4.2.1 has: about:blank.
 *
 * A request has one answer, so its first fault ends it. That is why a Problem is thrown, and not handed up value by
 * value: the parsers read straight, and only the front door and the batch loop catch it.
 */

const NGSI_LD = 'https://uri.etsi.org/ngsi-ld/errors/';

interface ProblemRow {
  readonly status: number;
  readonly type: string;
  readonly title: string;
}

export const PROBLEMS = {
  invalidRequest: { status: 400, type: `${NGSI_LD}InvalidRequest`, title: 'The request is not well formed' },
  badRequestData: { status: 400, type: `${NGSI_LD}BadRequestData`, title: 'The request contains wrong data' },
  unauthorized: { status: 401, type: 'about:blank', title: 'Unauthorized' },
  tooComplexQuery: { status: 403, type: `${NGSI_LD}TooComplexQuery`, title: 'The query is too complex' },
  tooManyResults: { status: 403, type: `${NGSI_LD}TooManyResults`, title: 'The query has too many results' },
  resourceNotFound: { status: 404, type: `${NGSI_LD}ResourceNotFound`, title: 'No such resource' },
  nonexistentTenant: { status: 404, type: `${NGSI_LD}NonexistentTenant`, title: 'No such tenant' },
  methodNotAllowed: { status: 405, type: 'about:blank', title: 'Method Not Allowed' },
  notAcceptable: { status: 406, type: 'about:blank', title: 'Not Acceptable' },
  alreadyExists: { status: 409, type: `${NGSI_LD}AlreadyExists`, title: 'The resource already exists' },
  conflict: { status: 409, type: `${NGSI_LD}Conflict`, title: 'The request conflicts with a registration' },
  tooLarge: { status: 413, type: 'about:blank', title: 'Content Too Large' },
  unsupportedMediaType: { status: 415, type: 'about:blank', title: 'Unsupported Media Type' },
  operationNotSupported: {
    status: 422,
    type: `${NGSI_LD}OperationNotSupported`,
    title: 'The operation is not supported',
  },
  internalError: { status: 500, type: `${NGSI_LD}InternalError`, title: 'Internal error' },
  notBuilt: { status: 501, type: `${NGSI_LD}OperationNotSupported`, title: 'Not implemented by this broker' },
  badGateway: { status: 502, type: 'about:blank', title: 'Bad Gateway' },
  unavailable: { status: 503, type: 'about:blank', title: 'Service Unavailable' },
  ldContextNotAvailable: {
    status: 504,
    type: `${NGSI_LD}LdContextNotAvailable`,
    title: 'The @context is not available',
  },
  gatewayTimeout: { status: 504, type: 'about:blank', title: 'Gateway Timeout' },
  loopDetected: { status: 508, type: `${NGSI_LD}LoopDetected`, title: 'The request went round in a circle' },
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly status: number;
}

export class Problem extends Error {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.headers = headers;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  details(): ProblemDetails {
    const row = PROBLEMS[this.code];
    return { type: row.type, title: row.title, detail: this.message, status: row.status };
  }
}

export function badRequest(detail: string): Problem {
  return new Problem('badRequestData', detail);
}

/** What a phase of the specification has, and this build has not. */
export function notBuilt(what: string): Problem {
  return new Problem('notBuilt', `${what} is not implemented by this broker`);
}
