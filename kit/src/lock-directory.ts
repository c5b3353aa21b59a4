/**
 * One process per data folder. The lock is a listening socket inside the folder (a named pipe on Windows): the system
 * closes it when its process dies, however it dies, so there is no pid file that outlives its owner.
 */

import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, realpath, rename, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError, errnoOf } from './errors.js';
import { folderFault } from './folder-fault.js';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** sun_path holds 104 bytes on macOS and 108 on Linux, with the final zero. */
const LONGEST_SOCKET_PATH = 100;
/** Takeovers of a dead holder's socket before we believe that somebody lives there. */
const MOST_TRIES = 5;

/** Creates the folder when needed. Throws ConfigError 'config.in-use' while another live process holds it. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const folder = await openFolder(directory);
  const address = addressOf(folder);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const server = await tryListen(address, directory);
    if (server) return { release: () => close(server) };
    if (await isAlive(address)) break;
    await moveAside(address);
  }
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

function addressOf(folder: string): string {
  const digest = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\contor-${digest}`;
  const inside = join(folder, '.lock');
  return Buffer.byteLength(inside) <= LONGEST_SOCKET_PATH ? inside : join(tmpdir(), `contor-${digest}.lock`);
}

function tryListen(address: string, directory: string): Promise<Server | undefined> {
  return new Promise((done, reject) => {
    // Whoever connects only asks whether somebody is at home.
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error) => {
      if (errnoOf(error) === 'EADDRINUSE') done(undefined);
      else reject(folderFault(directory, error));
    });
    server.listen(address, () => done(server));
  });
}

function isAlive(address: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = createConnection(address);
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', (error) => {
      // A full backlog (EAGAIN) or a socket of another user (EACCES) is somebody, too.
      done(!['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(errnoOf(error) ?? ''));
    });
  });
}

/**
 * Removes a dead holder's socket. Between our question and this moment another process may have taken over, so the socket
 * is first moved aside and asked again: a living one is put back where it was.
 */
async function moveAside(address: string): Promise<void> {
  const aside = `${address}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(address, aside);
    if (await isAlive(aside)) await link(aside, address);
    await rm(aside);
  } catch (error) {
    // Somebody else moved it first; the next try shows who lives there now.
    if (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'EEXIST') throw error;
  }
}

function close(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()));
}
