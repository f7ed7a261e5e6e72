# SPDX-License-Identifier: GPL-2.0-only
"""Segments that no target takes from the wire: the host receives them, and forwards them."""

import socket

import netns
from lib import (BEHIND, FAR, FAR_DEV, NEAR, PEER, ROUTED, batch, check, check_equal, check_guards,
                 check_tree, connection, connections, make_behind, offload, sh, start, upload)
from sockets import Later, exactly, pattern

PORT = 4300
SIZE = 100_000
IP_OPTIONS, IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 4, 10, 0
NO_OPERATION, END_OF_OPTIONS = 1, 0


def connect(namespace, address):
    """A connection, and both its ends."""
    listener = netns.inside(namespace, socket.create_server, ("", PORT))
    near = socket.create_connection((address, PORT))
    far = listener.accept()[0]
    listener.close()
    return near, far


def check_detour(near, far):
    """All segments to the near end take the detour: they reach the target through the host."""
    check_tree(offload(*connection(near)))
    data = pattern(SIZE)
    for _ in range(2):
        sender = Later(far.sendall, data)
        check(exactly(near, SIZE) == data, "what the near end received differs")
        sender.result()
        sender = Later(near.sendall, data)
        check(exactly(far, SIZE) == data, "what the far end received differs")
        sender.result()
    away, = connections()
    check(away["forwarded_segments"] >= 4, lambda: f"{away}")
    check_guards(1)
    check_tree(upload(*connection(near)))
    far.sendall(data[:100])
    check_equal(exactly(near, 100), data[:100], "what came to the host")


def test_ip_options():
    """Datagrams with IP options.

    Contract: FWD-05, FWD-07, FWD-08
    """
    start()
    near, far = connect(FAR, PEER)
    far.setsockopt(socket.IPPROTO_IP, IP_OPTIONS, bytes([NO_OPERATION] * 3 + [END_OF_OPTIONS]))
    check_detour(near, far)


def test_fragments():
    """Datagrams that a router on the way has fragmented.

    Contract: FWD-05, FWD-07, FWD-08
    """
    make_behind()
    start()
    near, far = connect(BEHIND, ROUTED)
    far.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    near.sendall(b"hello")
    check_equal(exactly(far, 5), b"hello", "greeting")
    sh(f"ip -n {FAR} link set {FAR_DEV} mtu 1000")
    sh(f"ip route add {ROUTED}/32 via {PEER} mtu lock 1000")
    check_detour(near, far)
    created = sh(f"ip netns exec {FAR} nstat -asz IpFragCreates").split()[-2]
    check(int(created) > 0, f"{created} fragments")


def test_other_interface():
    """Datagrams that come in through a device without a target.

    Contract: FWD-04, FWD-07, FWD-08
    """
    start()
    near, far = connect(FAR, PEER)
    batch(f"""
        link add detour0 type veth peer name detour1 netns {FAR}
        link set detour0 up""")
    try:
        batch(f"""
            link set detour1 up
            route add {NEAR}/32 dev detour1 src {PEER}""", "-n", FAR)
        check_detour(near, far)
        sent = int(sh("cat /sys/class/net/detour0/statistics/rx_bytes"))
        check(sent > 2 * SIZE, f"{sent} bytes took the detour")
    finally:
        sh("ip link del detour0")
