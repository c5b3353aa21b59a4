/**
 * The control of the relay bench, in a process of its own: what any proxy of Node costs on this machine at this moment. It passes GETs on
 * over kept connections and asks nobody who they are.
 */

import { Agent, createServer, request } from 'node:http';

const [, , target = '', secret = ''] = process.argv;
const { hostname, port } = new URL(target);
const agent = new Agent({ keepAlive: true, maxSockets: 32, maxFreeSockets: 32 });
const headers = { authorization: `Bearer ${secret}` };

const server = createServer(({ url: path = '/' }, response) => {
  request({ hostname, port, path, agent, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, { 'content-type': answer.headers['content-type'] });
    answer.pipe(response);
  }).end();
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` });
});
process.on('disconnect', () => process.exit(0));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system });
});
