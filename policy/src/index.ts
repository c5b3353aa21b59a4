/** Who may see and do what: tables of functions, roles and routes, and the one decision over them. */

export { auditTenant } from './audit-tenant.js';
export {
  COMMAND_NAMES,
  COMMANDS,
  type CommandName,
  type CommandRow,
  functionsFor,
  isCommand,
  isGuarded,
  MOST_TARGETS,
  parameterFault,
} from './commands.js';
export {
  type Decision,
  type DenyCode,
  decide,
  FRESH_FOR_MS,
  findRoute,
  isFresh,
  may,
  type Subject,
} from './decide.js';

export { FUNCTION_NAMES, FUNCTIONS, type FunctionName, type FunctionRow, isFunction } from './functions.js';
export { formatKeySet, keyOfTenant } from './key-set.js';
export {
  CHUNK,
  type ChunkAnswer,
  type ChunkQuestion,
  createPager,
  type EntityQuestion,
  type Narrowed,
  narrowQuery,
  type Pager,
  type PageWanted,
} from './narrow/entities.js';
export { type HistoryPart, mergeHistory } from './narrow/history-merge.js';
export {
  type HistoryAbilities,
  type HistoryAnswer,
  type HistoryPlan,
  type HistoryRead,
  type HistoryRefusal,
  planHistory,
} from './narrow/history-plan.js';
export {
  type HistoryAsk,
  type HistoryFamily,
  type HistoryQuestion,
  type ReadQuestion,
  readHistoryQuestion,
} from './narrow/history-question.js';
export { redact } from './narrow/redact.js';
export {
  checkWrite,
  WRITABLE_TYPES,
  type WritableRow,
  type Write,
  type WriteDenial,
  type WriteVerdict,
} from './narrow/writable.js';
export { functionsOf, isSpecial, type RoleEntry, SEED_ROLES, type SeedRole, type SeedRoleName } from './roles.js';
export {
  type Access,
  type AccessRule,
  METHODS,
  type Method,
  RESERVED_SEGMENTS,
  ROUTES,
  type RouteName,
  type RoutePath,
  type RouteRow,
} from './routes.js';
export { createScopeIndex } from './scope/scope-index.js';
export { isStructure, TIE_ATTRIBUTES, TIES, type TieKind, type TieRow, type TypeRow } from './scope/ties.js';
export { EVER, type Grant, type Scope, type ScopeIndex, type Span, type TiedEntity } from './scope.js';
export {
  type AnchorStatement,
  type ControlStatement,
  createSigner,
  type DecisionStatement,
  newSigningKey,
  type OrderStatement,
  type RequestStatement,
  type Signer,
  type Statement,
  statementHash,
  type VerifiedStatement,
  verifyStatement,
} from './statements.js';
