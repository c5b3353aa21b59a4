/** The pages about people and their rights, in the states they can be in. */
import type { Page } from 'playwright-core';
import type { FakeGateway } from './fake-gateway.js';
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
  { name: 'people', path: '/people' },
  { name: 'people-search', path: '/people', act: (page) => page.getByRole('searchbox').fill('operator') },
  { name: 'people-new', path: '/people', act: openAccountForm },
  { name: 'people-made', path: '/people', act: makeAccount },
  { name: 'people-empty', path: '/people', scene: 'empty' },
  { name: 'people-failed', path: '/people', scene: 'failed' },
  { name: 'people-loading', path: '/people', scene: 'slow' },
  { name: 'person', path: '/people/subject-mihai' },
  { name: 'person-own', path: '/people/subject-manager' },
  { name: 'person-editing', path: '/people/subject-elena', act: editRights },
  { name: 'person-specials', path: '/people/subject-elena', act: giveSpecial },
  { name: 'person-places', path: '/people/subject-elena', act: addPlace },
  { name: 'person-unknown', path: '/people/subject-nobody' },
  { name: 'person-by-administrator', path: '/people/subject-elena', person: 'radu', act: addPlace },
  { name: 'roles', path: '/roles' },
  { name: 'roles-editing', path: '/roles', act: tickTwice },
  { name: 'roles-specials', path: '/roles', act: tickSpecial },
  { name: 'roles-conflict', path: '/roles', act: meetAnother },
  { name: 'roles-new', path: '/roles', act: openRoleForm },
  { name: 'roles-loading', path: '/roles', scene: 'slow' },
  { name: 'partners', path: '/partners' },
  { name: 'partners-empty', path: '/partners', scene: 'empty' },
  { name: 'partners-failed', path: '/partners', scene: 'failed' },
  { name: 'partner', path: '/partners/lumina' },
  { name: 'partner-key', path: '/partners/lumina', act: makeKey },
  { name: 'audit', path: '/audit' },
  { name: 'audit-parametrisation', path: '/audit?log=parametrisation&from=2026-01-01&actor=dan' },
  { name: 'audit-detail', path: '/audit?log=parametrisation', act: openRecord },
  { name: 'audit-empty', path: '/audit', scene: 'empty' },
  { name: 'audit-failed', path: '/audit', scene: 'failed' },
  { name: 'audit-loading', path: '/audit', scene: 'slow' },
  { name: 'audit-none', path: '/audit?actor=nobody' },
];

async function openRecord(page: Page): Promise<void> {
  await page.locator('.opener').nth(1).click();
  await page.getByRole('dialog').waitFor();
}

async function openAccountForm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New account' }).click();
  await page.getByRole('dialog').waitFor();
}

async function makeAccount(page: Page): Promise<void> {
  await openAccountForm(page);
  await page.getByLabel('Full name').fill('Vlad Enache');
  await page.getByLabel('Name to sign in with').fill('vlad');
  await page.getByRole('button', { name: 'Make account' }).click();
  await page.getByText('basil-otter-lantern-42').waitFor();
}

async function editRights(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: /^Customer/ }).check();
  await page
    .getByLabel(/^Last day of/)
    .first()
    .fill('2026-12-31');
}

async function giveSpecial(page: Page): Promise<void> {
  await page.getByRole('checkbox', { name: /^Operator/ }).check();
  await page.getByRole('button', { name: 'Save rights' }).click();
  await page.getByRole('alertdialog').waitFor();
}

async function addPlace(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add a place' }).click();
  await page.locator('.adding input').fill('street');
}

async function box(page: Page, role: string, permission: string): Promise<void> {
  const select = page.getByLabel('Show role');
  if (await select.isVisible()) await select.selectOption({ label: role });
  await page.getByRole('checkbox', { name: `${role} may: ${permission}` }).click();
}

async function tickTwice(page: Page): Promise<void> {
  await page.getByRole('region', { name: 'Roles' }).waitFor();
  await box(page, 'Viewer', 'Save readings as files (CSV)');
  await box(page, 'Viewer', 'See past readings as charts and tables');
}

async function tickSpecial(page: Page): Promise<void> {
  await tickTwice(page);
  await box(page, 'Viewer', 'Approve what somebody else asked for');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByRole('alertdialog').waitFor();
}

async function meetAnother(page: Page, gateway: FakeGateway): Promise<void> {
  await tickTwice(page);
  gateway.access.changeRole('viewer', { functions: ['live.view', 'history.view', 'site.view', 'report.view'] });
  await page.getByRole('button', { name: 'Save changes' }).click();
  await page.getByText(/Somebody else has just changed/).waitFor();
}

async function openRoleForm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'New role' }).click();
  await page.getByRole('dialog').waitFor();
}

async function makeKey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Make a key' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make a key' }).click();
  await page.getByText(/^contor_9f3kQ2_/).waitFor();
}

async function askToEnd(page: Page): Promise<void> {
  await page.locator('.button.danger', { hasText: 'End' }).nth(2).click();
  await page.getByRole('alertdialog').waitFor();
}
