/** A duty: whoever was given a password chooses their own. What was signed in with the old one ends. */

import { choosePassword } from '../new-password.js';
import { newPasswordPage } from '../pages/pages.js';
import { refused } from './outcomes.js';
import type { StepHandler } from './routes.js';

export const newPasswordStep: StepHandler = {
  async show(_parts, { language }, user) {
    return newPasswordPage({ language, username: user?.username ?? '', problems: [] });
  },

  async read({ users, sessions, progress }, { language, uid, sessionUid }, form, user) {
    const known = progress.of(uid);
    if (user === undefined || known === undefined) throw new Error('A duty comes after the proofs.');
    const chosen = await choosePassword(users.passwords, form, user);
    if (chosen.kind === 'problem') {
      return refused(newPasswordPage({ language, username: user.username, problems: [chosen.problem] }));
    }
    const requiredActions = user.requiredActions.filter((action) => action !== 'UPDATE_PASSWORD');
    await users.change(user.id, { password: chosen.hash, requiredActions });
    await sessions.endAll(user.id, { session: sessionUid, signIn: uid });
    return { kind: 'progress', progress: known };
  },
};
