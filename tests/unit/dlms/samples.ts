/** Messages of every layer made by hand, for tests that need good bytes to begin with. */

import { fromHex } from '@contor/kit';

/** A name and the bytes; sources beside those that are not our own. */
export const SAMPLES = [
  // IEC 62056-5-3 examples as the trade prints them: association, release, the read of a clock.
  [
    'aarq',
    '6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738be10040e01000000065f1f0400007e1f04b0',
  ],
  ['aare', '6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000501f01f40007'],
  ['rlrq', '6203800100'],
  ['get-request', 'c0010000080000010000ff0200'],
  [
    'get-request-range',
    'c001c100070100630100ff0201010204020412000809060000010000ff0f02120000090c07e10a010700000000ffc480090c07e10a010701000000ffc4800100',
  ],
  ['get-response', 'c401c1000600001391'],
  ['get-response-block', 'c402c1000000000100050102030405'],
  ['get-response-list', 'c403c10200120005' + '0103'],
  ['set-request-list', 'c104c10100030100010800ff02000106000004d2'],
  ['action-request', 'c301c10046000060030aff01010f00'],
  ['action-response', 'c701c000010009111000001afde8857b728a3499106aa665d1'],
  ['event-notification', 'c2010c07ea0504010b2714ff80000000010000600b00ff021105'],
  ['exception', 'd8010600000010'],
  ['access-request', 'd940000001000101' + '00010000600100ff02' + '0100'],
  ['read-request', '0502020fa804' + '0fa8010600000001'],
  ['read-response', '0c02000600000a0101' + '03'],
  ['write-request', '0601020fa80111' + '05'],
  ['information-report', '180002' + '020fa8020fb0' + '0211011102'],
  ['confirmed-service-error', '0e010601'],
  ['glo-get-request', 'c81e3001234567411312ff935a47566827c467bc7d825c3be4a77c3fcc056b6b'],
  ['general-glo', 'db084d4d4d0000bc614e1e3001234567411312ff935a47566827c467bc7d825c3be4a77c3fcc056b6b'],
  ['general-ciphering', 'dd0101084d4d4d0000bc614e000000010000051000000001'],
  ['general-block-transfer', 'e0c000010000050102030405'],
  ['data-notification', '0f40000000090c07e3020401173416ff800000020106000016dc'],
  ['compact-array', '13020312110a0a000609014100070a0142'],
  ['nested', '010102020f030101020109020102'],
  [
    'scalar-types',
    '02080a01410405f00d12173f8000001840090000000000001907ea0504010b2714ff8000001500000000000000010c02c3a9',
  ],
  ['snrm', '7ea0070321930f017e'],
  ['ua', '7ea01e210373c37a818012050180060180070400000001080400000001533b7e'],
  ['i-frame', '7ea01521033049cae6e700c401c100060000139184227e'],
  ['wrapper', '000100100001000dc0010000080000010000ff0200'],
] as const;

export function sample(name: (typeof SAMPLES)[number][0]): Uint8Array {
  return fromHex(SAMPLES.find(([candidate]) => candidate === name)?.[1] ?? '');
}
