/** Who may talk to a polled device now. One machine always may; replicas share the devices, each device at one of them. */

export interface Lease {
  /** Grows whenever the devices are shared out anew. */
  readonly epoch: number;
  /** On the monotonic scale of the clock. */
  readonly untilMs: number;
}

export interface Leases {
  /** Asked before every frame, for the answer is about this very moment: whoever was paused finds out here. */
  holds(deviceKey: string): Lease | undefined;
  /**
   * Told after what this replica holds has changed. A device that was lost is given to another replica once every listener has resolved (or took too
   * long): that is the time to close its connection. Ends when the answer is called.
   */
  onChange(listener: LeasesListener): () => void;
}

export type LeasesListener = () => Promise<void> | void;

/** The lease of whoever is alone. */
const FOREVER: Lease = { epoch: 0, untilMs: Number.POSITIVE_INFINITY };

export const ALONE: Leases = { holds: () => FOREVER, onChange: () => () => undefined };
