/** What `contor decode` can read of this family; see docs/decode.md. */

import type { LineDecoder } from '@contor/kit';

export const DECODERS: readonly LineDecoder[] = [];
