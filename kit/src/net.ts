/** The Net port: stream lines to and from peers, so that sessions and gateways can be replayed over a simulated net. */

export interface Line {
  readonly peer: string;
  write(bytes: Uint8Array): Promise<void>;
  /** Chunks as they arrive; ends when the peer closes, throws a TransportError when the line breaks. */
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface Net {
  connect(host: string, port: number, timeoutMs: number): Promise<Line>;
  listen(host: string, port: number, accept: (line: Line) => void): Promise<Listener>;
}
