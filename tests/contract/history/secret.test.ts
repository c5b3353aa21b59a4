/** With a platform secret nothing is answered without it. Ours only: QuantumLeap knows no secret. */

import { request } from 'node:http';
import { expect, it } from '@jest/globals';
import { openInstance } from './instance.js';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';

it('asks for the bearer secret on every path', async () => {
  const history = await openInstance({ PLATFORM_SECRET: SECRET });
  try {
    if (!history.isOurs) return;
    for (const path of ['/v2/entities', '/health', '/metrics', '/version', '/nothing']) {
      expect((await history.get(path)).status).toBe(401);
      expect((await history.get(path, { Authorization: 'Bearer wrong' })).status).toBe(401);
    }
    expect((await history.get('/v2/entities', { Authorization: `Bearer ${SECRET}` })).status).toBe(200);
  } finally {
    await history.stop();
  }
});

it('without a secret answers only to a loopback name: a page may have had its own rebound to us', async () => {
  const history = await openInstance({});
  try {
    if (!history.isOurs) return;
    const statusFor = (host: string) =>
      new Promise((resolve, reject) => {
        request(`${history.url}/version`, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await statusFor('localhost:8668')).toBe(200);
    expect(await statusFor('evil.example:8668')).toBe(400);
  } finally {
    await history.stop();
  }
});

it('refuses a body beyond its limit', async () => {
  const history = await openInstance({ HISTORY_BODY_LIMIT: '10KiB' });
  try {
    if (!history.isOurs) return;
    const body = { data: [{ id: 'x', type: 'X', a: { type: 'Property', value: 'x'.repeat(20_000) } }] };
    expect((await history.send('POST', '/v2/notify', body)).status).toBe(413);
  } finally {
    await history.stop();
  }
});
