/** JEXL text → a tree. Precedences are those of npm jexl 2.3.0; every binary operator takes its left neighbour first. */

import { ExpressionMistake, type Token, tokensOf } from './lexer.js';

export type Tree =
  | { readonly kind: 'constant'; readonly value: number | string | boolean }
  | { readonly kind: 'variable'; readonly name: string; readonly isRelative: boolean }
  | { readonly kind: 'member'; readonly of: Tree; readonly name: string }
  | { readonly kind: 'index'; readonly of: Tree; readonly by: Tree }
  /** `by` speaks of each element in turn. */
  | { readonly kind: 'filter'; readonly of: Tree; readonly by: Tree }
  | { readonly kind: 'transform'; readonly name: string; readonly of: Tree; readonly args: readonly Tree[] }
  | { readonly kind: 'unary'; readonly operator: '!' | '-'; readonly of: Tree }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Tree; readonly right: Tree }
  | { readonly kind: 'choice'; readonly test: Tree; readonly yes: Tree | undefined; readonly no: Tree }
  | { readonly kind: 'list'; readonly items: readonly Tree[] }
  | { readonly kind: 'object'; readonly members: readonly (readonly [string, Tree])[] };

export const LONGEST_EXPRESSION = 1_000;
/** Brackets within brackets; people write three or four. */
const DEEPEST = 40;

const PRECEDENCES: Readonly<Record<string, number>> = {
  ...{ '&&': 10, '||': 10, '==': 20, '!=': 20, '>': 20, '>=': 20, '<': 20, '<=': 20, in: 20 },
  ...{ '+': 30, '-': 30, '*': 40, '/': 40, '//': 40, '%': 50, '^': 50 },
};

export function parseExpression(source: string): Tree {
  if (source.length > LONGEST_EXPRESSION)
    throw new ExpressionMistake(`an expression has at most ${LONGEST_EXPRESSION} characters`);
  return new Parser(tokensOf(source)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  /** Whether the expression inside the innermost brackets speaks of elements. */
  #isRelative = false;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Tree {
    const tree = this.#expression();
    if (this.#at < this.#tokens.length) throw this.#mistake('the end');
    return tree;
  }

  #expression(): Tree {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new ExpressionMistake(`brackets are at most ${DEEPEST} deep`);
    let tree = this.#binary(0);
    while (this.#takes('?')) {
      const yes = this.#takes(':') ? undefined : this.#expression();
      if (yes !== undefined) this.#expect(':');
      tree = { kind: 'choice', test: tree, yes, no: this.#expression() };
    }
    this.#depth -= 1;
    return tree;
  }

  #binary(above: number): Tree {
    let left = this.#unary();
    for (;;) {
      const token = this.#tokens[this.#at];
      const isOperator = token?.kind === 'sign' || (token?.kind === 'name' && token.value === 'in');
      const precedence = isOperator && Object.hasOwn(PRECEDENCES, token.value) ? PRECEDENCES[token.value] : undefined;
      if (token === undefined || precedence === undefined || precedence <= above) return left;
      this.#at += 1;
      left = { kind: 'binary', operator: String(token.value), left, right: this.#binary(precedence) };
    }
  }

  #unary(): Tree {
    // A run of signs needs no stack of ours.
    const operators: ('!' | '-')[] = [];
    for (;;) {
      if (this.#takes('!')) operators.push('!');
      else if (this.#takes('-')) operators.push('-');
      else break;
    }
    const token = this.#tokens[this.#at];
    let tree: Tree;
    if (operators.at(-1) === '-' && token?.kind === 'number') {
      operators.pop();
      this.#at += 1;
      tree = this.#postfix({ kind: 'constant', value: -token.value });
    } else tree = this.#postfix(this.#primary());
    if (operators.length > DEEPEST) throw new ExpressionMistake(`signs are at most ${DEEPEST} in a row`);
    for (const operator of operators.reverse()) tree = { kind: 'unary', operator, of: tree };
    return tree;
  }

  #primary(): Tree {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new ExpressionMistake('it ends too early');
    this.#at += 1;
    if (token.kind === 'number' || token.kind === 'text') return { kind: 'constant', value: token.value };
    if (token.kind === 'name') return nameTree(token.value);
    switch (token.value) {
      case '(': {
        const tree = this.#expression();
        this.#expect(')');
        return tree;
      }
      case '[':
        return { kind: 'list', items: this.#listUntil(']') };
      case '{':
        return { kind: 'object', members: this.#members() };
      case '.':
        this.#isRelative = true;
        return { kind: 'variable', name: this.#name(), isRelative: true };
      default:
        this.#at -= 1;
        throw this.#mistake('a value');
    }
  }

  #postfix(from: Tree): Tree {
    let tree = from;
    for (let links = 0; ; links += 1) {
      if (links > DEEPEST) throw new ExpressionMistake(`at most ${DEEPEST} steps follow one another`);
      if (this.#takes('.')) tree = { kind: 'member', of: tree, name: this.#name() };
      else if (this.#takes('[')) tree = this.#bracket(tree);
      else if (this.#takes('|')) {
        const name = this.#name();
        tree = { kind: 'transform', name, of: tree, args: this.#takes('(') ? this.#listUntil(')') : [] };
      } else return tree;
    }
  }

  #bracket(of: Tree): Tree {
    const outer = this.#isRelative;
    this.#isRelative = false;
    const by = this.#expression();
    const isFilter = this.#isRelative;
    this.#isRelative = outer;
    this.#expect(']');
    return { kind: isFilter ? 'filter' : 'index', of, by };
  }

  #listUntil(end: ']' | ')'): readonly Tree[] {
    const items: Tree[] = [];
    if (this.#takes(end)) return items;
    do items.push(this.#expression());
    while (this.#takes(','));
    this.#expect(end);
    return items;
  }

  #members(): readonly (readonly [string, Tree])[] {
    const members: [string, Tree][] = [];
    if (this.#takes('}')) return members;
    do {
      const key = this.#tokens[this.#at];
      if (key?.kind !== 'name' && key?.kind !== 'text') throw this.#mistake('the name of a member');
      this.#at += 1;
      this.#expect(':');
      members.push([key.value, this.#expression()]);
    } while (this.#takes(','));
    this.#expect('}');
    return members;
  }

  #name(): string {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'name') throw this.#mistake('a name');
    this.#at += 1;
    return token.value;
  }

  #takes(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.value !== sign) return false;
    this.#at += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takes(sign)) throw this.#mistake(`"${sign}"`);
  }

  #mistake(expected: string): ExpressionMistake {
    const token = this.#tokens[this.#at];
    return new ExpressionMistake(
      token === undefined
        ? `it ends where ${expected} should be`
        : `"${token.value}" stands where ${expected} should be`,
    );
  }
}

function nameTree(name: string): Tree {
  if (name === 'true' || name === 'false') return { kind: 'constant', value: name === 'true' };
  return { kind: 'variable', name, isRelative: false };
}
