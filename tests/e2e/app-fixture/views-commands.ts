/** Commands to meters, from the wish to what the meter showed afterwards. */
import type { Page } from 'playwright-core';
import type { FakeGateway } from './fake-gateway.js';
import type { View } from './view.js';

export const COMMAND_VIEWS: readonly View[] = [
  { name: 'commands', path: '/commands' },
  { name: 'commands-all', path: '/commands?show=all' },
  { name: 'commands-empty', path: '/commands', scene: 'empty' },
  { name: 'commands-failed', path: '/commands', scene: 'failed' },
  { name: 'commands-loading', path: '/commands', scene: 'slow' },
  { name: 'commands-new', path: '/commands', act: openBulk },
  { name: 'commands-frozen', path: '/commands', person: 'dan', act: freeze },
  { name: 'commands-stopped', path: '/commands', person: 'dan', act: stopAndAgree },
  { name: 'command', path: '/commands/one', person: 'dan' },
  { name: 'command-many', path: '/commands/many', person: 'dan', act: openApproval },
  { name: 'command-reject', path: '/commands/many', person: 'dan', act: openRejection },
  { name: 'command-stale', path: '/commands/one', person: 'dan', act: growOld },
  { name: 'command-own', path: '/commands/one', person: 'ioana' },
  { name: 'command-unknown-outcome', path: '/commands/sent' },
  { name: 'command-done', path: '/commands/one', person: 'dan', act: approve },
  { name: 'command-not-there', path: '/commands/nothing' },
  { name: 'meter-supply', path: '/meters/e350-0004' },
  { name: 'meter-request', path: '/meters/e350-0004', act: openRequest },
  { name: 'meter-request-faults', path: '/meters/e350-0004', act: sendTooEarly },
  { name: 'meter-request-check', path: '/meters/e350-0004', act: checkRequest },
  { name: 'meter-requested', path: '/meters/e350-0004', act: sendRequest },
  { name: 'site-consent', path: '/sites/tulip-street', act: giveConsent },
];

async function openBulk(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Ask for a command' }).click();
  const picker = page.getByRole('dialog').getByRole('combobox').last();
  for (const meter of ['street 4', 'street 5']) {
    await picker.fill(meter);
    await picker.press('Enter');
  }
}

async function freeze(page: Page, gateway: FakeGateway): Promise<void> {
  gateway.commands.freeze('More disconnects than 5 an hour were approved.');
  await page.reload();
  await page.getByRole('heading', { name: 'Commands are frozen' }).waitFor();
}

async function stopAndAgree(page: Page): Promise<void> {
  await page.locator('.stop-switch').click();
  await page.getByRole('alertdialog').locator('.main').click();
  await page.getByRole('button', { name: 'Let commands run again' }).click();
  await page.getByRole('alertdialog').getByLabel('Reason').fill('The list is right after all');
  await page.getByRole('alertdialog').locator('.main').click();
  await page.getByText(/Agreed so far: 1 of 2/).waitFor();
}

async function openApproval(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByRole('alertdialog').waitFor();
}

async function openRejection(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Reject' }).click();
  await page.getByRole('alertdialog').waitFor();
}

async function growOld(page: Page, gateway: FakeGateway): Promise<void> {
  gateway.letSignInAge();
  await page.reload();
  await page.getByRole('button', { name: 'Sign in again to approve' }).waitFor();
}

async function approve(page: Page): Promise<void> {
  await openApproval(page);
  await page.getByRole('alertdialog').locator('.main').click();
  await page.getByText('Disconnected').first().waitFor({ timeout: 10_000 });
}

async function openRequest(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Limit power' }).click();
  await page.getByRole('dialog').waitFor();
}

async function sendTooEarly(page: Page): Promise<void> {
  await openRequest(page);
  await page.getByRole('button', { name: 'Next' }).click();
}

async function checkRequest(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Disconnect', exact: true }).click();
  await page.getByLabel('Reason').fill('Contract ended, keys handed back');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText(/You ask to switch off/).waitFor();
}

async function sendRequest(page: Page): Promise<void> {
  await checkRequest(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Ask for it' }).click();
  await page.getByText('To be decided').waitFor();
}

async function giveConsent(page: Page): Promise<void> {
  await page.getByRole('switch').click();
  await page.getByText('Consent is recorded.').waitFor();
}
