/** JEXL as FIWARE's agents speak it: the examples of iotagent-node-lib (doc/api.md), npm jexl beside ours, and what nobody should write. */

import { MOST_STEPS } from '@contor/agent-kit/expressions/budget.js';
import { compileExpression, type Evaluated } from '@contor/agent-kit/expressions/expression.js';
import { TRANSFORMS } from '@contor/agent-kit/expressions/transforms.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Jexl } from 'jexl';

const MEASURE = {
  ...{ value: 6, ts: 1637245214901, name: 'DevId629', flag: true, zero: 0, spaces: '  foobar  ' },
  ...{ object: { name: 'John', surname: 'Doe' }, array: [1, 3], people: [{ age: 3 }, { age: 40 }, { age: 41 }] },
  ...{ location: '40.4165, -3.70256', variable: 'hello world', hex: '48656c6c6f', level: 85.3, latitude: 1.9 },
};
const NOW_MS = Date.UTC(2026, 10, 20);

function evaluate(source: string, context: Readonly<Record<string, unknown>> = MEASURE): Evaluated {
  const compiled = compileExpression(source);
  if (compiled.kind === 'mistake') throw new Error(`${source}: ${compiled.message}`);
  return compiled.expression(new Map(Object.entries(context)), NOW_MS);
}

const resultOf = (source: string): unknown => {
  const evaluated = evaluate(source);
  return evaluated.kind === 'value' ? evaluated.value : evaluated.reason;
};

describe('the examples of the documentation', () => {
  it.each([
    ['5 * value', 30],
    ['(6 + value) * 3', 36],
    ['value / 12 + 1', 1.5],
    ['(5 + 2) * (value + 7)', 91],
    ['"Pruebas " + "De Strings"', 'Pruebas De Strings'],
    ['name + "value is " +value', 'DevId629value is 6'],
    ["{coordinates: [value,value], type: 'Point'}", { coordinates: [6, 6], type: 'Point' }],
    ['ts|toisodate', '2021-11-18T14:20:14.901Z'],
    ['" a "| trim', 'a'],
    ['name|length', 8],
    ['name|indexOf("e")', 1],
    ['name|substr(0,name|indexOf("e")+1)', 'De'],
    ["variable | trim | replacestr('hello','hi')", 'hi world'],
    ["location | split(', ')[1] | parsefloat()", -3.70256],
    ['level / 100', 0.853],
    ["['attr1','atrr2',{object_id:'active_id'}]", ['attr1', 'atrr2', { object_id: 'active_id' }]],
  ])('%s', (source, wanted) => expect(resultOf(source)).toEqual(wanted));
});

/** Each transform once, from its row of the documentation. */
const OF_EACH: readonly (readonly [string, unknown])[] = [
  ['\'{"a":1}\'|jsonparse', { a: 1 }],
  ['object|jsonstringify', '{"name":"John","surname":"Doe"}'],
  ['array|addreduce', 4],
  ['array|lengtharray', 2],
  ['value|typeof', 'number'],
  ['array|isarray', true],
  ['name|isnan', true],
  ['"12px"|parseint', 12],
  ['ts|toisostring', '2021-11-18T14:20:14.901Z'],
  ['"2021-11-18T14:20:14.901Z"|gettime', 1637245214901],
  ['"2021-11-18T14:20:14.901Z"|timeoffset', 0],
  ['value|tostring', '6'],
  ['"a b"|urlencode', 'a%20b'],
  ['"a%20b"|urldecode', 'a b'],
  ['"aXbX"|replaceallstr("X", "-")', 'a-b-'],
  ['"a1b2"|replaceregexp("[0-9]", "#")', 'a#b2'],
  ['"a1b2"|replaceallregexp("[0-9]", "#")', 'a#b#'],
  ['array|joinarrtostr("-")', '1-3'],
  ['array|concatarr([5])', [1, 3, 5]],
  ['value|mapper([5,6],["a","b"])', 'b'],
  ['value|thmapper([3,9],["low","mid","high"])', 'mid'],
  ['"7"|bitwisemask(6,"&",1)', 3],
  ['name|slice(0,3)', 'Dev'],
  ['array|addset(3)', [1, 3]],
  ['array|removeset(3)', [1]],
  ['name|touppercase', 'DEVID629'],
  ['name|tolowercase', 'devid629'],
  ['level|round', 85],
  ['level|floor', 85],
  ['level|ceil', 86],
  ['level|tofixed(2)', '85.30'],
  ['ts|localestring("en-US", {timeZone: "Europe/Madrid"})', '11/18/2021, 3:20:14 PM'],
  ['0|now', NOW_MS],
  ['hex|hextostring', 'Hello'],
  ['object|valuePicker("John")', ['name']],
  ['object|valuePickerMulti(["John","Doe"])', ['name', 'surname']],
];

describe('each transform', () => {
  it.each(OF_EACH)('%s', (source, wanted) => expect(resultOf(source)).toEqual(wanted));
  it('is here or among the examples above', () => {
    const tried = `${OF_EACH.map(([source]) => source)} toisodate trim length indexOf substr replacestr split parsefloat`;
    expect([...TRANSFORMS.keys()].filter((name) => !new RegExp(`\\b${name}\\b`).test(tried))).toEqual([]);
    expect(TRANSFORMS.size).toBe(44);
  });
});

