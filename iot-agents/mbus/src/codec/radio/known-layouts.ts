/**
 * Layouts of compact frames that meters send before any full frame was heard. A row proves itself: its checksum is the
 * signature in the compact frames. Kamstrup Multical 21, 302, 403, 603, FlowIQ 2200 and OmniPower, from the tables of
 * wmbusmeters/wmbusmeters:src/wmbus.cc and the full telegrams in its drivers/src/kamheat.xmq (facts only).
 */

import { fromHex, WireError } from '@contor/kit';
import { type Layout, layoutOfHeaders } from '../record/layout.js';

const HEADERS = [
  '030643060314426c022d01ff21',
  '030e430e0313426c022d01ff21',
  '040604ff0704ff080414043b0259025d04ff22026c44064414426c',
  '040404843c042b04ab3c',
  '02ff2004134413',
  '02ff200413523b',
  '02ff2004134413615b5167',
  '02ff2004134413615b6167',
  '02ff2004134413a1015b8101e7ff0f',
  '02ff20041392013ba1015b8101e7ff0f',
  '04ff234413523b06ff1b426c61675167023b04138101e7ff0f',
] as const;

export const KNOWN_LAYOUTS: readonly Layout[] = HEADERS.flatMap((hex) => {
  const layout = layoutOfHeaders(fromHex(hex));
  return layout instanceof WireError ? [] : [layout];
});
