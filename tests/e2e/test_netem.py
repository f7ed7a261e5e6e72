# SPDX-License-Identifier: GPL-2.0-only
"""Handovers while the network loses, delays, reorders and duplicates segments.

CHIMNEY_HANDOVERS and CHIMNEY_CONNECTIONS make it longer and wider.
"""

import os

from echo import EchoServer, Stream
from lib import (PEER, Operation, call, check, check_guards, check_tree, connections, netem,
                 start)

HANDOVERS = int(os.environ.get("CHIMNEY_HANDOVERS", "8"))
CONNECTIONS = int(os.environ.get("CHIMNEY_CONNECTIONS", "2" if HANDOVERS < 100 else "4"))
PROGRESS = 8 << 10
BAD_NETWORK = "loss 2% delay 2ms 1ms reorder 10% duplicate 1%".split()


def move(method):
    """All connections at once."""
    return Operation(call(method, selector={"dst": PEER}))


def everywhere(streams):
    """Something of each stream must come back."""
    for stream in streams:
        stream.wait_progress(PROGRESS)


def test_handovers():
    """A handover is one way: out, or home. Every byte of every connection is compared.

    Contract: INIT-71, INIT-76, TERM-45, RIND-18, RFC-10, RFC-12
    """
    server = EchoServer()
    start()
    netem(*BAD_NETWORK)
    streams = [Stream(server, seed=seed) for seed in range(CONNECTIONS)]
    for stream in streams:
        stream.write()
    everywhere(streams)
    for _ in range((HANDOVERS + 1) // 2):
        check_tree(move("Offload"), tcps=CONNECTIONS)
        everywhere(streams)
        check_guards(CONNECTIONS)
        check_tree(move("Upload"), tcps=CONNECTIONS)
        check(not connections(), "connections are still shown after the upload")
        everywhere(streams)
    for stream in streams:
        stream.finish()


test_handovers.limit = 180 + 6 * HANDOVERS * CONNECTIONS
