/** What changes history: notifications and erasures. And, beside QuantumLeap's API, what history knows about its columns. */

import { ContorError } from '@contor/kit';
import { fault } from '../fault.js';
import { type EntityUpdate, parseNotification } from '../notify/notification.js';
import type { ErasureOrder } from '../store/applier.js';
import { columnOf } from '../store/catalogue.js';
import { type Answer, faultAnswer, json, NO_CONTENT, plain } from './answer.js';
import type { Asked, House } from './asked.js';
import { parseBody } from './body.js';
import { timeIndexAttributeOf } from './headers.js';
import { readParameters } from './parameters.js';
import { AMBIGUOUS, ambiguous, onlyType, rulesOf } from './reading.js';

/** Columns of one type; DuckDB takes more, a table of more is a mistake of the sender. */
const MAX_COLUMNS = 2_000;

export async function notify(house: House, asked: Asked): Promise<Answer> {
  const { tenant, arrivalMs, body, paths: servicePaths } = asked;
  if (body === undefined || body.length === 0) {
    return plain('Discarding notification due to lack of request body. Lost in a redirect maybe?', 400);
  }
  const parsedBody = parseBody(body);
  if (parsedBody === undefined) {
    return plain('Discarding notification: the body is not JSON in UTF-8.', 400);
  }
  const timeIndexAttribute = timeIndexAttributeOf(asked.headers);
  const { dialect } = house.role;
  const parsed = parseNotification(parsedBody.json, { arrivalMs, timeIndexAttribute, servicePaths, dialect });
  if (parsed.kind === 'fault') {
    return plain(parsed.description, parsed.status);
  }
  const wide = parsed.value.find((update) => isTooWide(house, tenant, update));
  if (wide !== undefined) {
    return plain(`Type ${wide.type} would have more than ${MAX_COLUMNS} attributes.`, 400);
  }
  return refusable(async () => {
    await house.store.ingest({ tenant, arrivalMs, timeIndexAttribute, servicePaths, body, updates: parsed.value });
    return plain('Notification successfully processed');
  });
}

export async function eraseEntity(house: House, asked: Asked): Promise<Answer> {
  const { id = '' } = asked.path;
  const type = typeof asked.query.type === 'string' ? asked.query.type : await onlyType(house, asked, id);
  if (type === AMBIGUOUS) {
    return faultAnswer(ambiguous(id, 409));
  }
  return type === undefined ? json([]) : erase(house, asked, type, id);
}

export function eraseType(house: House, asked: Asked): Promise<Answer> {
  const type = asked.path.type ?? '';
  if (String(asked.query.dropTable).toLowerCase() !== 'true') {
    return erase(house, asked, type, undefined);
  }
  const isRoot = asked.paths === undefined || (asked.paths.length === 1 && asked.paths[0] === '');
  return isRoot
    ? drop(house, asked, type)
    : Promise.resolve(
        faultAnswer(fault(422, 'Invalid parameter value', 'dropTable is possible with the root service path only.')),
      );
}

/** Units and kinds by tenant: what the columns of history mean. */
export function answerCatalogue(house: House, asked: Asked): Answer {
  const types = house.store.catalogue.tablesOf(asked.tenant).map(({ type, columns, entities }) => ({
    type,
    entities: entities.length,
    attributes: columns.map(({ name, kind, unit }) => ({ attrName: name, kind, ...(unit && { unitCode: unit }) })),
  }));
  return json({ types });
}

/** The type with its columns: what comes next of that name begins anew. */
function drop({ store }: House, { tenant, arrivalMs }: Asked, type: string): Promise<Answer> {
  return refusable(async () => {
    await store.erase(tenant, arrivalMs, { type, id: undefined, fromMs: undefined, toMs: undefined, isDrop: true });
    return NO_CONTENT;
  });
}

async function erase(house: House, asked: Asked, type: string, id: string | undefined): Promise<Answer> {
  const read = readParameters(asked.query, rulesOf(house));
  if (read.kind === 'fault') {
    return faultAnswer(read);
  }
  const { fromMs, toMs } = read.value;
  const order: ErasureOrder = { type, id, fromMs, toMs, paths: asked.paths };
  return refusable(async () => {
    const rows = await house.store.erase(asked.tenant, asked.arrivalMs, order);
    return rows === 0 ? json([]) : NO_CONTENT;
  });
}

async function refusable(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ContorError && error.code === 'log.record-size') {
      return plain('The notification is too large for one record of the log.', 413);
    }
    throw error;
  }
}

function isTooWide(house: House, tenant: string, update: EntityUpdate): boolean {
  const table = house.store.catalogue.table(tenant, update.type);
  const known = table?.columns.length ?? 0;
  const cells = update.rows.reduce((sum, row) => sum + row.cells.length, 0);
  if (known + cells <= MAX_COLUMNS) {
    return false;
  }
  const names = new Set(update.rows.flatMap((row) => row.cells.map((cell) => cell.name)));
  return (
    known + [...names].filter((name) => table === undefined || columnOf(table, name) === undefined).length > MAX_COLUMNS
  );
}
