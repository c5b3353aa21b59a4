/** Beside the standard, below `/ngsi-ld/ex/v1` as Orion-LD has it: which tenants there are, and why a term expands as it does. */

import type { Explanation } from '../context/compile.js';
import type { Json } from '../json.js';
import { badRequest } from '../problem.js';
import { type Answer, type Call, jsonAnswer } from './call.js';
import { requestContext } from './content.js';

export function listTenants({ broker }: Call): Answer {
  return jsonAnswer(200, [...broker.store.memory.tenants.keys()].sort());
}

export interface ExplainedTerm {
  readonly term: string;
  readonly iri: string;
  /** How the IRI is written under the same @context. */
  readonly compacted: string;
  /** The @context of the request, or the broker's default one. */
  readonly context: Json;
  readonly by: Explanation['by'];
  readonly definedIn?: string;
  /** The line of that @context that decided. */
  readonly line?: string;
  readonly because: string;
}

const BECAUSE: Readonly<Record<Explanation['by'], (term: string, explanation: Explanation) => string>> = {
  core: (term) => `'${term}' is a term of the NGSI-LD core @context, which no other @context can change.`,
  term: (term) => `The @context defines '${term}'.`,
  prefix: (term, { term: prefix = '' }) => `'${term}' is a compact IRI, and '${prefix}' is a prefix of the @context.`,
  defaultVocabulary: (term, { term: undone }) =>
    undone === undefined
      ? `No @context of the request defines '${term}', so it falls into the default vocabulary. A Link header or an @context in the body that defines it would change that; @vocab would not, because the core @context comes last.`
      : `The @context says that '${term}' means nothing (null), so it falls into the default vocabulary.`,
  iri: (term) => `'${term}' is an IRI already, and what stands before its colon is no prefix of the @context.`,
};

export function explainTerm(call: Call): Answer {
  const term = call.query.get('term');
  if (term === undefined) throw badRequest('say which term: /ngsi-ld/ex/v1/explain?term=warmth');
  const context = requestContext(call);
  const explanation = context.explain(term);
  const { iri, by, term: decisive, origin, definition } = explanation;
  const explained: ExplainedTerm = {
    term,
    iri,
    compacted: context.compact(iri),
    context: context.source,
    by,
    ...(origin !== undefined && { definedIn: origin }),
    ...(decisive !== undefined && { line: `${JSON.stringify(decisive)}: ${JSON.stringify(definition)}` }),
    because: BECAUSE[by](term, explanation),
  };
  return jsonAnswer(200, explained);
}
