# SPDX-License-Identifier: GPL-2.0-only
"""Frames that leave a device for a connection, seen by a packet socket."""

import socket
import struct

from lib import until

ETH_P_ALL = 3
ETH_P_IP, ETH_P_IPV6 = b"\x08\x00", b"\x86\xdd"
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
TP_STATUS_VLAN_VALID = 0x10


class Frame:
    """One frame with a TCP segment."""

    def __init__(self, data, tag):
        self.tag = tag
        self.destination_mac, self.source_mac = data[:6].hex(":"), data[6:12].hex(":")
        if data[12:14] == ETH_P_IPV6:
            header = 40
            first, total, _, self.ttl = struct.unpack_from("!IHBB", data, 14)
            total += header
            self.tos = first >> 20 & 0xff
            self.flow_label = first & 0xfffff
        else:
            header = 4 * (data[14] & 15)
            total = struct.unpack_from("!H", data, 16)[0]
            self.tos = data[15]
            self.ttl = data[22]
        self.source_port, self.destination_port, self.seq, self.ack = struct.unpack_from(
            "!HHII", data, 14 + header)
        offset = 4 * (data[14 + header + 12] >> 4)
        self.flags = data[14 + header + 13]
        self.options = offset - 20
        self.payload = total - header - offset


def tag_of(ancillary):
    """The 802.1Q tag that lay before the datagram, or None."""
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tag = struct.unpack_from("=IIIHHH", data)
            if status & TP_STATUS_VLAN_VALID:
                return tag
    return None


def is_tcp(data):
    """A whole header of TCP, right behind that of IP?"""
    return (len(data) >= 54 and data[12:14] == ETH_P_IP and data[23] == socket.IPPROTO_TCP or
            len(data) >= 74 and data[12:14] == ETH_P_IPV6 and data[20] == socket.IPPROTO_TCP)


class Frames:
    """What a device sends from a local port, from here on; a context manager."""

    def __init__(self, device, port):
        self.port = port
        self.frames = []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((device, ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.socket.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def seen(self):
        """All so far."""
        while True:
            try:
                data, ancillary, _, address = self.socket.recvmsg(128, 64)
            except BlockingIOError:
                return self.frames
            if address[2] != socket.PACKET_OUTGOING or not is_tcp(data):
                continue
            frame = Frame(data, tag_of(ancillary))
            if frame.source_port == self.port:
                self.frames.append(frame)


def frames_of(stream, device, progress):
    """What leaves a device for a stream that goes on: frames with @progress bytes at least.

    What comes back says nothing of what leaves: echoes of what left before may be on their way.
    """
    with Frames(device, stream.local[1]) as frames:
        return until(lambda: stream.check_alive() and has_bytes(frames.seen(), progress),
                     f"{progress} bytes leave")


def has_bytes(frames, size):
    return frames if sum(frame.payload for frame in frames) >= size else None
