/** The ways of administrators and of those whose rights they change. */
import type { Page } from 'playwright-core';
import { type Step, same, until } from './steps.js';

export const ACCESS_STEPS: readonly Step[] = [
  {
    name: 'any page is three steps away from any other by keyboard: Ctrl+K, letters, Enter',
    walk: async (page, gateway) => {
      await page.goto(gateway.url);
      await page.getByRole('heading', { level: 1, name: 'Live' }).waitFor();
      for (const [letters, heading] of [
        ['audit', 'Audit trail'],
        ['roles', 'Roles'],
        ['partn', 'Partners'],
        ['profile', 'Profile'],
        ['street 12', 'Tulip Street 12'],
      ] as const) {
        await page.keyboard.press('Control+k');
        await page.locator('[role=dialog] input:focus').waitFor();
        await page.keyboard.type(letters);
        await page.keyboard.press('Enter');
        await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      }
    },
  },
  {
    name: 'an account is made, its password is shown once and is nowhere afterwards',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/people`);
      await page.getByRole('button', { name: 'New account' }).click();
      await page.getByRole('button', { name: 'Make account' }).click();
      await page.getByText('Write the name of the person.').waitFor();
      await page.getByLabel('Full name').fill('Vlad Enache');
      await page.getByLabel('Name to sign in with').fill('vlad');
      await page.getByRole('button', { name: 'Make account' }).click();
      await page.getByText('basil-otter-lantern-42').waitFor();
      // A stray click beside it must not lose it.
      await page.mouse.click(5, 5);
      await page.getByText('basil-otter-lantern-42').waitFor();
      await page.getByRole('button', { name: 'I have it, close' }).click();
      await page.getByRole('heading', { level: 1, name: 'Vlad Enache' }).waitFor();
      same((await page.content()).includes('basil-otter-lantern-42'), false);
    },
  },
  {
    name: 'roles and a place with days are given, and are what the gateway keeps',
    walk: async (page, gateway) => {
      await page.getByRole('checkbox', { name: /^Viewer/ }).check();
      await page.getByRole('button', { name: 'Add a place' }).click();
      await page.getByRole('combobox').fill('tulip street');
      await page.getByRole('combobox').press('Enter');
      await page.getByLabel('First day of Tulip Street').fill('2026-02-01');
      await page.getByLabel('Last day of Tulip Street').fill('2026-02-28');
      await page.getByRole('button', { name: 'Save rights' }).click();
      await page.getByText(/are saved and count from now on/).waitFor();
      const { roles, grants } = gateway.access.entryOf('vlad');
      same(JSON.stringify(roles), '["viewer"]');
      const [grant] = grants as readonly { to: string; fromMs: number; toMs: number }[];
      same(grant?.to, 'urn:ngsi-ld:Site:tulip-street');
      same(new Date(grant?.toMs ?? 0).getTime() - new Date(grant?.fromMs ?? 0).getTime(), 28 * 86_400_000);
    },
  },
  {
    name: 'somebody who was quicker is noticed, and nothing of theirs is lost',
    walk: async (page, gateway) => {
      gateway.access.changePerson('vlad', { roles: ['customer'] });
      await page.getByRole('checkbox', { name: /^Supplier/ }).check();
      await page.getByRole('button', { name: 'Save rights' }).click();
      await page.getByText(/Somebody else has changed these rights meanwhile/).waitFor();
      await until(() => page.getByRole('checkbox', { name: /^Customer/ }).isChecked(), 'their state is not shown');
      same(await page.getByRole('checkbox', { name: /^Supplier/ }).isChecked(), false);
      same(JSON.stringify(gateway.access.entryOf('vlad').roles), '["customer"]');
    },
  },
  {
    name: 'a sign-in that is too old is renewed, and the ticks in the matrix are still there',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/roles`);
      gateway.letSignInAge();
      await page.reload();
      const box = page.getByRole('checkbox', { name: 'Viewer may: Save readings as files (CSV)' });
      await box.check();
      await page.getByText('1 change not saved').waitFor();
      await page.getByText(/You will be asked to sign in again/).waitFor();
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText(/You have signed in again/).waitFor();
      same(await box.isChecked(), true);
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('Saved. The new rights count from now on.').waitFor();
      same(gateway.access.functionsOf('elena').includes('export.csv'), true);
    },
  },
  {
    name: 'two editors of one role keep what both did',
    walk: async (page, gateway) => {
      await page.getByRole('checkbox', { name: 'Viewer may: Make and see reports' }).check();
      gateway.access.changeRole('viewer', { functions: ['live.view', 'admin.health'] });
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText(/Somebody else has just changed Viewer/).waitFor();
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByText('Saved. The new rights count from now on.').waitFor();
      same(gateway.access.functionsOf('elena').join(), 'live.view,admin.health,report.view');
    },
  },
  {
    name: 'a special permission is looked at twice',
    walk: async (page, gateway) => {
      await page.getByRole('checkbox', { name: 'Customer may: Approve what somebody else asked for' }).check();
      await page.getByRole('button', { name: 'Save changes' }).click();
      await page.getByRole('alertdialog').getByText('Customer: Approve what somebody else asked for').waitFor();
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Discard' }).click();
      same(await page.getByText(/not saved/).count(), 0);
      same(gateway.access.functionsOf('mihai').includes('supply.approve'), false);
    },
  },
  {
    name: 'a role taken away closes its page and its menu entry as soon as the window is looked at',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/audit`);
      await page.getByRole('tab', { name: 'Application' }).waitFor();
      gateway.access.changePerson('manager', { roles: ['manager'] });
      await page.waitForTimeout(2_100);
      await page.evaluate("window.dispatchEvent(new Event('focus'))");
      await page.getByText('This page is not part of your account').waitFor();
      same(await page.getByRole('link', { name: 'Audit trail' }).count(), 0);
      same(await page.getByRole('link', { name: 'People' }).count(), 1);
    },
  },
  {
    name: 'and comes back with the role, without a reload; a refused call is enough to notice',
    walk: async (page, gateway) => {
      await page.evaluate("window.stillHere = 'yes'");
      gateway.access.changePerson('manager', { roles: ['manager', 'data-administrator', 'operator'] });
      await page.waitForTimeout(2_100);
      await page.evaluate("window.dispatchEvent(new Event('focus'))");
      await page.getByRole('tab', { name: 'Application' }).waitFor();
      gateway.access.changePerson('manager', { roles: ['manager'] });
      await page.getByLabel('User').fill('dan');
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByText('This page is not part of your account').waitFor();
      same(await page.evaluate('window.stillHere'), 'yes');
      gateway.access.changePerson('manager', { roles: ['manager', 'data-administrator', 'operator'] });
    },
  },
  {
    name: 'the trail: arrows change the log, the address keeps the search, older records follow',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/audit?actor=dan&from=2026-01-01`);
      await page.getByRole('tab', { name: 'Application' }).focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      await page.waitForURL(/log=parametrisation/);
      same(new URL(page.url()).searchParams.get('actor'), 'dan');
      await page.goto(`${gateway.url}/audit?from=2026-01-01`);
      await page.getByText('100 records').waitFor();
      await page.getByRole('button', { name: 'Show older' }).click();
      await page.getByText('200 records').waitFor();
      const waiting = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Save as CSV' }).click();
      same((await waiting).suggestedFilename(), 'audit.csv');
    },
  },
  {
    name: 'one’s own session is ended, and one is out',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/profile`);
      await page.getByRole('button', { name: /End the session of manager from 198/ }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'End' }).click();
      await page.getByText('The session of manager has ended.').waitFor();
      await until(async () => (await sessionRows(page)) === 1, 'the session is still there');
    },
  },
];

function sessionRows(page: Page): Promise<number> {
  return page.getByRole('table', { name: 'Where you are signed in' }).locator('tbody tr').count();
}
