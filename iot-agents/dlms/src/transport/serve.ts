/** The meter's side of each line that comes in. */

import type { Clock, Line, Net } from '@contor/kit';
import type { ServerLink } from '../session/link/server-link.js';
import { type LineListener, listenForLines } from './listen.js';

export interface ServeOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly link: () => ServerLink;
}

/** A head end keeps one line a meter or one a concentrator; a street of thousands is read by some hundreds at a time. */
const MOST_LINES = 5_000;

export async function serveMeters({ net, clock, host, port, link }: ServeOptions): Promise<LineListener> {
  const converse = (line: Line) => answer(line, link(), clock);
  return listenForLines({ net, host, port, prefix: 'SIMULATE_DLMS', mostLines: MOST_LINES, converse });
}

async function answer(line: Line, link: ServerLink, clock: Clock): Promise<void> {
  try {
    for await (const chunk of line.chunks()) {
      const answers = link.hear(chunk, clock.nowMs());
      if (answers.length > 0) await line.write(Buffer.concat(answers));
    }
  } catch {
    // The line broke: the meter waits for the next call.
  }
  await line.close().catch(() => undefined);
}
