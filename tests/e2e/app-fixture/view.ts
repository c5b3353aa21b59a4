import type { Page } from 'playwright-core';
import type { FakeGateway, Scene } from './fake-gateway.js';

/** A page in a state that is worth looking at. */
export interface View {
  readonly name: string;
  readonly path: string;
  readonly scene?: Scene;
  /** Who looks, when it is not the one with all roles. */
  readonly person?: string;
  /** What to do before looking. */
  readonly act?: (page: Page, gateway: FakeGateway) => Promise<void>;
}
