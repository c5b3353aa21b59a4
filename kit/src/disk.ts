/**
 * The Disk port: the few file operations that durable parts need, so that a simulated disk can drop, reorder and tear
 * unsynced writes by seed. Nothing is durable before `sync` (file contents) or `syncDirectory` (names) has resolved.
 */

export interface DiskFile {
  readonly path: string;
  /** Up to `length` bytes from `position`; shorter at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  /** Writes at the end of the file. Calls take effect in the order they were made. */
  append(bytes: readonly Uint8Array[]): Promise<void>;
  truncate(size: number): Promise<void>;
  size(): Promise<number>;
  /** Contents (and size) are on stable storage when this resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** `read`: must exist. `append`: must exist. `create`: must not exist (EEXIST otherwise). */
export type OpenMode = 'read' | 'append' | 'create';

export interface Disk {
  open(path: string, mode: OpenMode): Promise<DiskFile>;
  /** File names in a directory, sorted; empty when the directory does not exist. */
  list(directory: string): Promise<readonly string[]>;
  /** Creates the directory and its parents, mode 0700. */
  makeDirectory(path: string): Promise<void>;
  remove(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes creations, renames and removals inside `path` durable (a no-op where the platform has no such call). */
  syncDirectory(path: string): Promise<void>;
  freeBytes(path: string): Promise<number>;
}
