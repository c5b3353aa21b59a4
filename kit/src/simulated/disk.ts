/**
 * A disk in memory that keeps only what it promised. Until `sync`, appended bytes may vanish, come back in another order or
 * torn; until `syncDirectory`, created, renamed and removed names may or may not be so. All by seed, so that a failing run
 * replays exactly. Directories themselves are durable at once, as `makeDirectory` promises.
 *
 * After `crash` the same object is the disk after power came back. The old process is gone with its power: operations it
 * had under way never settle, and its open files do nothing any more. Code of the old life that was between two operations
 * could still begin a new one; hand each life its own `boot()` and it cannot.
 */

import { dirname, join, normalize } from 'node:path';
import type { Disk, DiskFile, OpenMode } from '../disk.js';
import type { Random } from '../random.js';
import { Inode } from './inode.js';

export interface SimulatedDiskOptions {
  readonly random: Random;
  /** Appends that would need more fail with ENOSPC, after writing what fits. */
  readonly capacityBytes?: number;
  /** A control: syncs resolve and make nothing durable. A check that finds no loss with it checks nothing. */
  readonly syncIsALie?: boolean;
}

export type DiskOperation =
  | 'open'
  | 'read'
  | 'append'
  | 'truncate'
  | 'sync'
  | 'list'
  | 'remove'
  | 'rename'
  | 'syncDirectory';

interface Fault {
  readonly operation: DiskOperation;
  countdown: number;
  readonly errno: string;
}

type Names = Map<string, Inode>;
type NameChange = (names: Names) => void;

/** An operation takes up to so many turns of the microtask queue, so that concurrent ones interleave by seed. */
const MOST_HOPS = 3;

export class SimulatedDisk implements Disk {
  readonly #random: Random;
  readonly #syncIsALie: boolean;
  #capacityBytes: number;
  #names: Names = new Map();
  readonly #durableNames: Names = new Map();
  /** Changes of names by directory, in order, not yet durable. */
  readonly #changes = new Map<string, NameChange[]>();
  readonly #directories = new Set<string>();
  readonly #faults: Fault[] = [];
  /** Counts the lives of the machine: what began in an earlier one is lost. */
  #life = 0;
  #operations = 0;
  #cut: { readonly at: number; readonly done: () => void } | undefined;

  constructor({ random, capacityBytes = Number.POSITIVE_INFINITY, syncIsALie = false }: SimulatedDiskOptions) {
    this.#random = random;
    this.#capacityBytes = capacityBytes;
    this.#syncIsALie = syncIsALie;
  }

  /** Operations so far, in all lives. */
  get operations(): number {
    return this.#operations;
  }

