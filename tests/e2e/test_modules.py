# SPDX-License-Identifier: GPL-2.0-only
"""Targets, modules and devices that go away under busy connections."""

import errno
import socket
import struct

from echo import EchoServer, Stream
from lib import (FAR, NEAR_DEV, PEER, check, check_equal, check_guards, check_tree, connections,
                 ctl, loaded, offload, rmmod, sh, start, targets, until)

STREAMS = 2
PROGRESS = 128 << 10


def busy():
    """Offloaded streams that write all the time."""
    server = EchoServer()
    daemon = start()
    streams = [Stream(server, seed=seed) for seed in range(STREAMS)]
    for stream in streams:
        stream.write()
        stream.wait_progress(PROGRESS)
    check_tree(offload("dst", PEER), tcps=STREAMS)
    go_on(streams)
    check_guards(STREAMS)
    return streams, daemon


def go_on(streams):
    for stream in streams:
        stream.wait_progress(PROGRESS)


def all_home(streams):
    """No connection is away, and no byte was lost."""
    check(not connections(), "connections are still away")
    go_on(streams)
    for stream in streams:
        stream.finish()


def test_target_del():
    """Removing a target brings its connections home."""
    streams, _ = busy()
    ctl("target", "del", NEAR_DEV)
    check_equal(targets(), [], "targets")
    all_home(streams)


def test_rmmod_sim():
    """Removing the driver brings its connections home first."""
    streams, _ = busy()
    rmmod("chimney_sim")
    check_equal(targets(), [], "targets")
    all_home(streams)


def test_rmmod_all():
    """Nothing of either module is needed by connections that were offloaded once."""
    streams, _ = busy()
    rmmod("chimney_sim")
    rmmod("chimney")
    check(not loaded("chimney"), "chimney is still loaded")
    go_on(streams)
    for stream in streams:
        stream.finish()


def test_rmmod_refused():
    """The core stays as long as it has a target's driver on it, and nothing changes."""
    streams, _ = busy()
    sh("rmmod chimney", tolerate=True)
    check(loaded("chimney"), "chimney was unloaded under its user")
    check_guards(STREAMS)
    go_on(streams)
    ctl("upload", "dst", PEER)
    all_home(streams)


def gone(streams):
    """The device is away: nothing is offloaded any more; the sockets can be closed."""
    until(lambda: not connections(), "the connections leave the target", limit=30)
    check_equal(targets(), [], "targets")
    for stream in streams:
        stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        stream.stopped.set()
        try:
            stream.sock.shutdown(socket.SHUT_RDWR)
        except OSError as error:  # its peer reset it before it went
            check_equal(error.errno, errno.ENOTCONN, "error of shutdown")
        stream.sock.close()
        stream.writer.join()
        stream.reader.join()


def test_link_del():
    """A device that is deleted takes its target along and hangs nowhere."""
    streams, _ = busy()
    sh(f"ip link del {NEAR_DEV}")
    gone(streams)


def test_netns_del():
    """Likewise when the other end's namespace goes, and the pair with it."""
    streams, _ = busy()
    streams[0].server.stop()
    sh(f"ip netns del {FAR}")
    until(lambda: NEAR_DEV not in sh("ip -br link"), "the device is gone")
    gone(streams)
