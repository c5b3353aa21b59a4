/** How long what is kept, per tenant and entity type; set by the operator, durable in a file of its own, forever by default. */

import type { Checkpoint } from '@contor/kit';

export interface RetentionRule {
  readonly tenant: string;
  /** Every type of the tenant when it is absent. */
  readonly type?: string | undefined;
  readonly days: number;
}

const DAY_MS = 86_400_000;
/** Rules an operator can oversee; each is looked at for each table. */
export const MAX_RULES = 1_000;

export class Retention {
  readonly #file: Checkpoint;
  #rules: readonly RetentionRule[];

  private constructor(file: Checkpoint, rules: readonly RetentionRule[]) {
    this.#file = file;
    this.#rules = rules;
  }

  static async open(file: Checkpoint): Promise<Retention> {
    const bytes = await file.read();
    return new Retention(file, bytes === undefined ? [] : JSON.parse(new TextDecoder().decode(bytes)));
  }

  get rules(): readonly RetentionRule[] {
    return this.#rules;
  }

  /** Durable when it resolves. */
  async replace(rules: readonly RetentionRule[]): Promise<void> {
    await this.#file.write(new TextEncoder().encode(JSON.stringify(rules)));
    this.#rules = rules;
  }

  /** The first instant that is kept; undefined: everything is. The rule of the type goes before that of the tenant. */
  keptFrom({ tenant, type }: { readonly tenant: string; readonly type: string }, nowMs: number): number | undefined {
    const own = this.#rules.filter((rule) => rule.tenant === tenant);
    const rule = own.find((each) => each.type === type) ?? own.find((each) => each.type === undefined);
    // Whole days: one erasure a day, and not one in each round.
    return rule === undefined ? undefined : (Math.floor(nowMs / DAY_MS) - rule.days) * DAY_MS;
  }
}
