/** Which persistent sessions a topic goes to, and with which QoS. */

import type { Session } from './session.js';
import { FilterTree } from './topics.js';

/** One session a publication goes to, and the QoS it goes with (3.3.5: the lower of the publisher's and the subscriber's). */
export interface Aim {
  readonly session: Session;
  readonly qos: number;
}

export class Routes {
  readonly #tree = new FilterTree<Aim>();
  readonly #must = new FilterTree<true>();
  readonly #held: Session;

  /** `held` gets what matches `mustDeliver` and nobody's subscription. */
  constructor(mustDeliver: readonly string[], held: Session) {
    this.#held = held;
    for (const filter of mustDeliver) this.#must.add(filter, true);
  }

  mustDeliver(topic: string): boolean {
    return this.#must.match(topic).length > 0;
  }

  aims(topic: string, qos: number): readonly Aim[] {
    const matches = this.#tree.match(topic);
    if (matches.length === 0) return this.mustDeliver(topic) ? [{ session: this.#held, qos }] : [];
    const best = new Map<Session, number>();
    for (const { session, qos: granted } of matches) {
      best.set(session, Math.max(best.get(session) ?? 0, Math.min(granted, qos)));
    }
    return [...best].map(([session, atQos]) => ({ session, qos: atQos }));
  }

  /** QoS 0 is remembered with the session and delivered live, so it is no route. */
  link(session: Session, filter: string, qos: number): void {
    this.unlink(session, filter);
    session.subscriptions.set(filter, qos);
    if (qos === 0) return;
    const aim: Aim = { session, qos };
    this.#tree.add(filter, aim);
    session.links.set(filter, () => this.#tree.remove(filter, aim));
  }

  unlink(session: Session, filter: string): void {
    session.subscriptions.delete(filter);
    session.links.get(filter)?.();
    session.links.delete(filter);
  }
}
