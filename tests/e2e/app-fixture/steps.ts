/** One step of a walk through the pages, and the two words that steps are written with. */
import type { Page } from 'playwright-core';
import type { FakeGateway } from './fake-gateway.js';

export interface Step {
  readonly name: string;
  readonly walk: (page: Page, gateway: FakeGateway) => Promise<void>;
}

export async function until(holds: () => Promise<boolean>, otherwise: string, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function same(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`expected ${String(expected)}, saw ${String(actual)}`);
}
