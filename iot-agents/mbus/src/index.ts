/** M-Bus, wired and wireless: the codec, and the form in which `contor decode` speaks. */

export type { MeterAddress } from './codec/header/address.js';
export * from './codec/link/frame.js';
export * from './codec/radio/keyring.js';
export * from './codec/radio/link.js';
export * from './codec/radio/seal.js';
export * from './codec/radio/telegram.js';
export * from './codec/record/date.js';
export * from './codec/record/encode.js';
export { layoutOf } from './codec/record/layout.js';
export * from './codec/record/number.js';
export * from './codec/record/record.js';
export * from './codec/wired.js';
export { DECODERS } from './decode.js';
