/** A chart as a picture that can stand alone in a report: title, unit and what it says above, the drawing below. */
import type { ChartTokens } from '../logic/charts/chart-tokens.js';

const PIXEL_RATIO = 2;
const MARGIN = 24;
const HEAD = 76;

export async function chartPicture(
  drawing: HTMLCanvasElement,
  texts: { title: string; summary: string },
  tokens: ChartTokens,
): Promise<Blob | undefined> {
  const canvas = document.createElement('canvas');
  canvas.width = drawing.width + 2 * MARGIN * PIXEL_RATIO;
  canvas.height = drawing.height + (HEAD + MARGIN) * PIXEL_RATIO;
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  context.fillStyle = tokens.raised;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawing, MARGIN * PIXEL_RATIO, HEAD * PIXEL_RATIO);
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  const width = canvas.width / PIXEL_RATIO - 2 * MARGIN;
  context.fillStyle = tokens.ink;
  context.font = `600 18px ${tokens.fontFamily}`;
  context.fillText(texts.title, MARGIN, 36, width);
  context.fillStyle = tokens.inkSoft;
  context.font = `13px ${tokens.fontFamily}`;
  context.fillText(texts.summary, MARGIN, 58, width);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/png'));
}
