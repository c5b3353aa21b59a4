/** What is drawn, cut or killed again and again has two lengths: a short one in `npm test`, and a long one in `npm run test:long`. */

export const IS_LONG = process.env.CONTOR_LONG === '1';

export function times(few: number, many: number): number {
  return IS_LONG ? many : few;
}
