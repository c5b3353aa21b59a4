/** A browser keeps its own connections. */

import type { Agents } from './agents-node.js';

export function openAgents(): Agents {
  return { options: {}, close: () => undefined };
}
