/** Texts of the gateway's own pages, shown where the app cannot be. */

const EN = {
  product: 'Contor',
  tryAgain: 'Try again',
  unreachableTitle: 'The sign-in server cannot be reached',
  unreachableText:
    'It may still be starting. Try again in a few seconds; if it goes on, check that the identity service runs.',
  refusedTitle: 'The sign-in was not completed',
  refusedText: 'The sign-in server did not confirm who you are. Nothing was changed; you can start again.',
  expiredTitle: 'This sign-in has expired',
  expiredText: 'It took longer than ten minutes, or was begun in another browser. You can start again.',
  lockedTitle: 'You cannot come in',
  lockedText: 'Your name and password are right, but your access is locked. Ask the person who manages users.',
  notBuiltTitle: 'The dashboard is not built yet',
  notBuiltText:
    'Its files were not found. Run "npm run build" in the folder of Contor, or set GATEWAY_APP to the built app.',
  notFoundTitle: 'There is no such page',
  notFoundText: 'The address may have changed. Start from the first page.',
  failedTitle: 'Something went wrong on our side',
  failedText: 'The page could not be shown. Try again; if it happens again, tell the person who runs Contor.',
  fullTitle: 'There is no room left',
  fullText: 'Your sign-in could not be saved, because the disk is full. Tell the person who runs Contor.',
} as const;

export type Texts = Readonly<Record<keyof typeof EN, string>>;

const RO: Texts = {
  product: 'Contor',
  tryAgain: 'Încercați din nou',
  unreachableTitle: 'Serverul de autentificare nu poate fi contactat',
  unreachableText:
    'Poate că încă pornește. Încercați din nou peste câteva secunde; dacă persistă, verificați serviciul de identitate.',
  refusedTitle: 'Autentificarea nu a fost încheiată',
  refusedText: 'Serverul de autentificare nu a confirmat cine sunteți. Nu s-a schimbat nimic; puteți începe din nou.',
  expiredTitle: 'Această autentificare a expirat',
  expiredText: 'A durat mai mult de zece minute sau a fost începută în alt browser. Puteți începe din nou.',
  lockedTitle: 'Nu puteți intra',
  lockedText: 'Numele și parola sunt corecte, dar accesul dumneavoastră este blocat. Adresați-vă administratorului.',
  notBuiltTitle: 'Panoul nu este construit încă',
  notBuiltText: 'Fișierele lui nu au fost găsite. Rulați "npm run build" în dosarul Contor sau setați GATEWAY_APP.',
  notFoundTitle: 'Nu există o astfel de pagină',
  notFoundText: 'Poate că adresa s-a schimbat. Începeți de la prima pagină.',
  failedTitle: 'Ceva nu a mers la noi',
  failedText: 'Pagina nu a putut fi afișată. Încercați din nou; dacă se repetă, anunțați administratorul Contor.',
  fullTitle: 'Nu mai este loc',
  fullText: 'Autentificarea nu a putut fi salvată, deoarece discul este plin. Anunțați administratorul Contor.',
};

export const LANGUAGES: Readonly<Record<string, Texts>> = { en: EN, ro: RO };

/** The first language of Accept-Language that we speak. */
export function chooseLanguage(wish: string | undefined): 'en' | 'ro' {
  for (const tag of (wish ?? '').split(',')) {
    const primary = tag.trim().split(/[-;]/)[0]?.toLowerCase();
    if (primary === 'en' || primary === 'ro') return primary;
  }
  return 'en';
}
