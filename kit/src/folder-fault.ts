/** A data folder that this user cannot use: the operator's fault, said in one way everywhere. */

import { ConfigError, errnoOf } from './errors.js';

const FOLDER_ERRNOS: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR']);

export function isFolderFault(error: unknown): boolean {
  return FOLDER_ERRNOS.has(errnoOf(error));
}

export function folderFault(directory: string, cause: unknown): ConfigError {
  return new ConfigError(
    [
      {
        code: 'config.folder',
        message: `The data folder ${directory} cannot be used (${errnoOf(cause) ?? 'unknown reason'}).`,
        fix: 'Make it a folder that this user may write to, or choose another one.',
      },
    ],
    cause,
  );
}
