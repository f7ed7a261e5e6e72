# SPDX-License-Identifier: GPL-2.0-only
"""A target that is full, or too small: what it refuses runs on in the host."""

import re

from echo import EchoServer, Stream
from lib import (EXIT_INCOMPLETE, add_peers, check, check_equal, connections, offload, sh, start,
                 targets, upload)

PROGRESS = 64 << 10


def beyond(limits, addresses, expected, offloaded):
    """Offload one stream to each address; the statuses of each layer must be @expected."""
    server = EchoServer()
    start(**limits)
    add_peers(len(set(addresses)))
    streams = [Stream(server, address, seed=i) for i, address in enumerate(addresses)]
    for stream in streams:
        stream.write()
        stream.wait_progress(PROGRESS)
    op = offload("dst", "10.0.0.0/24", status=EXIT_INCOMPLETE)
    for layer, statuses in zip(("neighbor", "path", "tcp"), expected):
        check_equal(op.statuses(layer), statuses, f"{layer} blocks")
    check_equal((op["ok"], op["failed"], op["refused"]),
                (offloaded, len(addresses) - offloaded, 0), "ok, failed, refused")
    shown = connections()
    check_equal([conn["state"] for conn in shown], ["offloaded"] * offloaded, "connections")
    check_equal(targets()[0]["tcp"]["used"], offloaded, "TCP entries in use")
    for stream in streams:
        stream.wait_progress(PROGRESS)
    for conn in shown:
        upload("src", f"{conn['src']}:{conn['sport']}")
    check_empty()
    for stream in streams:
        stream.wait_progress(PROGRESS)
        stream.finish()


def check_empty():
    """Nothing is left in the target."""
    target = targets()[0]
    check_equal({layer: target[layer]["used"] for layer in ("tcp", "path", "neighbor")},
                {"tcp": 0, "path": 0, "neighbor": 0}, "entries in use")


def test_tcp_entries():
    """One entry and three connections.

    Contract: INIT-38, INIT-39, INIT-40, INIT-41, INIT-47, INIT-48
    """
    beyond({"tcp": 1}, ["10.0.0.2"] * 3,
           (["SUCCESS"], ["PARTIAL_SUCCESS"], ["SUCCESS", "TCP_ENTRIES", "TCP_ENTRIES"]), 1)


def test_path_entries():
    """One path and two peers: what hangs on the other path is not attempted.

    Contract: INIT-44, INIT-45
    """
    beyond({"path": 1}, ["10.0.0.2", "10.0.0.3"],
           (["PARTIAL_SUCCESS", "SUCCESS"], ["PATH_ENTRIES", "SUCCESS"], ["FAILURE", "SUCCESS"]),
           1)


def test_neighbor_entries():
    """Two neighbors and three peers.

    Contract: INIT-44, INIT-45
    """
    beyond({"neighbor": 2}, ["10.0.0.2", "10.0.0.3", "10.0.0.4"],
           (["NEIGHBOR_ENTRIES", "SUCCESS", "SUCCESS"], ["FAILURE", "SUCCESS", "SUCCESS"],
            ["FAILURE", "SUCCESS", "SUCCESS"]), 2)


def test_path_mtu():
    """The path's MTU is larger than the target supports."""
    beyond({"mtu": 1400}, ["10.0.0.2"], (["PARTIAL_SUCCESS"], ["PATH_MTU"], ["FAILURE"]), 0)


def test_receive_window():
    """The connection's receive window is larger than the target supports."""
    beyond({"rcvwnd": 4096}, ["10.0.0.2"],
           (["SUCCESS"], ["PARTIAL_SUCCESS"], ["TCP_RCV_WINDOW"]), 0)


def charged(stream):
    """Memory that a socket owns beside its data, as ss tells it."""
    shown = sh(f"ss -tnm sport = :{stream.sock.getsockname()[1]}")
    return int(re.search(r"skmem:.*,o(\d+),", shown).group(1))


def test_memory():
    """What a connection takes in the host and the target is charged to its socket."""
    server = EchoServer()
    start()
    streams = [Stream(server, seed=i) for i in range(2)]
    for stream in streams:
        stream.write()
        stream.wait_progress(PROGRESS)
    offload(*streams[0].selector)
    # A record in the host, a TCP and its socket in the engine.
    check(charged(streams[0]) > 2500, f"{charged(streams[0])} bytes are charged")
    check_equal(charged(streams[1]), 0, "bytes charged at home")
    upload(*streams[0].selector)
    check_equal(charged(streams[0]), 0, "bytes charged after the return")
    for stream in streams:
        stream.wait_progress(PROGRESS)
        stream.finish()
