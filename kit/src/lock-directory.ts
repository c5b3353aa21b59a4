/**
 * One process per data folder. The lock is a listening socket inside the folder (a named pipe on Windows): the system
 * closes it when its process dies, however it dies, so there is no pid file that outlives its owner.
 *
 * A pipe's name goes with its process. A socket's file stays, and to replace a dead one is two steps, between which others
 * may come. So no name is ever used twice: each taker first listens under a new name, then looks at all others. It holds
 * the folder once it has seen none of them alive. Of two takers the later to listen sees the earlier, so both cannot hold;
 * and the one with the lowest name waits for the others to give way, so one of them will.
 */

import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError, errnoOf } from './errors.js';
import { folderFault } from './folder-fault.js';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** sun_path holds 104 bytes on macOS and 108 on Linux, with the final zero. */
const LONGEST_SOCKET_PATH = 100;
/** Others who came at the same moment give way within milliseconds; who is still there after this is a holder too busy to say so. */
const LONGEST_LOOK_MS = 3_000;
const BETWEEN_LOOKS_MS = 10;
const LONGEST_ANSWER_MS = 1_000;
const HOLDER = 'holder';
const TAKER = 'taker';

/** Creates the folder when needed. Throws ConfigError 'config.in-use' while another live process holds it. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const folder = await openFolder(directory);
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 24);
  const claim =
    process.platform === 'win32'
      ? await Claim.make(`\\\\.\\pipe\\contor-${digest}`, directory)
      : await takeSocket(folder, digest, directory);
  if (claim) return { release: () => claim.withdraw() };
  throw new ConfigError([
    {
      code: 'config.in-use',
      message: `${directory} is in use by another running process.`,
      fix: 'Stop that process first, or choose another data folder.',
    },
  ]);
}

async function openFolder(directory: string): Promise<string> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await realpath(directory);
  } catch (error) {
    throw folderFault(directory, error);
  }
}

/** A name of our own that listens and tells whoever asks what we are. */
class Claim {
  isHeld = false;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((socket) => {
      // Whoever asked may be gone by now, and nothing is owed to him.
      socket.once('error', () => socket.destroy());
      socket.end(this.isHeld ? HOLDER : TAKER, () => socket.destroy());
    });
    this.#server.unref();
  }

  /** undefined: the name is taken. */
  static make(address: string, directory: string): Promise<Claim | undefined> {
    const claim = new Claim();
    return new Promise((done, reject) => {
      claim.#server.once('error', (error) => {
        if (errnoOf(error) === 'EADDRINUSE') done(undefined);
        else reject(folderFault(directory, error));
      });
      claim.#server.listen(address, () => done(claim));
    });
  }

  /** Removes the socket's file as well. */
  withdraw(): Promise<void> {
    return new Promise((done) => this.#server.close(() => done()));
  }
}

async function takeSocket(folder: string, digest: string, directory: string): Promise<Claim | undefined> {
  const address = `${prefixOf(folder, digest)}${randomBytes(4).toString('hex')}`;
  const claim = await Claim.make(address, directory);
  if (claim === undefined) return undefined;
  try {
    for (const startMs = performance.now(); performance.now() - startMs < LONGEST_LOOK_MS; ) {
      const others = await lookAtOthers(address);
      // Before we listened we looked dead, and somebody who has come and gone since may have cleared us away.
      const isThere = await exists(address);
      if (others.living.length === 0 && isThere) {
        claim.isHeld = true;
        await Promise.all(others.dead.map(clearAway));
        return claim;
      }
      if (!isThere || others.living.some((other) => comesBefore(other, address))) break;
      await pause(BETWEEN_LOOKS_MS);
    }
  } catch (error) {
    await claim.withdraw();
    throw folderFault(directory, error);
  }
  await claim.withdraw();
  return undefined;
}

/** Inside the data folder where the path is short enough for a socket. */
function prefixOf(folder: string, digest: string): string {
  const inside = join(folder, '.lock-');
  return Buffer.byteLength(inside) + 8 <= LONGEST_SOCKET_PATH ? inside : join(tmpdir(), `contor-${digest}-`);
}

interface Living {
  readonly address: string;
  /** HOLDER, TAKER, or nothing: too busy, or just giving way. */
  readonly said: string;
}

function comesBefore({ address, said }: Living, own: string): boolean {
  return said === HOLDER || (said === TAKER && address < own);
}

async function lookAtOthers(own: string): Promise<{ living: readonly Living[]; dead: readonly string[] }> {
  const folder = dirname(own);
  const prefix = basename(own).slice(0, -8);
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name !== basename(own));
  const answers = await Promise.all(names.map((name) => ask(join(folder, name))));
  return {
    living: answers.flatMap(({ address, said }) => (said === undefined ? [] : [{ address, said }])),
    dead: answers.flatMap(({ address, said }) => (said === undefined ? [address] : [])),
  };
}

/** `said` undefined: nobody lives there. */
function ask(address: string): Promise<{ readonly address: string; readonly said: string | undefined }> {
  return new Promise((done) => {
    let said: string | undefined = '';
    const socket = createConnection(address);
    socket.setTimeout(LONGEST_ANSWER_MS, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      said += String(text);
    });
    socket.once('error', (error) => {
      // A full backlog (EAGAIN), a socket of another user (EACCES) or one that is being closed (ECONNRESET) is somebody, too.
      if (['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errnoOf(error) ?? '')) said = undefined;
    });
    socket.once('close', () => done({ address, said }));
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function clearAway(deadSocket: string): Promise<void> {
  try {
    await rm(deadSocket, { force: true });
  } catch (error) {
    // Left by another user in a shared folder; a dead name is in nobody's way.
    if (errnoOf(error) !== 'EPERM' && errnoOf(error) !== 'EACCES') throw error;
  }
}
