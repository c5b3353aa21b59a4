/** What can go wrong between the page and the platform, in words that have a remedy. The texts are `fault.<code>.*`. */

export type FaultCode = 'offline' | 'signed-out' | 'forbidden' | 'not-found' | 'busy' | 'unavailable' | 'unexpected';

export interface Fault {
  readonly code: FaultCode;
  readonly status?: number;
  /** `detail` or `title` of the ProblemDetails answer (RFC 9457), for whoever has to look further. */
  readonly detail?: string;
}

const FAULTS_BY_STATUS = [
  { from: 0, to: 0, code: 'offline' },
  { from: 401, to: 401, code: 'signed-out' },
  { from: 403, to: 403, code: 'forbidden' },
  { from: 404, to: 404, code: 'not-found' },
  { from: 429, to: 429, code: 'busy' },
  { from: 502, to: 504, code: 'unavailable' },
] as const satisfies readonly { from: number; to: number; code: FaultCode }[];

/** Status 0 means that no answer came at all. */
export function faultOf(status: number, problem?: unknown): Fault {
  const row = FAULTS_BY_STATUS.find(({ from, to }) => status >= from && status <= to);
  const detail = detailOf(problem);
  return { code: row?.code ?? 'unexpected', ...(status > 0 && { status }), ...(detail !== undefined && { detail }) };
}

/** Whether asking again, unchanged, may help. */
export function isWorthRetrying({ code }: Fault): boolean {
  return code === 'offline' || code === 'busy' || code === 'unavailable' || code === 'unexpected';
}

function detailOf(problem: unknown): string | undefined {
  if (typeof problem !== 'object' || problem === null) return undefined;
  const { detail, title } = problem as { detail?: unknown; title?: unknown };
  if (typeof detail === 'string') return detail.slice(0, 300);
  return typeof title === 'string' ? title.slice(0, 300) : undefined;
}
