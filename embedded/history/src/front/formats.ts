/**
 * Answers for big ranges, written while they are read: columns of numbers as JSON, or CSV (RFC 4180). Instants are milliseconds
 * in the one and ISO 8601 in the other.
 */

import { Readable } from 'node:stream';
import type { SeriesQuestion } from '../store/questions.js';
import { MOST_SAMPLED_ROWS, type Page, type Reader } from '../store/reader.js';
import type { EntitySeries } from '../store/series.js';
import { indexFormatter } from '../time.js';
import { type Answer, faultAnswer, streamed } from './answer.js';
import type { Format, Parameters } from './parameters.js';

/** Rows of one answer, when no limit is asked for. */
export const MOST_STREAMED_ROWS = 10_000_000;

type Writer = (pages: AsyncIterable<Page>, names: readonly string[]) => AsyncGenerator<string>;

const WRITERS: Readonly<Record<Exclude<Format, 'json'>, { readonly type: string; readonly write: Writer }>> = {
  columns: { type: 'application/json; charset=utf-8', write: columns },
  csv: { type: 'text/csv; charset=utf-8', write: csv },
};

export async function answerFormatted(
  reader: Reader,
  question: SeriesQuestion,
  { format, aggregation, points, lastN, offset, askedLimit, limit }: Parameters,
): Promise<Answer> {
  const { type, write } = WRITERS[format === 'json' ? 'columns' : format];
  const names = await reader.namesOf(question);
  const isWhole = aggregation === undefined && points === undefined && lastN === undefined && offset === 0;
  if (isWhole) {
    const pages = reader.pages({ ...question, limit: Math.min(askedLimit ?? MOST_STREAMED_ROWS, MOST_STREAMED_ROWS) });
    return streamed(Readable.from(write(pages, names)), type);
  }
  const wanted = { ...question, limit: Math.min(askedLimit ?? Math.max(limit, MOST_SAMPLED_ROWS), MOST_SAMPLED_ROWS) };
  const found = await (points === undefined ? reader.series(wanted) : reader.sampled(wanted, points));
  return found.kind === 'fault'
    ? faultAnswer(found)
    : streamed(Readable.from(write(toPages(found.value), names)), type);
}

async function* toPages(series: readonly EntitySeries[]): AsyncGenerator<Page> {
  for (const entity of series) {
    yield { ...entity, isContinued: false };
  }
}

/** `{"entities":[{"type","id","index":[ms],"units":{},"columns":{"name":[…]}}]}`: one entity at a time is in memory. */
async function* columns(pages: AsyncIterable<Page>): AsyncGenerator<string> {
  let written = 0;
  let growing: Page[] = [];
  yield '{"entities":[';
  for await (const page of pages) {
    growing.push(page);
    if (!page.isContinued) {
      yield `${written === 0 ? '' : ','}${JSON.stringify(toColumns(growing))}`;
      written += 1;
      growing = [];
    }
  }
  if (growing.length > 0) {
    yield `${written === 0 ? '' : ','}${JSON.stringify(toColumns(growing))}`;
  }
  yield ']}';
}

function toColumns(pages: readonly Page[]) {
  const [first] = pages;
  const attributes = first?.attributes ?? [];
  const units = attributes.flatMap(({ name, unit }) => (unit === undefined ? [] : [[name, unit] as const]));
  return {
    ...{ type: first?.type, id: first?.id },
    index: pages.flatMap(({ index }) => index),
    units: Object.fromEntries(units),
    columns: Object.fromEntries(
      attributes.map(({ name, values }, at) => [
        name,
        Array.isArray(values) ? pages.flatMap((page) => page.attributes[at]?.values ?? []) : values,
      ]),
    ),
  };
}

async function* csv(pages: AsyncIterable<Page>, names: readonly string[]): AsyncGenerator<string> {
  let isBegun = false;
  for await (const { id, type, index, attributes } of pages) {
    const lists = new Map(attributes.flatMap((attribute) => listsOf(attribute)));
    const wanted = names.flatMap((name) =>
      [...lists.keys()].filter((key) => key === name || key.startsWith(`${name} `)),
    );
    if (!isBegun) {
      yield line(['entityId', 'entityType', 'timeIndex', ...(wanted.length > names.length ? wanted : names)]);
      isBegun = true;
    }
    const format = indexFormatter();
    const told = wanted.length > names.length ? wanted : names;
    const lines = index.map((ms, row) =>
      line([id, type, format(ms), ...told.map((name) => lists.get(name)?.[row] ?? null)]),
    );
    yield lines.join('');
  }
  if (!isBegun) {
    yield line(['entityId', 'entityType', 'timeIndex', ...names]);
  }
}

/** With several methods a column has the name of its attribute and of its method. */
function listsOf({ name, values }: EntitySeries['attributes'][number]): [string, readonly unknown[]][] {
  return Array.isArray(values)
    ? [[name, values]]
    : Object.entries(values as Readonly<Record<string, readonly unknown[]>>).map(([method, list]) => [
        `${name} ${method}`,
        list,
      ]);
}

function line(cells: readonly unknown[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) {
    return '';
  }
  const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
