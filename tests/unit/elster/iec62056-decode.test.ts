import { addParity } from '@contor/elster/codec/iec62056/parity.js';
import { toBytes } from '@contor/elster/codec/iec62056/text.js';
import { toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { decoderOf } from './vectors.js';

const decode = (input: object) => decoderOf('iec62056-21').decode({ input });

describe('contor decode iec62056-21', () => {
  it.each([
    ['/?45678903!\r\n', { request: { address: '45678903' } }],
    ['/Els6\\2EK280\r\n', { manufacturer: 'Els', baud: 19_200, identification: 'EK280', enhancements: ['2'] }],
    ['\x06051\r\n', { optionSelect: { protocolControl: '0', baudCharacter: '5', modeControl: '1' } }],
    ['\x15', { message: 'repeat' }],
    ['\x06', { message: 'acknowledge' }],
    ['\x01P0\x02(1234567)\x03P', { bccOk: true, command: 'P0', commandName: 'operandForAlgorithm', data: '(1234567)' }],
    ['\x01P0\x02(1234567)\x03X', { bccOk: false, bcc: 80 }],
    ['\x02(ERROR)\x03\x5a', { bccOk: true, error: 'ERROR' }],
    ['\x02(1)\x04\x1c', { isPartial: true, sets: [{ address: '', values: [{ value: '1' }] }] }],
    // Zeros that wake a battery meter's head, and the line end of the message before.
    ['\0\0\n/KAM MC\r\n\x026.8(1*GJ)!', { identification: '/KAM MC', sets: [{ address: '6.8' }] }],
    ['F\x19vff\r\n1-1:2.7.0(0.076*kW)\r\n', { passedOver: '46197666660d0a', activePowerExport_kW: 0.076 }],
    ['P.01(ERROR)\r\n', { profile: [{ address: 'P.01', cells: ['ERROR'], fault: 'iec62056.profile-header' }] }],
  ])('reads %j', (text, expected) => expect(decode({ text })).toMatchObject({ ok: true, ...expected }));

  it.each([
    ['', 'wire.short'],
    ['garbage', 'wire.short'],
    ['/ABC5', 'wire.short'],
    ['1.8.0(12', 'wire.short'],
    ['/1235x\r\n', 'iec62056.identification'],
    ['\x06xyz\r\n', 'iec62056.sign-on'],
    ['€', 'iec62056.character'],
  ])('refuses %j', (text, code) => expect(decode({ text })).toMatchObject({ ok: false, code }));

  it('shows a telegram with a wrong CRC, and reads nothing from it', () => {
    const answer = decode({ text: '/CTA5ZIV-METER\r\n\r\n1-0:1.8.1(000007.360*kWh)\r\n!83A5\r\n' });
    expect(answer).toMatchObject({ ok: true, crc16: { given: '83A5', ok: false }, sets: [{ address: '1-0:1.8.1' }] });
    expect(answer).not.toHaveProperty('rates');
  });

  it('takes off parity, and names the place of a wrong one by its code', () => {
    const bytes = addParity(toBytes('/ELS5\\@V9.30\r\n'), 'even');
    expect(decode({ hex: toHex(bytes), parity: 'even' })).toMatchObject({ manufacturer: 'ELS', enhancements: ['@'] });
    expect(decode({ hex: toHex(bytes), parity: 'odd' })).toMatchObject({ ok: false, code: 'iec62056.parity' });
  });
});
