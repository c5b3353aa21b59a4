/**
 * A compiled expression. A value that is not there makes nothing of whatever is computed from it (no `NaN`, no text "undefined"); only
 * comparisons, `&&`, `||`, `!`, choices and a few transforms look at what is missing. Only members of its own are read of any value.
 */

import { Budget, OverBudget } from './budget.js';
import { ExpressionMistake } from './lexer.js';
import { parseExpression, type Tree } from './parser.js';
import { add, OF_NOTHING, TRANSFORMS } from './transforms.js';

export interface Surroundings {
  get(name: string): unknown;
}

export type Evaluated =
  /** `undefined`: it needed something that is not there. */
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly reason: 'expression.budget' | 'expression.failed' };

export type Expression = (variables: Surroundings, nowMs: number, budget?: Budget) => Evaluated;

export type Compiled =
  | { readonly kind: 'value'; readonly expression: Expression }
  | { readonly kind: 'mistake'; readonly message: string };

/** Those of a large fleet that share a few groups are a few dozen; a flood of different ones starts over. */
const MOST_COMPILED = 5_000;
const compiled = new Map<string, Compiled>();

export function compileExpression(source: string): Compiled {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  if (compiled.size >= MOST_COMPILED) compiled.clear();
  const made = compileAnew(source);
  compiled.set(source, made);
  return made;
}

function compileAnew(source: string): Compiled {
  try {
    const run = runOf(parseExpression(source));
    const expression: Expression = (variables, nowMs, budget = new Budget()) => {
      try {
        const value = run({ variables, budget, nowMs, element: undefined });
        budget.whole(value);
        return { kind: 'value', value: isNothing(value) ? undefined : value };
      } catch (error) {
        // A transform that cannot work with its value throws; nothing else in here does.
        return { kind: 'fault', reason: error instanceof OverBudget ? 'expression.budget' : 'expression.failed' };
      }
    };
    return { kind: 'value', expression };
  } catch (error) {
    if (!(error instanceof ExpressionMistake)) throw error;
    return { kind: 'mistake', message: error.message };
  }
}

interface Frame {
  readonly variables: Surroundings;
  readonly budget: Budget;
  readonly nowMs: number;
  /** Which element of a filtered list is looked at. */
  readonly element: unknown;
}

type Run = (frame: Frame) => unknown;

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'number' && !Number.isFinite(value));
}

function runOf(tree: Tree): Run {
  switch (tree.kind) {
    case 'constant':
      return () => tree.value;
    case 'variable':
      return tree.isRelative
        ? ({ element, budget }) => memberOf(element, tree.name, budget)
        : ({ variables, budget }) => {
            budget.spend(1);
            return variables.get(tree.name);
          };
    case 'member': {
      const of = runOf(tree.of);
      return (frame) => {
        const value = of(frame);
        return memberOf(Array.isArray(value) ? value[0] : value, tree.name, frame.budget);
      };
    }
    case 'index':
      return runIndex(runOf(tree.of), runOf(tree.by));
    case 'filter':
      return runFilter(runOf(tree.of), runOf(tree.by));
    case 'transform':
      return runTransform(tree.name, runOf(tree.of), tree.args.map(runOf));
    case 'unary': {
      const of = runOf(tree.of);
      if (tree.operator === '!') return (frame) => !of(frame);
      return (frame) => {
        const value = of(frame);
        return isNothing(value) ? undefined : -Number(value);
      };
    }
    case 'binary':
      return runBinary(tree.operator, runOf(tree.left), runOf(tree.right));
    case 'choice': {
      const [test, yes, no] = [runOf(tree.test), tree.yes && runOf(tree.yes), runOf(tree.no)];
      return (frame) => {
        const answer = test(frame);
        if (!answer) return no(frame);
        return yes === undefined ? answer : yes(frame);
      };
    }
    case 'list': {
      const items = tree.items.map(runOf);
      return (frame) => wholeOrNothing(items.map((item) => item(frame)));
    }
    case 'object': {
      const members = tree.members.map(([name, one]) => [name, runOf(one)] as const);
      return (frame) => {
        const values = wholeOrNothing(members.map(([, one]) => one(frame)));
        return values && Object.fromEntries(members.map(([name], at) => [name, values[at]]));
      };
    }
  }
}

