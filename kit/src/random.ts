/** The Random port: a seeded generator for simulators, schedules and tests; the system's own for secrets. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, bound). */
  integer(bound: number): number;
  bytes(length: number): Uint8Array;
}
