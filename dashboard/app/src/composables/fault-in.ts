import { PlatformError } from '../api/platform.js';
import type { Fault } from '../logic/fault.js';

/** What a rejected call has to say; anything that is not of the platform is ours, and goes to the console too. */
export function faultIn(error: unknown): Fault {
  if (error instanceof PlatformError) return error.fault;
  console.error('contor: unexpected failure', error);
  return { code: 'unexpected', detail: error instanceof Error ? error.message : String(error) };
}
