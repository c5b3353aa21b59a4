"""iec62056-21 (MIT) as the reader of our simulated meters: a readout, a password and a register, told as one line of JSON."""

import json
import sys

from iec62056_21 import messages
from iec62056_21.client import Iec6205621Client

HOST, PORT, ADDRESS, PASSWORD = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]


def client():
    made = Iec6205621Client.with_tcp_transport((HOST, PORT), device_address=ADDRESS, password=PASSWORD)
    made.connect()
    return made


reader = client()
readout = reader.standard_readout()
sets = [[one.address, one.value, one.unit] for line in readout.data_block.data_lines for one in line.data_sets]
reader.disconnect()

reader = client()
reader.access_programming_mode()
# Its own send_password leaves the address of the data set out and fails before it sends.
proof = messages.DataSet(address="", value=PASSWORD)
reader.transport.send(messages.CommandMessage(command="P", command_type=1, data_set=proof).to_bytes())
acknowledged = reader.transport.recv(1) == b"\x06"
register = reader.read_single_value("1.8.0", "")
reader.send_break()
reader.disconnect()

print(json.dumps({"identification": reader.identification, "sets": sets, "acknowledged": acknowledged,
                  "register": [register.value, register.unit]}))
