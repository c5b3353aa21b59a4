/** What `contor decode` can read of this family; see docs/decode.md. */

import type { LineDecoder } from '@contor/kit';
import { explainWired, explainWireless } from './lines/explain.js';
import { decodeWiredLine } from './lines/wired.js';
import { decodeWirelessLine } from './lines/wireless.js';

export const DECODERS: readonly LineDecoder[] = [
  {
    protocol: 'mbus',
    about: 'M-Bus on wires: frames of EN 13757-2 with the data of EN 13757-3',
    example: '68040468080170088116',
    decode: decodeWiredLine,
    explain: explainWired,
  },
  {
    protocol: 'wmbus',
    about: 'wireless M-Bus: frames of EN 13757-4 with the layers of OMS volume 2',
    example: '1844ae4c4455223368077a55000000041389e20100023b0000',
    decode: decodeWirelessLine,
    explain: explainWireless,
  },
];
