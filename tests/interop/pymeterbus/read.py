"""Reads meters of a bus with pyMeterBus as the master: `read.py port address…`; an address is primary, or 16 hexadecimal digits.
One JSON object a line: the address, and every telegram as pyMeterBus reads it."""

import json
import sys

import meterbus
import serial


def telegrams(line, address):
    """Pings or selects the meter, and asks for all it has."""
    if len(address) == 16:
        meterbus.send_select_frame(line, address)
        listens_at = meterbus.ADDRESS_NETWORK_LAYER
    else:
        meterbus.send_ping_frame(line, int(address))
        listens_at = int(address)
    meterbus.recv_frame(line, 1)
    request = meterbus.send_request_frame_multi(line, listens_at)
    while True:
        telegram = meterbus.load(meterbus.recv_frame(line, meterbus.FRAME_DATA_LENGTH))
        yield json.loads(telegram.to_JSON())["body"]
        if not telegram.more_records_follow:
            return
        request.header.cField.parts[0] ^= meterbus.CONTROL_MASK_FCB
        meterbus.send_request_frame_multi(line, req=request)


def main(port, addresses):
    for address in addresses:
        with serial.serial_for_url(f"socket://127.0.0.1:{port}", timeout=3) as line:
            print(json.dumps({"address": address, "telegrams": list(telegrams(line, address))}))


main(sys.argv[1], sys.argv[2:])
