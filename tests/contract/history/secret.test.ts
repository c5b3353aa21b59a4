/** With a platform secret nothing is answered without it. Ours only: QuantumLeap knows no secret. */

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
