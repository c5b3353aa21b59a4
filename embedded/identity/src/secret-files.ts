/** The provider's small secret files: made once, whole, for the owner only. */

export { readOrCreateSecretFile, readSecretFile } from '@contor/kit';