function wholeOrNothing(values: readonly unknown[]): readonly unknown[] | undefined {
  return values.some(isNothing) ? undefined : values;
}

function memberOf(value: unknown, name: string | number, budget: Budget): unknown {
  budget.spend(1);
  if (value === undefined || value === null) return undefined;
  const owner = Object(value) as Readonly<Record<string | number, unknown>>;
  return Object.hasOwn(owner, name) ? owner[name] : undefined;
}

function runIndex(of: Run, by: Run): Run {
  return (frame) => {
    const value = of(frame);
    const index = by(frame);
    if (typeof index === 'boolean') return index ? value : undefined;
    if (typeof index !== 'string' && typeof index !== 'number') return undefined;
    return memberOf(value, index, frame.budget);
  };
}

function runFilter(of: Run, by: Run): Run {
  return (frame) => {
    const value = of(frame);
    if (value === undefined || value === null) return [];
    const all: readonly unknown[] = Array.isArray(value) ? value : [value];
    frame.budget.spend(all.length);
    return all.filter((element) => by({ ...frame, element }));
  };
}

function runTransform(name: string, of: Run, args: readonly Run[]): Run {
  const transform = TRANSFORMS.get(name);
  if (transform === undefined) throw new ExpressionMistake(`there is no transform "${name}"`);
  return (frame) => {
    const { budget } = frame;
    budget.spend(2);
    const value = of(frame);
    if (isNothing(value) && !OF_NOTHING.has(name)) return undefined;
    const result = transform(
      value,
      args.map((arg) => arg(frame)),
      frame,
    );
    if (typeof result === 'string') return budget.text(result);
    return Array.isArray(result) ? budget.list(result) : result;
  };
}

const ARITHMETIC: Readonly<Record<string, (left: number, right: number) => number>> = {
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '//': (left, right) => Math.floor(left / right),
  '%': (left, right) => left % right,
  '^': (left, right) => left ** right,
};

type Plain = number | string | boolean;

const COMPARISONS: Readonly<Record<string, (left: Plain, right: Plain) => boolean>> = {
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
};

function runBinary(operator: string, left: Run, right: Run): Run {
  if (operator === '&&') return (frame) => left(frame) && right(frame);
  if (operator === '||') return (frame) => left(frame) || right(frame);
  const apply = operationOf(operator);
  return (frame) => {
    frame.budget.spend(1);
    return apply(left(frame), right(frame), frame.budget);
  };
}

function operationOf(operator: string): (left: unknown, right: unknown, budget: Budget) => unknown {
  if (operator === '==') return isSame;
  if (operator === '!=') return (left, right) => !isSame(left, right);
  if (operator === 'in') return (left, right, budget) => isIn(left, right, budget);
  if (operator === '+')
    return (left, right, budget) => {
      if (!isPlain(left) || !isPlain(right)) return undefined;
      const sum = add(left, right);
      return typeof sum === 'string' ? budget.text(sum) : sum;
    };
  const compare = COMPARISONS[operator];
  if (compare !== undefined) return (left, right) => isPlain(left) && isPlain(right) && compare(left, right);
  const count = ARITHMETIC[operator];
  return (left, right) =>
    isPlain(left) && isPlain(right) && count !== undefined ? count(Number(left), Number(right)) : undefined;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** As JavaScript's `==` for what is no object; objects are the same when they are one. */
function isSame(left: unknown, right: unknown): boolean {
  if (typeof left === 'object' || typeof right === 'object') return (left ?? undefined) === (right ?? undefined);
  // biome-ignore lint/suspicious/noDoubleEquals: JEXL compares a number with its text.
  return left == right;
}

function isIn(value: unknown, among: unknown, budget: Budget): boolean {
  if (typeof among === 'string') {
    budget.room(among.length, among.length);
    return among.includes(String(value));
  }
  if (!Array.isArray(among)) return false;
  budget.spend(among.length);
  return among.some((one) => one === value);
}
