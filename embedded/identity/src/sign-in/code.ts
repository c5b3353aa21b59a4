/** Second step: a code of the app, or a recovery code. */

import { codePage } from '../pages/pages.js';
import { mustWait, refused, waitProblem } from './outcomes.js';
import type { StepHandler } from './routes.js';

export const codeStep: StepHandler = {
  async show(_parts, { language }) {
    return codePage({ language, problems: [] });
  },

  async read(parts, { language, address }, form, user) {
    if (user === undefined) throw new Error('The second step comes after the first.');
    const code = (form.get('code') ?? '').trim();
    if (code === '') return refused(codePage({ language, problems: [{ text: 'codeMissing', field: 'code' }] }));
    const waitMs = parts.backOff.tryCode(user.id);
    if (waitMs > 0) {
      parts.attempts.inc({ outcome: 'waiting' });
      return mustWait(codePage({ language, problems: [waitProblem(waitMs)] }), waitMs);
    }
    if (!(await parts.secondFactor.check(user, code))) {
      parts.attempts.inc({ outcome: 'refused' });
      parts.log.warn({ address, subject: user.id }, 'A code of a second factor was refused.');
      return refused(codePage({ language, problems: [{ text: 'codeWrong', field: 'code' }] }));
    }
    parts.backOff.codeSucceeded(user.id);
    return { kind: 'progress', progress: { accountId: user.id, methods: ['pwd', 'otp'] } };
  },
};
