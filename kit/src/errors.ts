/**
 * The errors of the house (STYLE, "When things go wrong"): each carries a stable `code`, a plain `context` and a `cause`.
 * Tests and callers match the code, never the wording.
 */

import { types } from 'node:util';

/** Facts beside an error: offsets, expected and actual values, names. Never secrets, never readings. */
export type ErrorContext = Readonly<Record<string, unknown>>;

export abstract class ContorError extends Error {
  readonly code: string;
  readonly context: ErrorContext;

  constructor(code: string, message: string, context: ErrorContext = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.context = context;
  }
}

/** Their bytes break the standard. */
export class WireError extends ContorError {}

/** Right bytes, wrong moment. */
export class ProtocolError extends ContorError {}

/** The line: refused, reset, timed out. */
export class TransportError extends ContorError {}

/** A file of ours does not hold what we wrote into it. */
export class DamagedFileError extends ContorError {}

/** Refused, nothing written: the log has reached its bound. Ask again later. */
export class LogFullError extends ContorError {
  constructor(message: string, context: ErrorContext = {}) {
    super('log.full', message, context);
  }
}

/** Refused, nothing kept: the disk has no room. Ask again later. */
export class DiskFullError extends ContorError {
  constructor(message: string, context: ErrorContext = {}, cause?: unknown) {
    super('disk.full', message, context, cause);
  }
}

/** The log has been closed, or has stopped after a write or fsync that failed. */
export class LogStoppedError extends ContorError {
  constructor(message: string, context: ErrorContext = {}, cause?: unknown) {
    super('log.stopped', message, context, cause);
  }
}

export interface ConfigFault {
  readonly code: string;
  /** What is wrong, one sentence. */
  readonly message: string;
  /** What the operator can do about it, one sentence. */
  readonly fix: string;
}

/** The operator's: thrown once at start, naming every fault together. Its code is the only fault's, or `config.faults`. */
export class ConfigError extends ContorError {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[], cause?: unknown) {
    const only = faults.length === 1 ? faults[0] : undefined;
    super(
      only?.code ?? 'config.faults',
      faults.map((fault) => `${fault.message} ${fault.fix}`).join('\n'),
      { codes: faults.map((fault) => fault.code) },
      cause,
    );
    this.faults = faults;
  }
}

/** Ours. Caught by nobody below `index`. */
export class AssertionError extends ContorError {
  constructor(message: string, context: ErrorContext = {}) {
    super('assert', message, context);
  }
}

export function assert(condition: unknown, message: string, context?: ErrorContext): asserts condition {
  if (!condition) throw new AssertionError(message, context);
}

/** The operating system's own code on an error ('ENOENT', 'ENOSPC', …), when it has one. */
export function errnoOf(error: unknown): string | undefined {
  // Not `instanceof`: an error of Node itself comes from another realm when we run in a VM context, as under jest.
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The ways in which a file system says that there is no room. */
export function isDiskFull(error: unknown): boolean {
  return errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT';
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return isError(thrown) ? thrown : new Error(String(thrown), { cause: thrown });
}

export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error;
}
