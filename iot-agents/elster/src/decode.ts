/** What `contor decode` can read of this family; see docs/decode.md. */

import type { LineDecoder } from '@contor/kit';
import { ANSI_C12 } from './decode/c12.js';
import { IEC62056 } from './decode/iec62056.js';

export const DECODERS: readonly LineDecoder[] = [IEC62056, ANSI_C12];
