# SPDX-License-Identifier: GPL-2.0-only
"""A busy stream goes to the target and comes back, and nobody notices."""

from echo import EchoServer, Stream
from lib import (SLOWNESS, check, check_guards, check_tree, connections, offload, start, upload)

CYCLES = 12 // SLOWNESS
PROGRESS = 256 << 10


def cycle(stream, progress):
    """Out and home once; @progress bytes must come back in each place."""
    check_tree(offload(*stream.selector))
    if progress:
        stream.wait_progress(progress)
    check_guards(1)
    check_tree(upload(*stream.selector))
    check(not connections(), "the connection is still shown after the upload")
    if progress:
        stream.wait_progress(progress)


def test_handovers():
    """Again and again out and home with data under way in both directions.

    Contract: INIT-10, INIT-11, INIT-71, INIT-73, INIT-75, TERM-46, TERM-53, TERM-54,
    TERM-55, SND-05, SND-06, RIND-18
    """
    server = EchoServer()
    start()
    stream = Stream(server)
    stream.write()
    stream.wait_progress(PROGRESS)
    for _ in range(CYCLES):
        cycle(stream, PROGRESS)
    stream.finish()


def test_blocked_reader():
    """A reader asleep in recv sleeps on, and wakes up for data, wherever the connection is.

    Contract: DAT-19
    """
    server = EchoServer()
    start()
    stream = Stream(server)
    stream.wait_asleep()
    for _ in range(3):
        cycle(stream, 0)
        stream.wait_asleep()
    check_tree(offload(*stream.selector))
    stream.wait_asleep()
    stream.write(limit=PROGRESS)
    stream.wait_progress(PROGRESS)
    stream.wait_asleep()
    check_guards(1)
    check_tree(upload(*stream.selector))
    stream.wait_asleep()
    stream.finish()


def test_blocked_writer():
    """A writer asleep for a peer that reads nothing goes on when the peer reads."""
    server = EchoServer()
    start()
    stream = Stream(server)
    stream.write()
    stream.wait_progress(PROGRESS)
    server.pause()
    stream.wait_stalled()
    check_tree(offload(*stream.selector))
    stream.wait_stalled()
    server.resume()
    stream.wait_progress(PROGRESS)
    server.pause()
    stream.wait_stalled()
    check_guards(1)
    check_tree(upload(*stream.selector))
    stream.wait_stalled()
    server.resume()
    stream.wait_progress(PROGRESS)
    stream.finish()
