/** A disconnect from the wish to what the meter showed, by two people; and the switch. */
import { type Step, same } from './steps.js';

export const COMMAND_STEPS: readonly Step[] = [
  {
    name: 'a viewer sees the supply of a meter and nothing to ask of it',
    walk: async (page, gateway) => {
      gateway.signInAs('elena');
      await page.goto(`${gateway.url}/meters/e350-0004`);
      await page.getByText('Connected', { exact: true }).waitFor();
      same(await page.getByRole('button', { name: 'Disconnect' }).count(), 0);
      same(await page.locator('.stop-switch').count(), 0);
    },
  },
  {
    name: 'an operator asks in two steps, the second of which names meter, point and customers',
    walk: async (page, gateway) => {
      gateway.signInAs('ioana');
      await page.goto(`${gateway.url}/meters/e350-0004`);
      await page.getByRole('button', { name: 'Disconnect' }).click();
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText('Say why, in three characters at least.').waitFor();
      await page.getByLabel('Reason').fill('Contract ended');
      await page.getByRole('button', { name: 'Next' }).click();
      await page
        .getByText('You ask to switch off Tulip Street 4 at Tulip Street 4. Without electricity then: 2 customers.')
        .waitFor();
      await page.getByRole('button', { name: 'Ask for it' }).click();
      await page.getByText('To be decided').waitFor();
      same(gateway.commands.breakerOf('urn:ngsi-ld:Device:e350-0004'), 'connected');
    },
  },
  {
    name: 'one’s own request can be withdrawn, not approved',
    walk: async (page) => {
      await page.getByRole('link', { name: 'See it' }).click();
      await page.getByRole('heading', { level: 1, name: 'Disconnect: 1 meter' }).waitFor();
      await page.getByRole('button', { name: 'Withdraw' }).waitFor();
      same(await page.getByRole('button', { name: /Approve|approve/ }).count(), 0);
    },
  },
  {
    name: 'an approver with an old sign-in comes back into the same question, and nothing is approved by coming back',
    walk: async (page, gateway) => {
      const address = page.url();
      gateway.signInAs('dan');
      gateway.letSignInAge();
      await page.goto(address);
      await page.getByRole('button', { name: 'Sign in again to approve' }).click();
      await page.getByRole('alertdialog', { name: 'Approve this request?' }).waitFor();
      same(page.url(), address);
      await page.getByText('To be decided').first().waitFor();
    },
  },
  {
    name: 'the approval names the meters; afterwards the meter is read back',
    walk: async (page, gateway) => {
      await page.getByRole('alertdialog').getByText('Meter e350-0004').waitFor();
      await page.getByRole('button', { name: 'Approve for 1 meter' }).click();
      await page.getByText('Approved. The command service takes it from here.').waitFor();
      await page.getByRole('cell', { name: 'Disconnected' }).waitFor({ timeout: 15_000 });
      await page.getByRole('link', { name: 'Meter e350-0004' }).click();
      await page.getByText('Disconnected', { exact: true }).waitFor({ timeout: 15_000 });
      same(gateway.commands.breakerOf('urn:ngsi-ld:Device:e350-0004'), 'disconnected');
    },
  },
  {
    name: 'a request is rejected with a reason',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/commands`);
      await page.getByRole('link', { name: /Limit power/ }).click();
      await page.getByRole('button', { name: 'Reject' }).click();
      same(await page.getByRole('alertdialog').getByRole('button', { name: 'Reject' }).isDisabled(), true);
      await page.getByLabel('Why not').fill('The feeder is repaired');
      await page.getByRole('alertdialog').getByRole('button', { name: 'Reject' }).click();
      await page.getByText('The request is rejected.').waitFor();
    },
  },
  {
    name: 'the switch stops everything with Enter and Enter',
    walk: async (page) => {
      await page.locator('.stop-switch').focus();
      await page.keyboard.press('Enter');
      await page.getByRole('alertdialog', { name: 'Stop all commands to meters?' }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByText(/All commands are stopped since/).waitFor();
    },
  },
  {
    name: 'one voice does not let them run again, two do',
    walk: async (page, gateway) => {
      await page.goto(`${gateway.url}/commands`);
      await page.getByRole('button', { name: 'Let commands run again' }).click();
      await page.getByRole('alertdialog').getByLabel('Reason').fill('The list is right');
      await page.getByRole('alertdialog').getByRole('button', { name: 'Let commands run again' }).click();
      await page.getByText('Your voice counts. 1 of 2 have agreed.').waitFor();
      await page.getByText('You have agreed already; another person has to.').waitFor();
      gateway.access.changePerson('elena', { roles: ['approver'] });
      gateway.signInAs('elena');
      await page.reload();
      await page.getByRole('button', { name: 'Let commands run again' }).click();
      await page.getByRole('alertdialog').getByLabel('Reason').fill('I have looked too');
      await page.getByRole('alertdialog').getByRole('button', { name: 'Let commands run again' }).click();
      await page.getByText('Commands run again.').waitFor();
      same(await page.getByText(/All commands are stopped/).count(), 0);
    },
  },
  {
    name: 'several meters are asked for at once',
    walk: async (page, gateway) => {
      gateway.signInAs('ioana');
      await page.goto(`${gateway.url}/commands`);
      await page.getByRole('button', { name: 'Ask for a command' }).click();
      await page.getByLabel('What').selectOption({ label: 'Limit power' });
      const picker = page.getByRole('dialog').getByRole('combobox').last();
      for (const meter of ['street 14', 'street 15']) {
        await picker.fill(meter);
        await picker.press('Enter');
      }
      await page.getByLabel('Power in watts').fill('2500');
      await page.getByLabel('Reason').fill('Feeder 4 is repaired');
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByText(/You ask to limit 2 meters .* to 2500 W/).waitFor();
      await page.getByRole('button', { name: 'Ask for it' }).click();
      await page.getByRole('heading', { level: 1, name: 'Limit power: 2 meters' }).waitFor();
    },
  },
  {
    name: 'consent is given and taken back, and the switch shows what is recorded',
    walk: async (page, gateway) => {
      gateway.signInAs('manager');
      await page.goto(`${gateway.url}/sites/tulip-street`);
      const consent = page.getByRole('switch', { name: /The site agrees to profiling/ });
      await consent.click();
      await page.getByText('Consent is recorded.').waitFor();
      await page.getByText(/recorded by Ana Ionescu/).waitFor();
      same(await consent.isChecked(), true);
      await consent.press('Space');
      await page.getByText('Consent is withdrawn; profiling of this site stops.').waitFor();
    },
  },
];
