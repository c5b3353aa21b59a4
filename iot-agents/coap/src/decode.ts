/** What `contor decode` can read of this family; see docs/decode.md. */

import type { LineDecoder } from '@contor/kit';
import { CBOR_LINES } from './lines/cbor.js';
import { COAP_LINES } from './lines/coap.js';
import { SENML_LINES } from './lines/senml.js';
import { SIXLOWPAN_LINES } from './lines/sixlowpan.js';

export const DECODERS: readonly LineDecoder[] = [COAP_LINES, SIXLOWPAN_LINES, CBOR_LINES, SENML_LINES];
