/** Method and response codes with their names (RFC 7252, 12.1; RFC 7959, 2.9; RFC 8132; RFC 8516; RFC 8768). */

import { formatCode } from './message.js';

export const CODES = [
  { code: '0.00', name: 'Empty', source: 'RFC 7252, 12.1' },
  { code: '0.01', name: 'GET', source: 'RFC 7252, 12.1.1' },
  { code: '0.02', name: 'POST', source: 'RFC 7252, 12.1.1' },
  { code: '0.03', name: 'PUT', source: 'RFC 7252, 12.1.1' },
  { code: '0.04', name: 'DELETE', source: 'RFC 7252, 12.1.1' },
  { code: '0.05', name: 'FETCH', source: 'RFC 8132, 4' },
  { code: '0.06', name: 'PATCH', source: 'RFC 8132, 4' },
  { code: '0.07', name: 'iPATCH', source: 'RFC 8132, 4' },
  { code: '2.01', name: 'Created', source: 'RFC 7252, 5.9.1.1' },
  { code: '2.02', name: 'Deleted', source: 'RFC 7252, 5.9.1.2' },
  { code: '2.03', name: 'Valid', source: 'RFC 7252, 5.9.1.3' },
  { code: '2.04', name: 'Changed', source: 'RFC 7252, 5.9.1.4' },
  { code: '2.05', name: 'Content', source: 'RFC 7252, 5.9.1.5' },
  { code: '2.31', name: 'Continue', source: 'RFC 7959, 2.9.1' },
  { code: '4.00', name: 'Bad Request', source: 'RFC 7252, 5.9.2.1' },
  { code: '4.01', name: 'Unauthorized', source: 'RFC 7252, 5.9.2.2' },
  { code: '4.02', name: 'Bad Option', source: 'RFC 7252, 5.9.2.3' },
  { code: '4.03', name: 'Forbidden', source: 'RFC 7252, 5.9.2.4' },
  { code: '4.04', name: 'Not Found', source: 'RFC 7252, 5.9.2.5' },
  { code: '4.05', name: 'Method Not Allowed', source: 'RFC 7252, 5.9.2.6' },
  { code: '4.06', name: 'Not Acceptable', source: 'RFC 7252, 5.9.2.7' },
  { code: '4.08', name: 'Request Entity Incomplete', source: 'RFC 7959, 2.9.2' },
  { code: '4.09', name: 'Conflict', source: 'RFC 8132, 4' },
  { code: '4.12', name: 'Precondition Failed', source: 'RFC 7252, 5.9.2.8' },
  { code: '4.13', name: 'Request Entity Too Large', source: 'RFC 7252, 5.9.2.9' },
  { code: '4.15', name: 'Unsupported Content-Format', source: 'RFC 7252, 5.9.2.10' },
  { code: '4.22', name: 'Unprocessable Entity', source: 'RFC 8132, 4' },
  { code: '4.29', name: 'Too Many Requests', source: 'RFC 8516, 3' },
  { code: '5.00', name: 'Internal Server Error', source: 'RFC 7252, 5.9.3.1' },
  { code: '5.01', name: 'Not Implemented', source: 'RFC 7252, 5.9.3.2' },
  { code: '5.02', name: 'Bad Gateway', source: 'RFC 7252, 5.9.3.3' },
  { code: '5.03', name: 'Service Unavailable', source: 'RFC 7252, 5.9.3.4' },
  { code: '5.04', name: 'Gateway Timeout', source: 'RFC 7252, 5.9.3.5' },
  { code: '5.05', name: 'Proxying Not Supported', source: 'RFC 7252, 5.9.3.6' },
  { code: '5.08', name: 'Hop Limit Reached', source: 'RFC 8768, 4' },
] as const satisfies readonly { readonly code: string; readonly name: string; readonly source: string }[];

const NAMES: ReadonlyMap<string, string> = new Map(CODES.map(({ code, name }) => [code, name]));

export function codeName(code: number): string | undefined {
  return NAMES.get(formatCode(code));
}
