/** Passes three and four of high level security, of either side: IEC 62056-5-3, 5.3.4.3; IEC 62056-6-2, reply_to_HLS_authentication. */

import type { CipherKeys } from '../codec/security/gcm.js';
import { answerChallenge, isAnswer } from '../codec/security/hls.js';
import type { MethodDescriptor } from '../codec/xdlms/fields.js';

/** The current association, 0-0:40.0.0, and its first method. */
export const HLS_METHOD: MethodDescriptor = {
  classId: 15,
  instanceId: Uint8Array.of(0, 0, 40, 0, 0, 255),
  methodId: 1,
};

export interface Pass {
  readonly mechanism: number;
  readonly secret?: Uint8Array;
  readonly keys?: CipherKeys;
  readonly suite: number;
  /** Of who answers, and of who asked. */
  readonly answererTitle?: Uint8Array;
  readonly askerTitle?: Uint8Array;
  readonly challenge: Uint8Array;
  readonly answererChallenge: Uint8Array;
}

const GMAC = 5;
const GMAC_ANSWER_SIZE = 17;
const GMAC_CONTROL = 0x10;

/** `invocationCounter` is needed by mechanism 5 alone. */
export function answerPass(pass: Pass, invocationCounter?: number): Uint8Array {
  const { mechanism, secret, keys, suite, answererTitle, askerTitle, challenge, answererChallenge } = pass;
  return answerChallenge(mechanism, {
    challenge,
    suite,
    ownChallenge: answererChallenge,
    ...(secret !== undefined && { secret }),
    ...(keys !== undefined && { keys }),
    ...(answererTitle !== undefined && { ownSystemTitle: answererTitle }),
    ...(askerTitle !== undefined && { peerSystemTitle: askerTitle }),
    ...(invocationCounter !== undefined && { invocationCounter }),
  });
}

/** Whether the answer is right, in constant time; with mechanism 5 also the counter that it was made with. */
export function checkPass(pass: Pass, answer: Uint8Array): { readonly isRight: boolean; readonly counter?: number } {
  if (pass.mechanism !== GMAC) return { isRight: isAnswer(answerPass(pass), answer) };
  if (answer.length !== GMAC_ANSWER_SIZE || answer[0] !== (GMAC_CONTROL | pass.suite)) return { isRight: false };
  const counter = new DataView(answer.buffer, answer.byteOffset).getUint32(1);
  return { isRight: isAnswer(answerPass(pass, counter), answer), counter };
}
