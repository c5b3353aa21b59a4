/** IEC 62056-21 and ANSI C12: the codec, and the form in which `contor decode` speaks. */

export { DECODERS } from './decode.js';
