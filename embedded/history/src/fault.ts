/** A fault of the caller, as QuantumLeap words it: a status, `error` and `description`; some answers are plain text. */

export interface Fault {
  readonly kind: 'fault';
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

export interface Value<T> {
  readonly kind: 'value';
  readonly value: T;
}

/** Peer's faults are values, never exceptions. */
export type Checked<T> = Value<T> | Fault;

export function value<T>(of: T): Value<T> {
  return { kind: 'value', value: of };
}

export function fault(status: number, error: string, description: string): Fault {
  return { kind: 'fault', status, error, description };
}
