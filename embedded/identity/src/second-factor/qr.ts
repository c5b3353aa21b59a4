/** The picture that an authenticator app reads: one SVG path, drawn into the page, because a page that loads nothing leaks nothing. */

import encodeQR from 'qr';
import { Html, html } from '../pages/html.js';

/** ISO/IEC 18004, 9.1: a quiet zone of four modules. */
const QUIET = 4;

export function qrPicture(text: string, label: string): Html {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: QUIET });
  const size = modules.length;
  return html`<svg class="qr" viewBox="0 0 ${size} ${size}" role="img" aria-label="${label}" shape-rendering="crispEdges"><rect class="qr-paper" width="${size}" height="${size}"/><path class="qr-ink" d="${new Html(pathOf(modules))}"/></svg>`;
}

/** Each run of dark modules in a row is one rectangle. */
function pathOf(modules: readonly (readonly boolean[])[]): string {
  const parts: string[] = [];
  for (const [y, row] of modules.entries()) {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] !== true) continue;
      const start = x;
      while (row[x + 1] === true) x += 1;
      parts.push(`M${start} ${y}h${x - start + 1}v1h-${x - start + 1}z`);
    }
  }
  return parts.join('');
}
