/**
 * Keycloak's sign-in flow as its own default has it, with one thing more: each execution says its method (RFC 8176), so that the ID
 * token's `amr` tells password from code. Without that nobody could approve a command.
 */

/** As long as a session can last: how fresh a sign-in is, is told by `auth_time`. */
const METHOD_MAX_AGE_SECONDS = '86400';

interface Execution {
  readonly authenticator?: string;
  readonly flowAlias?: string;
  readonly requirement: 'REQUIRED' | 'ALTERNATIVE' | 'CONDITIONAL';
  readonly authenticatorConfig?: string;
}

interface FlowRow {
  readonly alias: string;
  readonly about: string;
  readonly isTop: boolean;
  readonly executions: readonly Execution[];
}

const FORMS = 'contor forms';
const CODES = 'contor second factor';
export const BROWSER_FLOW = 'contor browser';

// biome-ignore format: a table
const FLOWS: readonly FlowRow[] = [
  { alias: BROWSER_FLOW, about: 'Sign-in in a browser', isTop: true, executions: [
    { authenticator: 'auth-cookie', requirement: 'ALTERNATIVE' },
    { authenticator: 'identity-provider-redirector', requirement: 'ALTERNATIVE' },
    { flowAlias: FORMS, requirement: 'ALTERNATIVE' },
  ] },
  { alias: FORMS, about: 'Password, then a code for whoever has set one up', isTop: false, executions: [
    { authenticator: 'auth-username-password-form', requirement: 'REQUIRED', authenticatorConfig: 'contor pwd' },
    { flowAlias: CODES, requirement: 'CONDITIONAL' },
  ] },
  { alias: CODES, about: 'A code of the app', isTop: false, executions: [
    { authenticator: 'conditional-user-configured', requirement: 'REQUIRED' },
    { authenticator: 'auth-otp-form', requirement: 'REQUIRED', authenticatorConfig: 'contor otp' },
  ] },
];

export function flowsOfRealm(): object {
  return {
    browserFlow: BROWSER_FLOW,
    authenticationFlows: FLOWS.map(({ alias, about, isTop, executions }) => ({
      ...{ alias, description: about, providerId: 'basic-flow', topLevel: isTop, builtIn: false },
      authenticationExecutions: executions.map((execution, index) => ({
        ...execution,
        ...{
          authenticatorFlow: execution.flowAlias !== undefined,
          priority: (index + 1) * 10,
          userSetupAllowed: false,
        },
      })),
    })),
    authenticatorConfig: ['pwd', 'otp'].map((method) => ({
      alias: `contor ${method}`,
      config: { 'default.reference.value': method, 'default.reference.maxAge': METHOD_MAX_AGE_SECONDS },
    })),
  };
}
