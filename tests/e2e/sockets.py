# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of socket semantics share: one connection with both its ends in this
process, and a comparison of what an application sees of it in all places."""

import random
import socket
import struct
import fcntl
import termios
import threading

import netns
from echo import asleep_in
from lib import (FAR, PEER, SLOWNESS, Operation, call, check, check_equal, check_guards, check_tree,
                 connections, daemon_answers, start, until)

PORT = 4200
MSG_ZEROCOPY, SO_ZEROCOPY = 0x4000000, 60


def pattern(size, seed=3):
    return random.Random(seed).randbytes(size)


def unread(sock):
    """FIONREAD, alias SIOCINQ."""
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, bytes(4)))[0]


def wait_unread(sock, size):
    until(lambda: unread(sock) == size, f"{size} bytes wait", lambda: f"{unread(sock)}")


def exactly(sock, size):
    """That many bytes, whatever the pieces."""
    data = sock.recv(size, socket.MSG_WAITALL)
    while len(data) < size and (more := sock.recv(size - len(data))):
        data += more
    return data


class Later:
    """A call that may sleep, in a thread."""

    def __init__(self, function, *args):
        self.outcome = None
        self.error = None
        self.thread = threading.Thread(target=self._run, args=(function, args), daemon=True)
        self.thread.start()

    def _run(self, function, args):
        try:
            self.outcome = function(*args)
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error

    def sleeping(self):
        return self.thread.is_alive()

    def wait_asleep(self, call):
        """Until it sleeps in a system call."""
        until(lambda: asleep_in(self.thread.native_id, call), f"sleeps in system call {call}")

    def result(self):
        self.thread.join(60 * SLOWNESS)
        check(not self.thread.is_alive(), "a system call sleeps on")
        if self.error:
            raise self.error
        return self.outcome


class Pair:
    """A connection: near and far are its ends, of which the near one may move.

    A body calls middle() once, where a hand-over would disturb it most.
    """

    def __init__(self, listener, begin, then):
        self.near = socket.create_connection((PEER, PORT))
        self.far = listener.accept()[0]
        self.begin = begin
        self.then = then
        self.moved = False
        self.bring(begin)

    @property
    def selector(self):
        host, port = self.near.getsockname()
        return {"src": f"{host}:{port}", "dst": f"{PEER}:{PORT}"}

    @property
    def is_away(self):
        return bool(connections())

    def bring(self, place):
        """Move it to the @place, if it is not there."""
        if (place == "away") == self.is_away:
            return
        check_tree(Operation(call("Offload" if place == "away" else "Upload",
                                  selector=self.selector)))
        check_guards(1 if place == "away" else 0)

    def wait_window_fixed(self):
        """A receive buffer that was just set has reached the target."""
        def fixed():
            tcp, = Operation(call("Query", selector=self.selector)).layer("tcp")
            return "fixed-rcv-wnd" in tcp["state"]["cached"]["flags"]

        if self.is_away:
            until(fixed, "the target knows the size of the receive buffer")

    def middle(self):
        self.moved = True
        self.bring(self.then)

    def close(self):
        self.near.close()
        self.far.close()


# Where the connection is at first, and after the middle.
JOURNEYS = (("home", "home"), ("away", "away"), ("home", "away"), ("away", "home"))
NOT_MOVING = JOURNEYS[:2]


def everywhere(*bodies, stays=True, journeys=JOURNEYS):
    """Each body sees the same in all places; with @stays it has no influence on the place."""
    if not daemon_answers():
        start()
    listener = netns.inside(FAR, socket.create_server, (PEER, PORT))
    for body in bodies:
        expected = None
        for journey in journeys:
            pair = Pair(listener, *journey)
            seen = body(pair)
            if expected is None:
                expected = seen
            what = f"{body.__name__} from {journey[0]} to {journey[1]}"
            check_equal(seen, expected, what)
            if stays:
                check_equal(pair.is_away, journey[1] == "away", f"{what}: is away")
            pair.close()
            until(lambda: not connections(), "the connection leaves the target")
    listener.close()
