# SPDX-License-Identifier: GPL-2.0-only
"""Reads a meter with the Gurux library and says what it read, a JSON object a line. A program of its own: see README.md."""

import datetime
import json
import socket
import sys

from gurux_dlms import GXByteBuffer, GXDateTime, GXReplyData
from gurux_dlms.enums import Authentication, InterfaceType, ObjectType, Security
from gurux_dlms.secure.GXDLMSSecureClient import GXDLMSSecureClient
from gurux_dlms.objects import (
    GXDLMSAssociationLogicalName,
    GXDLMSClock,
    GXDLMSDisconnectControl,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
)

TIMEOUT_SECONDS = 20


class Line:
    def __init__(self, client, host, port):
        self.client = client
        self.socket = socket.create_connection((host, port), TIMEOUT_SECONDS)

    def exchange(self, data, reply):
        if not data:
            return
        notify = GXReplyData()
        reply.error = 0
        self.socket.sendall(bytes(data))
        received = GXByteBuffer()
        while not self.client.getData(received, reply, notify):
            chunk = self.socket.recv(65536)
            if not chunk:
                raise IOError("the meter closed the line")
            received.set(chunk)
        if reply.error:
            raise IOError("error %s" % reply.error)

    def block(self, data, reply):
        if data is None:
            return
        for part in data if isinstance(data, list) else [data]:
            self.exchange(part, reply)
            while reply.isMoreData():
                more = None if reply.isStreaming() else self.client.receiverReady(reply)
                self.exchange(more, reply)

    def open(self):
        reply = GXReplyData()
        data = self.client.snrmRequest()
        if data:
            self.exchange(data, reply)
            self.client.parseUAResponse(reply.data)
        reply.clear()
        self.block(self.client.aarqRequest(), reply)
        self.client.parseAareResponse(reply.data)
        if self.client.authentication > Authentication.LOW:
            reply.clear()
            for part in self.client.getApplicationAssociationRequest():
                self.block(part, reply)
            self.client.parseApplicationAssociationResponse(reply.data)

    def read(self, item, index):
        reply = GXReplyData()
        self.block(self.client.read(item, index), reply)
        return self.client.updateValue(item, index, reply.value)

    def close(self):
        reply = GXReplyData()
        try:
            self.block(self.client.releaseRequest(), reply)
        finally:
            reply.clear()
            data = self.client.disconnectRequest()
            if data:
                self.exchange(data, reply)
            self.socket.close()


def main(options):
    client = GXDLMSSecureClient(True)
    client.interfaceType = InterfaceType.WRAPPER if options["link"] == "wrapper" else InterfaceType.HDLC
    client.clientAddress = options["client"]
    client.serverAddress = options["server"]
    client.authentication = Authentication(options["mechanism"])
    if options.get("password"):
        client.password = options["password"].encode()
    if options.get("encryptionKey"):
        client.ciphering.systemTitle = bytes.fromhex("4758434c49454e54")
        client.ciphering.blockCipherKey = bytes.fromhex(options["encryptionKey"])
        client.ciphering.authenticationKey = bytes.fromhex(options["authenticationKey"])
        client.ciphering.invocationCounter = options["counter"]
        if options.get("isCiphered"):
            client.ciphering.security = Security.AUTHENTICATION_ENCRYPTION
    line = Line(client, options["host"], options["port"])
    line.open()

    def tell(**said):
        print(json.dumps(said, default=str), flush=True)

    tell(associated=True)
    clock = GXDLMSClock()
    tell(clock=line.read(clock, 2))
    if options.get("isPublic"):
        line.close()
        return
    reply = GXReplyData()
    line.block(client.getObjectsRequest(), reply)
    objects = client.parseObjects(reply.data, True)
    tell(objects=len(objects), classes=sorted({int(item.objectType) for item in objects}))
    for name in ("1.0.1.8.0.255", "1.0.1.7.0.255", "1.0.32.7.0.255"):
        register = GXDLMSRegister(name)
        line.read(register, 3)
        tell(register=name, value=line.read(register, 2), scaler=register.scaler, unit=int(register.unit))
    profile = GXDLMSProfileGeneric("1.0.99.1.0.255")
    line.read(profile, 3)
    line.read(profile, 4)
    tell(columns=len(profile.captureObjects), period=profile.capturePeriod)
    reply = GXReplyData()
    line.block(client.readRowsByEntry(profile, 1, 10), reply)
    client.updateValue(profile, 2, reply.value)
    tell(byEntry=len(profile.buffer), first=[str(cell) for cell in profile.buffer[0]])
    reply = GXReplyData()
    start, end = (GXDateTime(datetime.datetime.fromisoformat(options[name])) for name in ("from", "to"))
    line.block(client.readRowsByRange(profile, start, end), reply)
    client.updateValue(profile, 2, reply.value)
    tell(byRange=len(profile.buffer))
    association = GXDLMSAssociationLogicalName()
    tell(pdu=line.read(association, 5) is not None)
    if options.get("isManager"):
        breaker = GXDLMSDisconnectControl("0.0.96.3.10.255")
        states = []
        for request in (breaker.remoteDisconnect, breaker.remoteReconnect):
            reply = GXReplyData()
            line.block(request(client), reply)
            states.append(line.read(breaker, 2))
        tell(breaker=states)
    line.close()
    tell(closed=True)


main(json.loads(sys.argv[1]))