  get usedBytes(): number {
    let used = 0;
    for (const inode of this.#names.values()) used += inode.size;
    return used;
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  /** Paths of all files, sorted. */
  paths(): readonly string[] {
    return [...this.#names.keys()].sort();
  }

  /** The disk as the processes of this life see it. When the power goes, nothing that goes through it settles any more. */
  boot(): Disk {
    const life = this.#life;
    const alive = <T>(begin: () => Promise<T>): Promise<T> => (life === this.#life ? begin() : never());
    return {
      open: (path, mode) => alive(() => this.open(path, mode)),
      list: (directory) => alive(() => this.list(directory)),
      makeDirectory: (path) => alive(() => this.makeDirectory(path)),
      remove: (path) => alive(() => this.remove(path)),
      rename: (from, to) => alive(() => this.rename(from, to)),
      syncDirectory: (path) => alive(() => this.syncDirectory(path)),
      freeBytes: () => alive(() => this.freeBytes()),
    };
  }

  /** Cuts the power now. */
  crash(): void {
    this.#life += 1;
    for (const changes of this.#changes.values()) {
      for (const change of changes) if (this.#random.integer(2) === 0) change(this.#durableNames);
    }
    this.#changes.clear();
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) inode.crash(this.#random);
    this.#cut?.done();
    this.#cut = undefined;
  }

  /** Cuts the power in the middle of the operation that is so many from now; resolves when that has happened. */
  crashAfter(operations: number): Promise<void> {
    return new Promise((done) => {
      this.#cut = { at: this.#operations + operations, done };
    });
  }

  /** Lets the `count`-th such operation from now fail, once. A failed sync loses what it should have written. */
  failAt(operation: DiskOperation, count: number, errno = 'EIO'): void {
    this.#faults.push({ operation, countdown: count, errno });
  }

  /** Flips the bits of `mask` in one byte, as a rotten sector would. */
  flip(path: string, position: number, mask = 0xff): void {
    this.#inode(path).flip(position, mask);
  }

  open(path: string, mode: OpenMode): Promise<DiskFile> {
    const name = normalize(path);
    return this.#perform('open', () => {
      if (mode !== 'create') return this.#file(name, this.#inode(name));
      if (this.#names.has(name)) throw errnoError('EEXIST', name);
      if (!this.#directories.has(dirname(name))) throw errnoError('ENOENT', name);
      const inode = new Inode();
      this.#change(name, (names) => names.set(name, inode));
      return this.#file(name, inode);
    });
  }

  list(directory: string): Promise<readonly string[]> {
    const folder = normalize(directory);
    return this.#perform('list', () =>
      this.paths()
        .filter((path) => dirname(path) === folder || join(dirname(path), '/') === folder)
        .map((path) => path.slice(dirname(path).length).replace(/^[\\/]/, '')),
    );
  }

  makeDirectory(path: string): Promise<void> {
    for (let at = normalize(path); !this.#directories.has(at); at = dirname(at)) this.#directories.add(at);
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    const name = normalize(path);
    return this.#perform('remove', () => {
      this.#inode(name);
      this.#change(name, (names) => names.delete(name));
    });
  }

  rename(from: string, to: string): Promise<void> {
    const [source, target] = [normalize(from), normalize(to)];
    return this.#perform('rename', () => {
      const inode = this.#inode(source);
      this.#change(target, (names) => {
        names.delete(source);
        names.set(target, inode);
      });
    });
  }

  syncDirectory(path: string): Promise<void> {
    const folder = normalize(path).replace(/(.)[\\/]$/, '$1');
    return this.#perform('syncDirectory', () => {
      if (this.#syncIsALie) return;
      for (const change of this.#changes.get(folder) ?? []) change(this.#durableNames);
      this.#changes.delete(folder);
    });
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(Math.max(0, Math.min(this.#capacityBytes, Number.MAX_SAFE_INTEGER) - this.usedBytes));
  }

  #file(path: string, inode: Inode): DiskFile {
    const life = this.#life;
    let lastAppend: Promise<void> = Promise.resolve();
    return {
      path,
      read: (position, length) => this.#perform('read', () => inode.read(position, length), life),
      append: (pieces) => {
        const bytes = Buffer.concat(pieces);
        const mine = lastAppend.then(() =>
          this.#perform('append', (fails) => this.#append(path, inode, bytes, fails), life),
        );
        lastAppend = mine.catch(() => undefined);
        return mine;
      },
      truncate: (size) => this.#perform('truncate', () => inode.truncate(size), life),
      size: () => Promise.resolve(inode.size),
      sync: () => this.#perform('sync', (fails) => this.#sync(inode, fails), life),
      close: () => Promise.resolve(),
    };
  }

  #sync(inode: Inode, fails: boolean): void {
    if (fails) inode.forgetDirty();
    else if (!this.#syncIsALie) inode.sync();
  }

  /** A write that fails has often written a part. */
  #append(path: string, inode: Inode, bytes: Uint8Array, fails: boolean): void {
    const room = Math.max(0, this.#capacityBytes - this.usedBytes);
    if (fails) {
      inode.append(bytes.subarray(0, this.#random.integer(Math.min(bytes.byteLength, room) + 1)));
    } else if (bytes.byteLength > room) {
      inode.append(bytes.subarray(0, room));
      throw errnoError('ENOSPC', path);
    } else {
      inode.append(bytes);
    }
  }

  /** Every operation takes a few turns, may be the one that fails, or the one in which the power goes. */
  async #perform<T>(operation: DiskOperation, effect: (fails: boolean) => T, life = this.#life): Promise<T> {
    for (let hops = this.#random.integer(MOST_HOPS + 1); hops > 0; hops -= 1) await undefined;
    if (life !== this.#life) return never();
    this.#operations += 1;
    const errno = this.#faultFor(operation);
    const isCut = this.#cut !== undefined && this.#operations >= this.#cut.at;
    if (isCut && this.#random.integer(2) === 0) {
      this.crash();
      return never();
    }
    const result = effect(errno !== undefined);
    if (isCut) this.crash();
    await undefined;
    if (life !== this.#life) return never();
    if (errno !== undefined) throw errnoError(errno, operation);
    return result;
  }

  #faultFor(operation: DiskOperation): string | undefined {
    let errno: string | undefined;
    for (const fault of this.#faults) {
      if (fault.operation !== operation) continue;
      fault.countdown -= 1;
      if (fault.countdown === 0) errno = fault.errno;
    }
    return errno;
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(normalize(path));
    if (!inode) throw errnoError('ENOENT', path);
    return inode;
  }

  #change(path: string, change: NameChange): void {
    change(this.#names);
    const folder = dirname(path);
    const changes = this.#changes.get(folder) ?? [];
    changes.push(change);
    this.#changes.set(folder, changes);
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}

function errnoError(code: string, about: string): Error {
  return Object.assign(new Error(`${code}: ${about}`), { code });
}
