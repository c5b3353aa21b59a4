/** What the launcher and its children say to each other over the IPC channel. */

import type { Health } from '@contor/kit';

export type ToChild = { kind: 'start'; service: string } | { kind: 'stop' };

export type FromChild =
  | { kind: 'loaded' }
  | { kind: 'ready'; service: string; url?: string }
  | { kind: 'failed'; service: string; message: string }
  | { kind: 'health'; services: Readonly<Record<string, Health>>; rssBytes: number };
