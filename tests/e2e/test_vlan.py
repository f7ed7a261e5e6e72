# SPDX-License-Identifier: GPL-2.0-only
"""Connections over a VLAN device are offloaded to the target on the device below it.

The tags on the wire are those that Linux itself puts there.
"""

import socket

from echo import ECHO_PORT, EchoServer, Stream
from frames import Frames, frames_of
from lib import (FAR, FAR_DEV, NEAR_DEV, PEER, batch, check, check_equal, check_guards,
                 check_tree, connection, connections, ctl, offload, sh, start, until, upload)

PROGRESS = 256 << 10
VLAN, PRIORITY = 7, 3
VLAN_PEER = "10.7.0.2"
OWN_MAC = "02:00:00:00:07:07"


def make_vlan(*options):
    """VLAN 7 on both sides; what has priority 5 on the near one has 3 on the wire."""
    near = " ".join(options)
    batch(f"""
        link add link {NEAR_DEV} name {NEAR_DEV}.7 {near} type vlan id {VLAN} egress 5:{PRIORITY}
        addr add 10.7.0.1/24 dev {NEAR_DEV}.7
        link set {NEAR_DEV}.7 up""")
    batch(f"""
        link add link {FAR_DEV} name {FAR_DEV}.7 type vlan id {VLAN}
        addr add {VLAN_PEER}/24 dev {FAR_DEV}.7
        link set {FAR_DEV}.7 up""", "-n", FAR)


def echo(sock, data):
    sock.sendall(data)
    check_equal(sock.recv(len(data), socket.MSG_WAITALL), data, "echo")


def sent(sock, field):
    """One field of the frames that leave the near device."""
    with Frames(NEAR_DEV, sock.getsockname()[1]) as frames:
        echo(sock, b"x" * 100)
        return {getattr(frame, field) for frame in frames.seen()}


def test_tags():
    """The tag is the VLAN's, its priority what the VLAN device makes of SO_PRIORITY.

    Contract: VLAN-01, VLAN-03, VLAN-11, VLAN-12
    """
    make_vlan()
    server = EchoServer()
    start()
    sock = socket.create_connection((VLAN_PEER, ECHO_PORT))
    plain = socket.create_connection((PEER, ECHO_PORT))
    for each in (sock, plain):
        check_equal(sent(each, "tag"), {VLAN if each is sock else None}, "tags of the host")
        check_tree(offload(*connection(each)))
        each.setsockopt(socket.SOL_SOCKET, socket.SO_PRIORITY, 5)
    until(lambda: sent(sock, "tag") == {PRIORITY << 13 | VLAN}, "frames have the priority",
          lambda: f"{sent(sock, 'tag')}")
    check_equal(sent(plain, "tag"), {None}, "tags of a connection over no VLAN")
    check_guards(2)
    op = upload("all")
    check_tree(op, neighbors=2, paths=2, tcps=2)
    check_equal(sent(sock, "tag"), {PRIORITY << 13 | VLAN}, "tags at home")
    check_equal(sent(plain, "tag"), {None}, "tags at home, over no VLAN")
    server.stop()


def test_stream():
    """Out and home over the VLAN with data under way, received by the target itself.

    Contract: VLAN-01
    """
    make_vlan("address", OWN_MAC)
    server = EchoServer()
    start()
    stream = Stream(server, address=VLAN_PEER)
    stream.write()
    stream.wait_progress(PROGRESS)
    for _ in range(2):
        check_tree(offload(*stream.selector))
        stream.wait_progress(PROGRESS)
        frames = frames_of(stream, NEAR_DEV, PROGRESS)
        check_equal({(frame.tag, frame.source_mac) for frame in frames}, {(VLAN, OWN_MAC)},
                    "tags and sources of frames")
        check_guards(1)
        check_tree(upload(*stream.selector))
        stream.wait_progress(PROGRESS)
    stream.finish()
    counted = next(item for item in ctl("stats", NEAR_DEV)["statistics"] if item["version"] == 4)
    check(counted["ip_in_octets"] > 2 * PROGRESS, f"the target received: {counted}")


def test_down():
    """A VLAN device that goes down takes its own connections home, and no others.

    Contract: PWR-01
    """
    make_vlan()
    server = EchoServer()
    start()
    sock = socket.create_connection((VLAN_PEER, ECHO_PORT))
    plain = socket.create_connection((PEER, ECHO_PORT))
    for each in (sock, plain):
        echo(each, b"hello")
        check_tree(offload(*connection(each)))
    sh(f"ip link set {NEAR_DEV}.7 down")
    check_equal([conn["dst"] for conn in connections()], [PEER], "connections")
    sh(f"ip link set {NEAR_DEV}.7 up")
    for each in (sock, plain):
        echo(each, b"and it works")
    check_guards(1)
    server.stop()
