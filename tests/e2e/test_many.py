# SPDX-License-Identifier: GPL-2.0-only
"""Thousands of connections in one request."""

import resource
import socket

from echo import ECHO_PORT, EchoServer
from lib import add_peers, check, check_equal, check_guards, check_tree, offload, start, upload

CONNECTIONS = 2000
PEERS = 4


def raise_limit():
    limit = 4 * CONNECTIONS
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, max(limit, hard)))


def echo_once(socks, turn):
    """Each says something of its own and gets it back."""
    for index, sock in enumerate(socks):
        sock.sendall(b"%08d %08d\n" % (turn, index))
    for index, sock in enumerate(socks):
        expected = b"%08d %08d\n" % (turn, index)
        got = sock.recv(len(expected), socket.MSG_WAITALL)
        check(got == expected, lambda i=index, g=got: f"connection {i} got {g!r}")


def test_thousands():
    """2000 blocks, one tree, one grace period; all live on, out there and back home.

    Contract: ARC-02, DAT-06, DAT-16, DAT-17
    """
    raise_limit()
    peers = add_peers(PEERS)
    server = EchoServer()
    start()
    socks = [socket.create_connection((peers[i % PEERS], ECHO_PORT))
             for i in range(CONNECTIONS)]
    echo_once(socks, 1)
    op = offload("dst", f"10.0.0.0/24:{ECHO_PORT}")
    check_tree(op, neighbors=PEERS, paths=PEERS, tcps=CONNECTIONS)
    check_equal((op["trees"], op["grace_periods"]), (1, 1), "trees and grace periods")
    echo_once(socks, 2)
    check_guards(CONNECTIONS)
    op = upload("dst", f"10.0.0.0/24:{ECHO_PORT}")
    check_tree(op, neighbors=PEERS, paths=PEERS, tcps=CONNECTIONS)
    check_equal(op["trees"], 1, "trees")
    echo_once(socks, 3)
    for sock in socks:
        local = sock.getsockname()
        sock.close()
        check(not server.report(local)["error"], f"the peer saw an error on {local}")
