/** What the provisioning API answers: bodies and, for refusals, the names and status codes of iotagent-node-lib (doc/api.md). */

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

/** A refusal: name for programs, message for people. */
export interface Fault {
  readonly name: FaultName;
  readonly message: string;
}

export const FAULTS = {
  MISSING_HEADERS: 400,
  MISSING_ATTRIBUTES: 400,
  WRONG_SYNTAX: 400,
  BAD_REQUEST: 400,
  INVALID_EXPRESSION: 400,
  UNSUPPORTED_CONTENT_TYPE: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  DEVICE_NOT_FOUND: 404,
  DEVICE_GROUP_NOT_FOUND: 404,
  DUPLICATE_DEVICE_ID: 409,
  DUPLICATE_GROUP: 409,
  REQUEST_TOO_LARGE: 413,
  REGISTRY_FULL: 507,
  REGISTRY_NOT_AVAILABLE: 503,
} as const;

export type FaultName = keyof typeof FAULTS;

export type Checked<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly fault: Fault };

export function good<T>(value: T): Checked<T> {
  return { kind: 'value', value };
}

export function faultOf(name: FaultName, message: string): { readonly kind: 'fault'; readonly fault: Fault } {
  return { kind: 'fault', fault: { name, message } };
}

export function refuse(fault: Fault): Answer {
  return { status: FAULTS[fault.name], body: { name: fault.name, message: fault.message } };
}

export function refuseWith(name: FaultName, message: string): Answer {
  return refuse({ name, message });
}
