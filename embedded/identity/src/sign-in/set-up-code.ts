/** A duty: set up a second factor. The first code both proves that the app has the secret and counts as the second factor of this sign-in. */

import { recoveryPage, setUpCodePage } from '../pages/pages.js';
import type { Problem } from '../pages/shell.js';
import type { User } from '../users.js';
import { mustWait, refused, waitProblem } from './outcomes.js';
import type { Interaction, SignInParts, StepHandler } from './routes.js';

export const setUpCodeStep: StepHandler = {
  show: (parts, interaction, user) => pageOf(parts, interaction, user, []),

  async read(parts, interaction, form, user) {
    if (user === undefined) throw new Error('A duty comes after the proofs.');
    const code = (form.get('code') ?? '').trim();
    const again = (problem: Problem) => pageOf(parts, interaction, user, [problem]);
    if (code === '') return refused(await again({ text: 'codeMissing', field: 'code' }));
    const waitMs = parts.backOff.tryCode(user.id);
    if (waitMs > 0) return mustWait(await again(waitProblem(waitMs)), waitMs);
    const codes = await parts.secondFactor.enrol(user, code);
    if (codes === undefined) return refused(await again({ text: 'codeWrong', field: 'code' }));
    parts.backOff.codeSucceeded(user.id);
    await parts.progress.save(interaction.uid, { accountId: user.id, methods: ['pwd', 'otp'] });
    parts.log.info({ subject: user.id }, 'A second factor was set up.');
    return { kind: 'page', status: 200, page: recoveryPage(interaction.language, codes) };
  },
};

async function pageOf(
  { secondFactor }: SignInParts,
  { language }: Interaction,
  user: User | undefined,
  problems: readonly Problem[],
): Promise<string> {
  if (user === undefined) throw new Error('A duty comes after the proofs.');
  return setUpCodePage({ language, problems, secret: await secondFactor.pending(user), username: user.username });
}
