/** CoAP, 6LoWPAN, CBOR and SenML: the codec, and the form in which `contor decode` speaks. */

export * from './codec/cbor/decode.js';
export * from './codec/cbor/diagnostic.js';
export * from './codec/cbor/encode.js';
export * from './codec/cbor/item.js';
export * from './codec/cbor/plain.js';
export * from './codec/coap/block.js';
export * from './codec/coap/codes.js';
export * from './codec/coap/message.js';
export * from './codec/coap/options.js';
export * from './codec/dtls/handshake.js';
export * from './codec/dtls/record.js';
export * from './codec/ipv6/address.js';
export * from './codec/ipv6/packet.js';
export * from './codec/lwm2m/tlv.js';
export * from './codec/senml/fields.js';
export * from './codec/senml/pack.js';
export * from './codec/senml/resolve.js';
export type { Contexts } from './codec/sixlowpan/addresses.js';
export * from './codec/sixlowpan/compress.js';
export * from './codec/sixlowpan/encode.js';
export * from './codec/sixlowpan/frame.js';
export type { Link, LinkAddress } from './codec/sixlowpan/link.js';
export * from './codec/sixlowpan/reassembly.js';
export { DECODERS } from './decode.js';
