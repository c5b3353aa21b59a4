/** Who may be called (T14): hosts by name, names by where they lead, and nobody by a redirect. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  addressClassOf,
  createPoster,
  errnoOf,
  listHosts,
  REFUSED_ADDRESS,
  type Reach,
  type Resolve,
} from '@contor/kit';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { URL_FORMS } from '../../support/url-forms.js';

describe('what an address is for (RFC 6890 and the registries it began)', () => {
  it.each([
    ['8.8.8.8', 'public'],
    ['2606:4700:4700::1111', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['10.255.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['100.128.0.1', 'public'],
    ['fd00:ec2::254', 'private'],
    ['::ffff:192.168.0.1', 'private'],
    ['0.0.0.0', 'reserved'],
    ['169.254.169.254', 'reserved'],
    ['::ffff:169.254.169.254', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['198.18.0.1', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['::', 'reserved'],
    ['::127.0.0.1', 'reserved'],
    ['64:ff9b::7f00:1', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['2001:0:53aa:64c::1', 'reserved'],
    ['fe80::1', 'reserved'],
    ['fec0::1', 'reserved'],
    ['ff02::1', 'reserved'],
    ['not an address', 'reserved'],
  ])('%s is %s', (address, kind) => expect(addressClassOf(address)).toBe(kind));
});

describe('a list of hosts', () => {
  const hosts = listHosts([
    'Partner.Example',
    '203.0.113.7',
    '0:0:0:0:0:0:0:1',
    '10.4.0.0/16',
    'localhost',
    '10.5.0.0/33',
  ]);

  it.each([
    ['partner.example', true],
    ['PARTNER.example', true],
    ['partner.example.', false],
    ['xpartner.example', false],
    ['203.0.113.7', true],
    ['203.0.113.8', false],
    ['[::1]', true],
    ['10.4.200.1', true],
    ['10.5.0.1', false],
    ['[::ffff:a04:1]', true],
    ['localhost', true],
    ['localhost.', false],
  ])('%s: %s', (host, isListed) => expect(hosts.has(host)).toBe(isListed));

  it.each<[string, string, Reach, boolean]>([
    ['partner.example', '8.8.8.8', 'public', true],
    ['partner.example', '10.1.0.1', 'public', false],
    ['partner.example', '10.1.0.1', 'network', true],
    ['partner.example', '10.4.9.9', 'public', true],
    ['partner.example', '127.0.0.1', 'public', false],
    ['partner.example', '127.0.0.1', 'network', true],
    ['localhost', '127.0.0.1', 'public', true],
    ['localhost', '10.1.0.1', 'public', false],
    ['partner.example', '169.254.169.254', 'network', false],
    ['partner.example', '203.0.113.7', 'network', true],
    ['partner.example', 'nonsense', 'network', false],
  ])('%s may be at %s within %s: %s', (host, address, reach, expected) =>
    expect(hosts.mayBeAt(host, address, reach)).toBe(expected),
  );

  it.each(URL_FORMS)('with localhost alone, %s is not on it', (form) => {
    const text = form.replaceAll('P', '80');
    if (!URL.canParse(text)) return;
    const { protocol, hostname, username, password } = new URL(text);
    const isUsual = ['http:', 'https:'].includes(protocol) && username + password === '';
    expect(isUsual && listHosts(['localhost']).has(hostname)).toBe(false);
  });
});

describe('a poster', () => {
  let server: Server;
  let port: number;
  const heard: string[] = [];
  let status = 204;
  beforeAll(async () => {
    server = createServer((request, response) => {
      heard.push(request.url ?? '');
      response.writeHead(status, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    heard.length = 0;
    status = 204;
  });

  const post = async (entries: readonly string[], host: string, reach: Reach, resolve?: Resolve): Promise<unknown> => {
    const poster = createPoster({ hosts: listHosts(entries), reach, resolve });
    const url = new URL(`http://${host}:${port}/notify`);
    try {
      return await poster.post({ url, headers: {}, body: [Buffer.from('{}')], waitMs: 2_000 });
    } catch (error) {
      return errnoOf(error) ?? String(error);
    } finally {
      poster.close();
    }
  };
  const answering = (...answers: readonly string[][]): Resolve => {
    let asked = 0;
    return async () => {
      const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
      asked += 1;
      return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    };
  };

  it('reaches a listed name of this machine', async () => {
    expect(await post(['localhost'], 'localhost', 'public')).toBe(204);
    expect(await post(['127.0.0.1'], '127.0.0.1', 'public')).toBe(204);
    expect(heard).toEqual(['/notify', '/notify']);
  });

  it('does not follow a listed name into this machine, the network or the metadata service', async () => {
    for (const address of ['127.0.0.1', '::1', '10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1', '64:ff9b::7f00:1'])
      expect(await post(['partner.example'], 'partner.example', 'public', answering([address]))).toBe(REFUSED_ADDRESS);
    expect(heard).toEqual([]);
  });

  it('refuses a name of which one address is forbidden, and a name that has none', async () => {
    const mixed = answering(['93.184.216.34', '127.0.0.1']);
    expect(await post(['partner.example'], 'partner.example', 'public', mixed)).toBe(REFUSED_ADDRESS);
    expect(await post(['partner.example'], 'partner.example', 'public', answering([]))).toBe(REFUSED_ADDRESS);
    expect(heard).toEqual([]);
  });

  it('looks again for each new connection: a name that was rebound is refused', async () => {
    const resolve = answering(['127.0.0.1'], ['169.254.169.254']);
    const poster = createPoster({ hosts: listHosts(['partner.example']), reach: 'network', resolve });
    const url = new URL(`http://partner.example:${port}/notify`);
    const send = () => poster.post({ url, headers: { Connection: 'close' }, body: [], waitMs: 2_000 });
    expect(await send()).toBe(204);
    await expect(send()).rejects.toMatchObject({ code: REFUSED_ADDRESS });
    expect(heard).toEqual(['/notify']);
    poster.close();
  });

  it.each([301, 302, 303, 307, 308])('a %i is an answer, and leads nowhere', async (redirect) => {
    status = redirect;
    expect(await post(['localhost'], 'localhost', 'public')).toBe(redirect);
    expect(heard).toEqual(['/notify']);
  });
});
