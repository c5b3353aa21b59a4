/** CoAP, 6LoWPAN, CBOR and SenML: the codec, and the form in which `contor decode` speaks. */

export { DECODERS } from './decode.js';
