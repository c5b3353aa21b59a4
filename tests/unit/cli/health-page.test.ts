/** The health page: what it says, and that nothing it shows can become markup. */

import { describe, expect, it } from '@jest/globals';
import { allWell, page, startHealthPage } from 'contor/up/health-page.js';
import type { ChildStatus } from 'contor/up/supervisor.js';
import { freePorts } from '../../support/platform.js';

const HOSTILE = `<img src=x onerror="alert(1)">'&</td><script>alert(2)</script>`;

const WELL: ChildStatus = {
  name: 'broker',
  state: 'running',
  pid: 1,
  restarts: 0,
  startedAtMs: Date.now() - 5_000,
  rssBytes: 50 * 2 ** 20,
  services: { broker: { state: 'ready', figures: { entities: 3, load: 0.123 } } },
  logFile: 'broker.log',
};
const ILL: ChildStatus = {
  ...WELL,
  name: HOSTILE,
  lastExit: HOSTILE,
  services: { [HOSTILE]: { state: 'degraded', reason: HOSTILE, figures: { [HOSTILE]: 1 } } },
};

describe('the page', () => {
  it('shows name, state, memory and figures', () => {
    const html = page([WELL]);
    expect(html).toContain('Everything is running.');
    expect(html).toContain('up 5 s · 50 MB · restarts 0');
    expect(html).toContain('entities 3 · load 0.12');
  });

  it('shows hostile names, reasons and figures as text', () => {
    const html = page([ILL]);
    expect(html).toContain('Something needs a look.');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<script>alert');
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html.match(/&lt;img src=x onerror=&quot;alert\(1\)&quot;&gt;&#39;&amp;/g)).toHaveLength(6);
  });
});

describe('all is well', () => {
  it.each([
    { name: 'everything is ready', all: [WELL], expected: true },
    { name: 'a service is degraded', all: [WELL, ILL], expected: false },
    { name: 'a process restarts', all: [{ ...WELL, state: 'restarting' as const, services: {} }], expected: false },
  ])('$expected when $name', ({ all, expected }) => expect(allWell(all)).toBe(expected));
});

describe('its server', () => {
  it('answers JSON for machines with 200 or 503, and allows no foreign script', async () => {
    const [port = 0] = await freePorts(1);
    let statuses: readonly ChildStatus[] = [WELL];
    const server = await startHealthPage({ port, statuses: () => statuses });
    try {
      const url = `http://127.0.0.1:${port}`;
      const good = await fetch(`${url}/health`);
      expect(good.status).toBe(200);
      expect(await good.json()).toMatchObject({ processes: [{ name: 'broker' }] });
      statuses = [ILL];
      expect((await fetch(`${url}/health`)).status).toBe(503);
      const html = await fetch(`${url}/`, { headers: { accept: 'text/html' } });
      expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    } finally {
      await server.close();
    }
  });
});
