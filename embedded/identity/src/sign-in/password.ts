/** First step: name and password. A right one is hashed anew when its hash is cheaper than today's. */

import { isPasswordOf } from '../new-password.js';
import { signInPage } from '../pages/pages.js';
import type { Problem } from '../pages/shell.js';
import type { User } from '../users.js';
import { mustWait, refused, waitProblem } from './outcomes.js';
import type { Interaction, Outcome, SignInParts, StepHandler } from './routes.js';

export const passwordStep: StepHandler = {
  async show(parts, interaction) {
    return pageOf(parts, interaction, interaction.known?.username ?? '', []);
  },

  async read(parts, interaction, form) {
    const { known, address } = interaction;
    const username = known?.username ?? (form.get('username') ?? '').trim();
    const password = form.get('password') ?? '';
    const again = (...problems: readonly Problem[]) => pageOf(parts, interaction, username, problems);
    if (username === '' || password === '') return refused(again(...missing(username, password)));

    const waitMs = parts.backOff.tryOnce(username, address);
    if (waitMs > 0) {
      parts.attempts.inc({ outcome: 'waiting' });
      parts.log.warn({ address, waitMs }, 'A sign-in has to wait after too many wrong passwords.');
      return mustWait(again(waitProblem(waitMs)), waitMs);
    }
    const user = parts.users.byName(username);
    const isRight = await isPasswordOf(parts.users.passwords, user, password);
    if (isRight === 'busy') return refused(again({ text: 'busy' }), 503);
    if (!isRight || user === undefined || !user.isEnabled) {
      parts.attempts.inc({ outcome: 'refused' });
      // No name in the log: people type their password into the wrong field.
      parts.log.warn({ address, subject: user?.id }, 'A sign-in was refused.');
      return refused(again({ text: 'wrongCredentials' }));
    }
    parts.backOff.succeeded(username, address);
    await renewHash(parts, user, password);
    return { kind: 'progress', progress: { accountId: user.id, methods: ['pwd'] } } satisfies Outcome;
  },
};

function pageOf(parts: SignInParts, interaction: Interaction, username: string, problems: readonly Problem[]): string {
  const { language, known } = interaction;
  const signOutUrl = known === undefined ? undefined : parts.signOutUrl;
  return signInPage({ language, username, problems, signOutUrl });
}

function missing(username: string, password: string): readonly Problem[] {
  const problems: Problem[] = [];
  if (username === '') problems.push({ text: 'usernameMissing', field: 'username' });
  if (password === '') problems.push({ text: 'passwordMissing', field: 'password' });
  return problems;
}

/** The only moment at which the password is at hand. It does not hold up or end the sign-in when the machine is too busy for it. */
async function renewHash(
  { users, log }: SignInParts,
  { id, password: encoded }: User,
  password: string,
): Promise<void> {
  if (encoded === undefined || !users.passwords.isOutdated(encoded)) return;
  try {
    await users.change(id, { password: await users.passwords.hash(password) });
  } catch (error) {
    log.warn({ error, subject: id }, 'A password could not be hashed anew; the next sign-in tries again.');
  }
}
