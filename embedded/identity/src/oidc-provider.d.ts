/**
 * The provider's own rooms, entered by the side door: its front door (`oidc-provider`) writes a warning to the console on
 * Node 20 LTS at import, although 20.19 has everything that the features we switch on need.
 */

declare module 'oidc-provider/lib/provider.js' {
  export { Provider } from 'oidc-provider';
}

declare module 'oidc-provider/lib/helpers/errors.js' {
  import { errors } from 'oidc-provider';
  export const InvalidGrant: typeof errors.InvalidGrant;
  export const InvalidTarget: typeof errors.InvalidTarget;
  export const SessionNotFound: typeof errors.SessionNotFound;
}
