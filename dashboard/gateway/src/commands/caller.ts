/** Who asks, as far as commands are concerned: what they may, and when and how they last showed who they are. */

import type { Subject } from '@contor/policy';

export interface Caller {
  readonly subject: Subject;
  readonly authenticatedAtMs: number;
  /** RFC 8176: `pwd`, `otp`. */
  readonly methods: readonly string[];
}
