/** Parts that the sign-in and the account page share: a new password, a code, the picture for the app, recovery codes. */

import { qrPicture } from '../second-factor/qr.js';
import { encodeBase32, otpauthUri } from '../second-factor/totp.js';
import { type Html, html } from './html.js';
import { field, type Problem } from './shell.js';
import type { Texts } from './texts.js';

/** What a password manager needs to know whose password it keeps. */
export function newPasswordFields(texts: Texts, username: string, problems: readonly Problem[]): Html {
  const isNew = html`type="password" autocomplete="new-password" maxlength="256"`;
  return html`<input type="text" value="${username}" autocomplete="username" readonly hidden>
      ${field(texts, { name: 'newPassword', problems, attributes: isNew, hint: 'newPasswordHint' })}
      ${field(texts, { name: 'repeat', problems, attributes: isNew })}`;
}

export function codeField(texts: Texts, problems: readonly Problem[], hint?: keyof Texts): Html {
  const attributes = html`type="text" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="32"`;
  return field(texts, { name: 'code', problems, attributes, ...(hint === undefined ? {} : { hint }) });
}

export interface SetUpFacts {
  readonly secret: Uint8Array;
  readonly username: string;
}

/** Three steps; the key in groups of four for whoever has to type it. */
export function setUpSteps(texts: Texts, { secret, username }: SetUpFacts, form: Html): Html {
  const uri = otpauthUri(secret, texts.product, username);
  const key = (encodeBase32(secret).match(/.{1,4}/g) ?? []).join(' ');
  return html`<ol class="steps">
      <li><p>${texts.setUpStepApp}</p></li>
      <li><p>${texts.setUpStepScan}</p>${qrPicture(uri, texts.setUpPicture)}
        <p>${texts.setUpByHand} <code>${key}</code></p></li>
      <li><p>${texts.setUpStepCode}</p>${form}</li>
    </ol>`;
}

export function recoveryList(texts: Texts, codes: readonly string[]): Html {
  return html`<p>${texts.recoveryIntro}</p>
    <ul class="recovery">${codes.map((code) => html`<li><code>${code}</code></li>`)}</ul>`;
}
