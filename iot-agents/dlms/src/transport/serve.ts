/** Lines that come in → a meter's side of each: bounded in number, and closed when nobody speaks on them. */

import type { Clock, Line, Listener, Net } from '@contor/kit';
import type { ServerLink } from '../session/link/server-link.js';

export interface ServeOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly link: () => ServerLink;
}

/** A head end keeps one line a meter or one a concentrator; a street of thousands is read by some hundreds at a time. */
const MOST_LINES = 5_000;

export async function serveMeters({ net, clock, host, port, link }: ServeOptions): Promise<Listener> {
  let lines = 0;
  return net.listen(host, port, (line) => {
    if (lines >= MOST_LINES) return void line.close();
    lines += 1;
    void converse(line, link(), clock).finally(() => {
      lines -= 1;
    });
  });
}

async function converse(line: Line, link: ServerLink, clock: Clock): Promise<void> {
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
