/** The pages about people and their rights, in the states they can be in. */
import type { Page } from 'playwright-core';
import type { View } from './view.js';

export const ACCESS_VIEWS: readonly View[] = [
  { name: 'profile', path: '/profile' },
  { name: 'profile-former-tenant', path: '/profile', person: 'ioana' },
  { name: 'profile-failed', path: '/profile', scene: 'failed' },
  { name: 'sessions', path: '/sessions' },
  { name: 'sessions-end', path: '/sessions', act: askToEnd },
  { name: 'sessions-empty', path: '/sessions', scene: 'empty' },
  { name: 'sessions-loading', path: '/sessions', scene: 'slow' },
  { name: 'sessions-forbidden', path: '/sessions', scene: 'forbidden' },
];

async function askToEnd(page: Page): Promise<void> {
  await page.locator('.button.danger', { hasText: 'End' }).nth(2).click();
  await page.getByRole('alertdialog').waitFor();
}
