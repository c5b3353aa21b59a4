/** A new password that somebody chose: is it good, are both the same, is it new. For the sign-in and for the account page. */

import type { Problem } from './pages/shell.js';
import { faultOfPassword } from './password-policy.js';
import { PASSWORD_LIMIT, PasswordQueueFull, type Passwords } from './passwords.js';
import { fullNameOf, type User } from './users.js';

export type ChosenPassword =
  | { readonly kind: 'hash'; readonly hash: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

export async function choosePassword(passwords: Passwords, form: URLSearchParams, user: User): Promise<ChosenPassword> {
  const password = form.get('newPassword') ?? '';
  const refuse = (problem: Problem): ChosenPassword => ({ kind: 'problem', problem });
  const fault = faultOfPassword(password, namesOf(user));
  if (fault !== undefined) return refuse({ text: fault, field: 'newPassword' });
  if (password !== form.get('repeat')) return refuse({ text: 'passwordsDiffer', field: 'repeat' });
  const isSame = await isPasswordOf(passwords, user, password);
  if (isSame === 'busy') return refuse({ text: 'busy' });
  if (isSame) return refuse({ text: 'passwordSame', field: 'newPassword' });
  return { kind: 'hash', hash: await passwords.hash(password) };
}

/** Takes the same time for nobody's password. */
export async function isPasswordOf(
  passwords: Passwords,
  user: User | undefined,
  password: string,
): Promise<boolean | 'busy'> {
  if (password.length > PASSWORD_LIMIT) return false;
  try {
    return await passwords.verify(password, user?.password);
  } catch (error) {
    if (error instanceof PasswordQueueFull) return 'busy';
    throw error;
  }
}

function namesOf(user: User): readonly string[] {
  return [user.username, ...fullNameOf(user).split(/\s+/)];
}
