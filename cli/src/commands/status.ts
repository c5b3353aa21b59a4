/** `contor status`: what the health page says, in a terminal. */

import { request } from 'node:http';
import { TransportError } from '@contor/kit';
import type { ChildStatus } from '../up/supervisor.js';

const TIMEOUT_MS = 3_000;

export async function printStatus(port: number): Promise<void> {
  const { processes } = JSON.parse(await fetchHealth(port)) as { processes: readonly ChildStatus[] };
  for (const child of processes) {
    console.log(
      `${child.name.padEnd(10)} ${child.state.padEnd(11)} ${Math.round(child.rssBytes / 1048576)} MB  restarts ${child.restarts}`,
    );
    for (const [name, health] of Object.entries(child.services))
      console.log(`  ${name.padEnd(14)} ${health.state}${health.reason === undefined ? '' : `  ${health.reason}`}`);
  }
}

function fetchHealth(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path: '/health', timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', (cause) =>
      reject(
        new TransportError(
          'transport.no-platform',
          `No platform answers on port ${port}. Start it with npm start.`,
          { port },
          cause,
        ),
      ),
    );
    asked.end();
  });
}
