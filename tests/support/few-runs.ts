/** How often a property is tried that does not say it itself. */

import fc from 'fast-check';
import { times } from './long.js';

fc.configureGlobal({ ...fc.readConfigureGlobal(), numRuns: times(25, 200) });
