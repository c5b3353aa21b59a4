/** The control of the broker bench, in a process of its own: reads and parses each request, stores nothing, answers. */

import { createServer } from 'node:http';

const READING = JSON.stringify({ id: 'urn:ngsi-ld:Control:1', type: 'Control', filler: 'x'.repeat(1_000) });

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    if (request.method === 'GET') {
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('Content-Length', READING.length);
      response.end(READING);
      return;
    }
    JSON.parse(Buffer.concat(chunks).toString('utf8'));
    response.statusCode = 204;
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  if (message === 'stop') process.exit(0);
  const { rss, heapUsed } = process.memoryUsage();
  process.send?.({ ...process.cpuUsage(), rss, heapUsed });
});
