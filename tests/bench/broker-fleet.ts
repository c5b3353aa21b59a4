/** The meters of the broker benches: entities with 12 attributes, and requests about them as bytes that are ready to send. */

export const BATCH = 100;
const ATTRIBUTES = [
  'totalActiveEnergyImport',
  'totalActiveEnergyExport',
  'totalActivePower',
  'activePowerL1',
  'activePowerL2',
  'activePowerL3',
  'voltageL1',
  'voltageL2',
  'voltageL3',
  'currentL1',
  'currentL2',
  'currentL3',
] as const;
export const ATTRIBUTES_PER_ENTITY = ATTRIBUTES.length;

/** Makes the nth request of a load. */
export type RequestMaker = (index: number) => Buffer;

/** The fleet batch by batch, again and again; values change from one round to the next. */
export function upserts(entities: number): RequestMaker {
  return (index) => {
    const at = index * BATCH;
    const batch = Array.from({ length: BATCH }, (_none, step) => measurement((at + step) % entities, at + step));
    return request('POST', '/ngsi-ld/v1/entityOperations/upsert?options=update', batch);
  };
}

/** One attribute of one entity each, all over the fleet. */
export function patches(entities: number): RequestMaker {
  return (index) =>
    request('PATCH', `/ngsi-ld/v1/entities/${idOf(spread(index, entities))}/attrs`, {
      totalActivePower: { type: 'Property', value: index / 10, unitCode: 'WTT', observedAt: momentOf(index) },
    });
}

export function retrievals(entities: number): RequestMaker {
  return (index) => request('GET', `/ngsi-ld/v1/entities/${idOf(spread(index, entities))}`);
}

export function query(search: string): RequestMaker {
  const bytes = request('GET', `/ngsi-ld/v1/entities?${search}`);
  return () => bytes;
}

/** Made beforehand: for loads short enough that making requests would otherwise take the client's time. */
export function prepared(make: RequestMaker, count: number): RequestMaker {
  const requests = Array.from({ length: count }, (_none, index) => make(index));
  return (index) => requests[index % count] ?? make(index);
}

export function request(method: string, path: string, json?: unknown): Buffer {
  const body = json === undefined ? '' : JSON.stringify(json);
  const about =
    json === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${about}\r\n${body}`, 'utf8');
}

export function idOf(index: number): string {
  return `urn:ngsi-ld:ACMeasurement:bench-${String(index).padStart(7, '0')}`;
}

/** Neighbours in time are no neighbours in memory. */
function spread(index: number, entities: number): number {
  return (index * 7_919) % entities;
}

/** `totalActivePower` of entity n is n when it is first written, so that a query can say how many it wants. */
function measurement(index: number, salt: number): object {
  const observedAt = momentOf(Math.floor(salt / BATCH));
  const attributes = ATTRIBUTES.map((name, at) => [
    name,
    {
      type: 'Property',
      value: name === 'totalActivePower' ? salt + 0.5 : (salt * 31 + at * 7) / 1000,
      unitCode: 'WTT',
      observedAt,
    },
  ]);
  return { id: idOf(index), type: 'ACMeasurement', ...Object.fromEntries(attributes) };
}

function momentOf(salt: number): string {
  return new Date(Date.UTC(2026, 10, 20) + salt * 1000).toISOString();
}
