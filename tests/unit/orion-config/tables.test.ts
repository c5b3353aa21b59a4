import {
  ATTRIBUTES,
  type AttributeInfo,
  attributeOf,
  ENTITY_TYPES,
  isEntityType,
  NAMESPACES,
  ROW_COUNT,
  UNITS,
  VOCABULARY,
} from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';
import { CORE_TERMS, SHARED_TERMS } from './core-terms.js';
import { REC20 } from './rec20.js';

const attributes: readonly (readonly [string, AttributeInfo])[] = Object.entries(VOCABULARY.attributes);
const types = Object.entries(VOCABULARY.entityTypes);
/** These stand below relationships only. */
const SUB_PROPERTIES = ['scaleFactor'];
const NUMBERS = ['register', 'interval', 'gauge', 'count', 'ratio', 'money'];

describe('units', () => {
  const list = new Map(REC20.map(([status, code, name]) => [code, { status, name }]));
  it.each(Object.entries(UNITS))('%s is in Recommendation 20, in force, under this name', (code, { name }) => {
    expect(list.get(code)).toEqual({ status: '', name });
  });
  it.each(attributes.flatMap(([name, { unitCode }]) => (unitCode === undefined ? [] : [[name, unitCode] as const])))(
    '%s has a unit of the list: %s',
    (_name, unitCode) => expect(Object.keys(UNITS)).toContain(unitCode),
  );
});

describe.each(attributes)('attribute %s', (name, row) => {
  it('has an absolute IRI that ends with its name', () => {
    expect(row.iri.startsWith('http')).toBe(true);
    expect(row.iri.endsWith(`/${name}`)).toBe(true);
    expect(Object.values(NAMESPACES)).toContain(row.iri.slice(0, -name.length));
  });
  it('has digits when it is a number, and only then', () => {
    expect(row.decimals !== undefined).toBe(NUMBERS.includes(row.quantity));
    if (row.quantity === 'money' || row.decimals === undefined) expect(row.unitCode).toBeUndefined();
    else if (row.quantity !== 'ratio') expect(row.unitCode).toBeDefined();
  });
  it('does not take a word from the core @context', () => {
    if (CORE_TERMS.has(name)) expect(row.iri).toBe(SHARED_TERMS[name]);
  });
  it('is carried by some entity type', () => {
    if (!SUB_PROPERTIES.includes(name)) expect(types.some(([, type]) => type.attributes.includes(name))).toBe(true);
  });
  it('is a name that survives lower-casing: history has columns without case', () => {
    const twins = attributes.filter(([other]) => other.toLowerCase() === name.toLowerCase());
    expect(twins.map(([other]) => other)).toEqual([name]);
  });
});

describe.each(types)('entity type %s', (type, row) => {
  it('carries known attributes, each once', () => {
    expect(row.attributes.filter((name) => attributeOf(name) === undefined)).toEqual([]);
    expect(new Set(row.attributes).size).toBe(row.attributes.length);
  });
  it('has an IRI of its own', () => {
    expect(row.iri.endsWith(`/${type}`)).toBe(true);
    expect(types.filter(([, other]) => other.iri === row.iri)).toHaveLength(1);
  });
  it('is not called like an attribute', () => expect(attributeOf(type)).toBeUndefined());
});

describe('the tables', () => {
  it('lose no row when the chapters are merged', () => expect(attributes).toHaveLength(ROW_COUNT));
  it('hold every entity type of the design', () => {
    const wanted = `Device DeviceModel ACMeasurement HeatMeasurement GasMeasurement WaterConsumptionObserved
      IndoorEnvironmentObserved IntervalReading ValidatedReading AggregatedReading Acquisition Site Building ConsumptionPoint
      Substation Feeder Customer MeterInstallation MeterGroup Tariff Contract Calendar PriceFeed Bill BillingRun Alert Anomaly
      EventRule Forecast ApplianceUsage Flexibility DemandResponseEvent ImbalanceAdvice LossReport CommandControl CommandRequest ReadSchedule
      ReadJob DataSource ExportJob ReportDefinition AuditRecord`.split(/\s+/);
    expect(Object.keys(ENTITY_TYPES).sort()).toEqual(wanted.sort());
  });
  it('know a type from any other word', () => {
    expect(isEntityType('ACMeasurement')).toBe(true);
    expect(isEntityType('toString')).toBe(false);
    expect(attributeOf('constructor')).toBeUndefined();
  });
  it('give every channel a quality', () => {
    for (const channel of ENTITY_TYPES.IntervalReading.attributes.filter(
      (name) => ATTRIBUTES[name].quantity === 'interval',
    )) {
      expect(ENTITY_TYPES.ValidatedReading.attributes).toContain(channel);
      expect(ENTITY_TYPES.ValidatedReading.attributes).toContain(`${channel}Quality`);
    }
  });
  it('keep all numbers of one attribute within 15 digits of its unit', () => {
    for (const [, { decimals = 0 }] of attributes) expect(decimals).toBeLessThanOrEqual(9);
  });
});
