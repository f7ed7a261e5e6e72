# SPDX-License-Identifier: GPL-2.0-only
"""tcpdump, and what it has seen of a connection."""

import os
import signal
import struct
import subprocess
import time

SNAPLEN = 96


class Segment:
    """One captured TCP segment (or several at once, before segmentation)."""

    def __init__(self, stamp, source, destination, payload):
        self.stamp = stamp
        self.source = source
        self.destination = destination
        self.payload = payload


class Tcpdump:
    """tcpdump on a device until stop(); it listens when this returns."""

    def __init__(self, device, port, namespace=None):
        self.path = f"/tmp/{device}.{os.getpid()}.pcap"
        prefix = ["ip", "netns", "exec", namespace] if namespace else []
        self.process = subprocess.Popen(
            [*prefix, "tcpdump", "-i", device, "-n", "-p", "-Z", "root", "-s", str(SNAPLEN),
             "-B", "8192", "-w", self.path, "tcp", "port", str(port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True)
        line = ""
        while "listening on" not in line:
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError(f"tcpdump does not listen on {device}")

    def stop(self):
        """All segments it has seen, in order."""
        # It reads from a ring that it empties now and then; let it see the end.
        time.sleep(0.5)
        self.process.send_signal(signal.SIGINT)
        self.process.communicate()
        with open(self.path, "rb") as file:
            segments = list(read_pcap(file.read()))
        os.unlink(self.path)
        return segments


def read_pcap(data):
    """The TCP segments over IPv4 of an Ethernet capture."""
    offset = 24
    while offset + 16 <= len(data):
        seconds, fraction, captured, _ = struct.unpack_from("<IIII", data, offset)
        offset += 16
        frame = data[offset:offset + captured]
        offset += captured
        if len(frame) < 54 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
            continue
        header = 4 * (frame[14] & 15)
        length = struct.unpack_from("!H", frame, 16)[0]
        source, destination = struct.unpack_from("!HH", frame, 14 + header)
        tcp_header = 4 * (frame[14 + header + 12] >> 4)
        yield Segment(seconds + fraction / 1e6, source, destination,
                      length - header - tcp_header)


def count(segments, phases):
    """How many segments, and bytes of payload, lie in each phase.

    @phases: (name, begin, end) in seconds since the epoch
    """
    result = {}
    for name, begin, end in phases:
        inside = [segment for segment in segments if begin <= segment.stamp < end]
        result[name] = (len(inside), sum(segment.payload for segment in inside))
    return result