describe('what is not there', () => {
  it.each([
    'missing',
    'missing * 2',
    'missing + 1',
    '"x" + missing',
    'missing|trim',
    'missing.deep.er',
    '{coordinates: [missing, latitude], type: "Point"}',
    'value / 0',
    'name * 2',
    '-missing',
    'array[7]',
    'missing|split(",")[0]',
  ])('%s is nothing', (source) => expect(evaluate(source)).toEqual({ kind: 'value', value: undefined }));

  it.each([
    ['missing ? 1 : 2', 2],
    ['missing == value', false],
    ['!missing', true],
    ['missing || 5', 5],
    ['missing|typeof', 'undefined'],
  ])('%s is answered', (source, wanted) => expect(resultOf(source)).toEqual(wanted));
});

describe('npm jexl says the same', () => {
  const jexl = new Jexl();
  const number = fc.oneof(
    fc.integer({ min: -99, max: 99 }).map(String),
    fc.constantFrom('value', 'zero', 'level', '1.5', 'array[1]', '(object.name|len)', 'people[.age > 3][0].age'),
  );
  jexl.addTransform('len', (value: string) => value.length);
  const { numeric, truth } = fc.letrec<{ numeric: string; truth: string }>((tie) => ({
    numeric: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      number,
      fc
        .tuple(tie('numeric'), fc.constantFrom('+', '-', '*', '%', '//', '/', '^'), tie('numeric'))
        .map(([left, operator, right]) => `${left} ${operator} ${right}`),
      tie('numeric').map((one) => `(${one})`),
      fc.tuple(tie('truth'), tie('numeric'), tie('numeric')).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
    ),
    truth: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom('flag', '!flag', 'true', 'value in array', '"Dev" in name'),
      fc
        .tuple(tie('numeric'), fc.constantFrom('==', '!=', '<', '>', '<=', '>='), tie('numeric'))
        .map(([left, operator, right]) => `${left} ${operator} ${right}`),
      fc.tuple(tie('truth'), fc.constantFrom('&&', '||'), tie('truth')).map((parts) => `(${parts.join(' ')})`),
    ),
  }));

  it('of numbers and truths, precedences and brackets', () =>
    fc.assert(
      fc.property(fc.oneof(numeric, truth), (source) => {
        fc.pre(source.length <= 900);
        const theirs: unknown = jexl.evalSync(source, { ...MEASURE });
        fc.pre(typeof theirs !== 'number' || Number.isFinite(theirs));
        const ours = evaluate(source.replaceAll('|len', '|length'));
        // In the middle of it something may have been infinite, and then there is nothing of ours.
        fc.pre(ours.kind === 'value' && ours.value !== undefined);
        expect(ours).toEqual({ kind: 'value', value: theirs });
      }),
      { numRuns: process.env.CONTOR_LONG === '1' ? 20_000 : 300 },
    ));
});

describe('a mistake is told when it is written', () => {
  it.each([
    ['', 'too early'],
    ['1 +', 'too early'],
    ['(1', '")"'],
    ['1 2', 'the end'],
    ['a|unheardof', 'no transform'],
    ['a|toString', 'no transform'],
    ['#', 'cannot be read'],
    ['"open', 'cannot be read'],
    ['{a 1}', '":"'],
    ['a.', 'a name'],
    [`${'('.repeat(41)}1${')'.repeat(41)}`, 'deep'],
    [`${'!'.repeat(41)}a`, 'in a row'],
    ['a'.repeat(1_001), 'characters'],
  ])('%s', (source, message) =>
    expect(compileExpression(source)).toMatchObject({ kind: 'mistake', message: expect.stringContaining(message) }),
  );

  it('whatever is written', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(fc.constantFrom(...'ab1"\'.[](){}|?:+-*/%^!=<>,& ')).map((all) => all.join('')),
        ),
        (source) => void compileExpression(source),
      ),
      { numRuns: 300 },
    ));
});

describe('what a measure or an expression cannot do', () => {
  it.each([
    '"".constructor',
    'object.constructor',
    'object.__proto__',
    'array.map',
    'name["constructor"]',
    'people[.constructor]',
    'object|jsonstringify|length|typeof|constructor2',
  ])('%s reaches nothing that is not its own', (source) => {
    const compiled = compileExpression(source);
    if (compiled.kind === 'mistake') return;
    const { kind, ...result } = evaluate(source);
    expect(kind).toBe('value');
    expect([undefined, []]).toContainEqual((result as { value?: unknown }).value);
  });

  const long = 'x'.repeat(4_000);
  const many = Array.from({ length: 900 }, (_, index) => ({ a: index }));
  it.each([
    ['a text that squares itself', `long|replaceallstr("x", long)`],
    ['a list of texts', 'long|split("")|joinarrtostr(long)'],
    ['loops in loops', 'many[many[many[.a > 0][0].a >= 0][0].a >= 0 && .a > many[.a == 5][0].a]'],
    ['a text that doubles', '(long + long + long + long) + (long + long)'],
    [
      'an expression of expressions',
      `long|replaceallregexp("(x+x+)+y", "z")|replaceallregexp("", "${'y'.repeat(100)}")`,
    ],
    ['a deep result', `deep|jsonparse`],
  ])('%s ends soon', (_what, source) => {
    const context = { long, many, deep: `${'['.repeat(2_000)}${']'.repeat(2_000)}` };
    const before = process.cpuUsage();
    const evaluated = evaluate(source, context);
    const { user } = process.cpuUsage(before);
    expect(evaluated).toEqual({ kind: 'fault', reason: 'expression.budget' });
    expect(user).toBeLessThan(1_000_000);
  });

  it('has a budget that no short expression comes near', () => expect(MOST_STEPS).toBeGreaterThan(10_000));
});
