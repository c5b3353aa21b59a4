# SPDX-License-Identifier: GPL-2.0-only
"""Takes pushes with the Gurux library and says what came, a JSON object a line. A program of its own: see README.md."""

import json
import socket
import sys

from gurux_dlms import GXByteBuffer, GXReplyData
from gurux_dlms.enums import InterfaceType, Security
from gurux_dlms.secure.GXDLMSSecureClient import GXDLMSSecureClient


def main(options):
    client = GXDLMSSecureClient(True)
    client.interfaceType = InterfaceType.WRAPPER if options["link"] == "wrapper" else InterfaceType.HDLC
    client.ciphering.security = Security.AUTHENTICATION_ENCRYPTION
    client.ciphering.blockCipherKey = bytes.fromhex(options["encryptionKey"])
    client.ciphering.authenticationKey = bytes.fromhex(options["authenticationKey"])
    server = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": server.getsockname()[1]}), flush=True)
    line, _ = server.accept()
    line.settimeout(30)
    received, reply, notify = GXByteBuffer(), GXReplyData(), GXReplyData()
    left = options["pushes"]
    while left:
        chunk = line.recv(65536)
        if not chunk:
            break
        received.set(chunk)
        while left and received.position < received.size:
            before = received.position
            client.getData(received, reply, notify)
            if notify.isComplete() and not notify.isMoreData():
                if notify.value is not None:
                    print(json.dumps({"values": len(notify.value), "objects": len(notify.value[0])}), flush=True)
                    left -= 1
                notify.clear()
            elif received.position == before:
                break
    line.close()
    server.close()


main(json.loads(sys.argv[1]))
