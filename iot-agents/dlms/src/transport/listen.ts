/** Lines that come in, bounded in number. The protocol protects its messages, not who may knock: outside loopback somebody else has to. */

import { checkEncrypted, type Line, type Listener, type Net } from '@contor/kit';

export interface ListenOptions {
  readonly net: Net;
  readonly host: string;
  readonly port: number;
  /** The service's part of the variable names, for the message of a refusal. */
  readonly prefix: string;
  readonly mostLines: number;
  /** Until it settles the line counts. It closes the line itself, and rejects nothing. */
  readonly converse: (line: Line) => Promise<void>;
}

export interface LineListener extends Listener {
  readonly lines: number;
  readonly refused: number;
}

export async function listenForLines(options: ListenOptions): Promise<LineListener> {
  const { net, host, port, prefix, mostLines, converse } = options;
  checkEncrypted(host, false, prefix);
  const open = new Set<Line>();
  let refused = 0;
  const listener = await net.listen(host, port, (line) => {
    if (open.size >= mostLines) {
      refused += 1;
      void line.close();
      return;
    }
    open.add(line);
    void converse(line).finally(() => open.delete(line));
  });
  return {
    host: listener.host,
    port: listener.port,
    get lines() {
      return open.size;
    },
    get refused() {
      return refused;
    },
    async close() {
      // Lines first: a server waits for those that are open.
      await Promise.all([...open].map((line) => line.close().catch(() => undefined)));
      await listener.close();
    },
  };
}
