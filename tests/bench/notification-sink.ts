/** Three subscribers in a process of their own, that say yes at once and count what they are told. Tells its parent its URLs, and the counts when asked. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const MARK = Buffer.from('"type":"ACMeasurement"');
const counts = [0, 0, 0];

const ports = await Promise.all(
  counts.map(
    (_count, at) =>
      new Promise<number>((resolve) => {
        const server = createServer((request, response) => {
          const chunks: Buffer[] = [];
          request.on('data', (chunk: Buffer) => chunks.push(chunk));
          request.on('end', () => {
            counts[at] = (counts[at] ?? 0) + occurrences(Buffer.concat(chunks));
            response.writeHead(204).end();
          });
        });
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
      }),
  ),
);

function occurrences(body: Buffer): number {
  let found = 0;
  for (let at = body.indexOf(MARK); at >= 0; at = body.indexOf(MARK, at + MARK.byteLength)) found += 1;
  return found;
}

process.on('disconnect', () => process.exit(1));
process.on('message', () => process.send?.({ counts }));
process.send?.({ ports });
