/** Every text of the sign-in pages, by language. English is complete by definition; the others must match it to compile. */

const EN = {
  product: 'Contor',
  signInTitle: 'Sign in',
  signInIntro: 'Sign in to see your meters.',
  username: 'User name',
  password: 'Password',
  signIn: 'Sign in',
  errorPrefix: 'Error: ',
  errorSummary: 'There is a problem',
  usernameMissing: 'Enter your user name.',
  passwordMissing: 'Enter your password.',
  wrongCredentials: 'The user name or the password is not right. Check both and try again.',
  waitSeconds: 'Too many wrong passwords. Wait {count} seconds, then try again.',
  waitMinutes: 'Too many wrong passwords. Wait {count} minutes, then try again.',
  busy: 'Many people are signing in just now. Try again in a few seconds.',
  notSaved: 'The sign-in could not be saved, because the server has no room left. Tell the person who runs it.',
  expiredTitle: 'This sign-in has expired',
  expiredText: 'The page was open for too long, or was opened a second time. Nothing is lost: start again.',
  refusedTitle: 'This sign-in cannot be completed',
  refusedText: 'The address that led here is not complete or not known to us. Start again from the dashboard.',
  failedTitle: 'Something went wrong on our side',
  failedText: 'The sign-in server could not answer. Try again; if it happens again, tell the person who runs it.',
  notFoundTitle: 'There is no such page',
  notFoundText: 'This server only signs people in.',
  backToDashboard: 'Go to the dashboard',
  signOutTitle: 'Sign out',
  signOutText: 'You are about to sign out of Contor on this device.',
  signOut: 'Sign out',
  signedOutTitle: 'You are signed out',
  signedOutText: 'To see your meters again, sign in from the dashboard.',
  language: 'Language',
} as const;

export type Texts = Readonly<Record<keyof typeof EN, string>>;

const RO: Texts = {
  product: 'Contor',
  signInTitle: 'Autentificare',
  signInIntro: 'Autentificați-vă pentru a vedea contoarele.',
  username: 'Nume de utilizator',
  password: 'Parolă',
  signIn: 'Intră în cont',
  errorPrefix: 'Eroare: ',
  errorSummary: 'Există o problemă',
  usernameMissing: 'Introduceți numele de utilizator.',
  passwordMissing: 'Introduceți parola.',
  wrongCredentials: 'Numele de utilizator sau parola nu este corectă. Verificați-le și încercați din nou.',
  waitSeconds: 'Prea multe parole greșite. Așteptați {count} secunde, apoi încercați din nou.',
  waitMinutes: 'Prea multe parole greșite. Așteptați {count} minute, apoi încercați din nou.',
  busy: 'Se autentifică multe persoane chiar acum. Încercați din nou peste câteva secunde.',
  notSaved: 'Autentificarea nu a putut fi salvată, deoarece serverul nu mai are spațiu. Anunțați administratorul.',
  expiredTitle: 'Această autentificare a expirat',
  expiredText: 'Pagina a fost deschisă prea mult timp sau a doua oară. Nu s-a pierdut nimic: începeți din nou.',
  refusedTitle: 'Această autentificare nu poate fi încheiată',
  refusedText: 'Adresa care a condus aici este incompletă sau necunoscută. Începeți din nou din panou.',
  failedTitle: 'Ceva nu a mers la noi',
  failedText:
    'Serverul de autentificare nu a putut răspunde. Încercați din nou; dacă se repetă, anunțați administratorul.',
  notFoundTitle: 'Nu există o astfel de pagină',
  notFoundText: 'Acest server se ocupă doar de autentificare.',
  backToDashboard: 'Mergeți la panou',
  signOutTitle: 'Deconectare',
  signOutText: 'Sunteți pe cale să vă deconectați de la Contor pe acest dispozitiv.',
  signOut: 'Deconectare',
  signedOutTitle: 'V-ați deconectat',
  signedOutText: 'Pentru a vedea din nou contoarele, autentificați-vă din panou.',
  language: 'Limbă',
};

export const LANGUAGES = {
  en: { name: 'English', texts: EN as Texts },
  ro: { name: 'Română', texts: RO },
} as const;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && Object.hasOwn(LANGUAGES, tag);
}

/** The first language of a wish list that we speak (RFC 9110, 12.5.4, in the order given: browsers send them sorted). */
export function chooseLanguage(...wishes: readonly (string | undefined)[]): Language {
  for (const wish of wishes) {
    for (const tag of (wish ?? '').split(/[\s,]+/)) {
      const primary = tag.split(/[-;]/)[0]?.toLowerCase();
      if (isLanguage(primary)) return primary;
    }
  }
  return 'en';
}
