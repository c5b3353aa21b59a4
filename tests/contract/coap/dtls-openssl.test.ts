/**
 * OpenSSL's DTLS at ours, on real sockets: `s_client` at our server, our client at `s_server`, in every cipher suite both have. Where there is no
 * openssl the suite says so and is skipped.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { DtlsClientSocket, DtlsServerSocket, PskKeys } from '@contor/coap';
import { realPorts } from '@contor/kit';
import { afterEach, describe, expect, it } from '@jest/globals';

const { clock, random } = realPorts();
const IDENTITY = 'node-17';
const KEY = Buffer.from('canary-of-node17');
const SUITES = [
  { openssl: 'PSK-AES128-CCM8', suite: 'TLS_PSK_WITH_AES_128_CCM_8' },
  { openssl: 'PSK-AES128-CCM', suite: 'TLS_PSK_WITH_AES_128_CCM' },
  { openssl: 'PSK-AES128-GCM-SHA256', suite: 'TLS_PSK_WITH_AES_128_GCM_SHA256' },
  { openssl: 'PSK-AES256-CCM8', suite: 'TLS_PSK_WITH_AES_256_CCM_8' },
  { openssl: 'PSK-AES256-CCM', suite: 'TLS_PSK_WITH_AES_256_CCM' },
] as const;

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
if (!hasOpenssl) process.stderr.write('openssl is not installed: the suite of DTLS with OpenSSL is skipped.\n');
const opened: { close(): unknown }[] = [];
const children: ChildProcess[] = [];

afterEach(() => {
  for (const socket of opened.splice(0)) socket.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

(hasOpenssl ? describe : describe.skip)('OpenSSL and ours', () => {
  it.each(SUITES)('s_client at our server: $openssl', async ({ openssl, suite }) => {
    const server = await serve();
    const sessions = once(server, 'session');
    server.on('message', (plaintext, { address, port, identity }) =>
      server.send(Buffer.from(`${identity}: ${plaintext.toString()}`), port, address),
    );
    const client = run(
      [
        's_client',
        '-quiet',
        '-no_ign_eof',
        '-psk_identity',
        IDENTITY,
        '-connect',
        `127.0.0.1:${server.address().port}`,
      ],
      openssl,
    );
    client.stdin?.write('hello\n');
    expect(await textOf(client, /node-17: hello\n/)).toBe('node-17: hello\n');
    expect(await sessions).toMatchObject([{ kind: 'open', identity: IDENTITY, suite }]);
    const closed = once(server, 'session');
    client.stdin?.end();
    expect(await closed).toMatchObject([{ kind: 'close', reason: 'peer' }]);
    expect(server.sessions).toEqual({ open: 0, bytes: 0, handshakes: 0 });
  });

  it('s_client with datagrams of 256 bytes, and its wrong key', async () => {
    const server = await serve();
    const address = `127.0.0.1:${server.address().port}`;
    const sessions = once(server, 'session');
    run(
      ['s_client', '-quiet', '-no_ign_eof', '-mtu', '256', '-psk_identity', IDENTITY, '-connect', address],
      'PSK-AES128-CCM8',
    );
    expect(await sessions).toMatchObject([{ kind: 'open' }]);
    const next = once(server, 'session');
    const wrong = Buffer.from('canary-is-wrong!');
    run(
      ['s_client', '-quiet', '-no_ign_eof', '-psk_identity', IDENTITY, '-connect', address],
      'PSK-AES128-CCM8',
      wrong,
    );
    expect(await next).toMatchObject([{ kind: 'refuse', error: { code: 'dtls.forged' } }]);
  });

  it('s_client through a line on which each flight is lost or doubled once', async () => {
    const server = await serve();
    server.on('message', (plaintext, { address, port }) => server.send(plaintext, port, address));
    const mischief = (['up', 'down'] as const).flatMap((direction) =>
      [0, 1, 2].flatMap((index) => [0, 2].map((copies) => ({ direction, index, copies }))),
    );
    const heard = mischief.map(async (trouble) => {
      const port = await relay(server.address().port, trouble);
      // A blocking s_client that reads what turns out to be a repeat waits for the next datagram, deaf to its input.
      const client = run(
        ['s_client', '-quiet', '-nbio', '-psk_identity', IDENTITY, '-connect', `127.0.0.1:${port}`],
        'PSK-AES128-CCM8',
      );
      client.stdin?.write('hello\n');
      return textOf(client, /hello\n/);
    });
    expect(await Promise.all(heard)).toEqual(mischief.map(() => 'hello\n'));
    expect(server.sessions).toMatchObject({ open: mischief.length });
  });

  it.each(SUITES)('our client at s_server: $openssl', async ({ openssl, suite }) => {
    const server = run(['s_server', '-nocert', '-psk_hint', 'contor', '-accept', '127.0.0.1:0'], openssl);
    const port = Number(/ACCEPT 127\.0\.0\.1:(\d+)/.exec(await textOf(server, /ACCEPT .*\n/))?.[1]);
    const client = new DtlsClientSocket({ clock, random, identity: IDENTITY, key: KEY, port, address: '127.0.0.1' });
    opened.push(client);
    expect(await once(client, 'session')).toMatchObject([{ kind: 'open', suite }]);
    client.send(Buffer.from('hello from ours\n'));
    await textOf(server, /hello from ours\n/);
    const heard = once(client, 'message');
    server.stdin?.write('heard\n');
    expect(String((await heard)[0])).toBe('heard\n');
  });
});

async function serve(): Promise<DtlsServerSocket> {
  const server = new DtlsServerSocket({ clock, random, keys: new PskKeys([[IDENTITY, KEY]], random), hint: 'contor' });
  opened.push(server);
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function run(args: readonly string[], cipher: string, key = KEY): ChildProcess {
  const [command = '', ...rest] = args;
  const child = spawn('openssl', [command, '-dtls1_2', '-psk', key.toString('hex'), '-cipher', cipher, ...rest]);
  children.push(child);
  return child;
}

interface Trouble {
  readonly direction: 'up' | 'down';
  readonly index: number;
  readonly copies: number;
}

/** A port that stands for the server's, for one client; one datagram of it comes so many times, all others once. */
async function relay(serverPort: number, trouble: Trouble): Promise<number> {
  const socket = createSocket('udp4');
  opened.push(socket);
  const counts = { up: 0, down: 0 };
  let clientPort = 0;
  socket.on('message', (datagram, { port }) => {
    const direction = port === serverPort ? 'down' : 'up';
    if (direction === 'up') clientPort = port;
    const isTroubled = direction === trouble.direction && counts[direction]++ === trouble.index;
    for (let copy = 0; copy < (isTroubled ? trouble.copies : 1); copy += 1)
      socket.send(datagram, direction === 'up' ? serverPort : clientPort, '127.0.0.1');
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket.address().port;
}

/** What the program has said by the time that it says what we wait for. */
async function textOf(child: ChildProcess, until: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout?.iterator({ destroyOnReturn: false }) ?? []) {
    text += String(chunk);
    if (until.test(text)) return text;
  }
  throw new Error(`The program ended before it said ${until}: ${text}`);
}
