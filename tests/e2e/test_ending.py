# SPDX-License-Identifier: GPL-2.0-only
"""How connections end: an offloaded one must look to everybody as it does in plain Linux.

Each scenario runs twice, once on the host and once offloaded, and both must give
the same observations: bytes and end of stream at either end, and which sides sent
FIN and RST on the wire.
"""

import errno
import fcntl
import hashlib
import multiprocessing
import os
import random
import signal
import socket
import struct
import termios
import traceback

import netns
from lib import (FAR, FAR_DEV, PEER, SLOWNESS, check, check_equal, check_guards, check_tree,
                 connections, offload, setting, sh, start, until, upload)

PORT = 4000
SMALL, LARGE = 1000, 256 << 10
TIME_WAIT, LISTEN = "06", "0A"
ETH_P_ALL = 3


def pattern(size, seed=7):
    return random.Random(seed).randbytes(size)


def digest(size):
    return hashlib.blake2b(pattern(size), digest_size=8).hexdigest()


def drain(sock):
    """Read to the end: how many bytes, which, and what ended it."""
    count, digest = 0, hashlib.blake2b(digest_size=8)
    while True:
        try:
            data = sock.recv(65536)
        except OSError as error:
            return {"bytes": count, "digest": digest.hexdigest(),
                    "end": errno.errorcode.get(error.errno, str(error))}
        if not data:
            return {"bytes": count, "digest": digest.hexdigest(), "end": "EOF"}
        count += len(data)
        digest.update(data)


def linger_zero(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def unread(sock):
    return struct.unpack("i", fcntl.ioctl(sock, termios.FIONREAD, bytes(4)))[0]


class App:
    """An application with one connection, in a process of its own that can be killed."""

    def __init__(self):
        self.pipe, other = multiprocessing.Pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                self._serve(other)
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
            os._exit(1)
        other.close()

    @staticmethod
    def _serve(pipe):
        sock = socket.socket()
        # Before the hand-over: large enough for all that is sent unread.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * LARGE)
        sock.connect((PEER, PORT))
        verbs = {
            "send": lambda size: sock.sendall(pattern(size)),
            "receive": lambda size: len(sock.recv(size, socket.MSG_WAITALL)),
            "drain": lambda: drain(sock),
            "unread": lambda: unread(sock),
            "linger_zero": lambda: linger_zero(sock),
            "shutdown": lambda: sock.shutdown(socket.SHUT_WR),
            "shutdown_reading": lambda: sock.shutdown(socket.SHUT_RD),
            "shutdown_both": lambda: sock.shutdown(socket.SHUT_RDWR),
            "close": sock.close,
            "exit": lambda: os._exit(0),
        }
        while True:
            verb, *arguments = pipe.recv()
            pipe.send(verbs[verb](*arguments))

    def begin(self, *call):
        self.pipe.send(call)

    def end(self):
        check(self.pipe.poll(60 * SLOWNESS), "the application sleeps on")
        return self.pipe.recv()

    def do(self, *call):
        self.begin(*call)
        return self.end()

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def wait(self):
        until(lambda: os.waitpid(self.pid, os.WNOHANG)[0], "the application ends")


class Wire:
    """What passes the far device from now on."""

    def __init__(self):
        self.sock = netns.inside(FAR, self._open)

    @staticmethod
    def _open():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        sock.bind((FAR_DEV, ETH_P_ALL))
        sock.setblocking(False)
        return sock

    def flags(self):
        """Which end sent FIN, and which RST."""
        seen = set()
        while True:
            try:
                frame = self.sock.recv(128)
            except BlockingIOError:
                return sorted(seen)
            seen |= self._flags_of(frame)

    @staticmethod
    def _flags_of(frame):
        header = 14 + 4 * (frame[14] & 15)
        if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_TCP:
            return set()
        source = struct.unpack_from("!H", frame, header)[0]
        side = "peer" if source == PORT else "app"
        bits = frame[header + 13]
        return {f"{side} {name}" for name, bit in (("FIN", 1), ("RST", 4)) if bits & bit}


def all_tcp_states(port=PORT, namespace=None):
    """Of all sockets with a port, other than the listener."""
    def read():
        with open("/proc/thread-self/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        return [row[3] for row in rows if f":{port:04X}" in row[1] + row[2] and row[3] != LISTEN]
    return netns.inside(namespace, read) if namespace else read()


def tcp_states(namespace=None):
    """Of all sockets with our port that are more than TIME_WAIT, other than the listener."""
    return [state for state in all_tcp_states(namespace=namespace) if state != TIME_WAIT]


def observe(scenario, handover):
    """Run a scenario; @handover is what it calls at the moment of the offload."""
    listener = netns.inside(FAR, socket.create_server, (PEER, PORT))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
    app = App()
    peer = listener.accept()[0]
    peer.settimeout(60 * SLOWNESS)
    wire = Wire()
    app.do("send", SMALL)
    check_equal(len(peer.recv(SMALL, socket.MSG_WAITALL)), SMALL, "bytes before")
    observed = scenario(app, peer, handover)
    peer.close()
    try:
        app.kill()
    except (ProcessLookupError, ChildProcessError):
        pass
    until(lambda: not tcp_states() and not tcp_states(FAR), "both ends are closed",
          lambda: f"near {tcp_states()} far {tcp_states(FAR)}")
    listener.close()
    observed["wire"] = wire.flags()
    return observed


def hand_over():
    check_tree(offload("dst", f"{PEER}:{PORT}"))
    check_guards(1)


def kill(app, peer, handover):
    """kill -9: an orderly end for the peer."""
    handover()
    app.kill()
    return {"peer": drain(peer)}


def kill_unread(app, peer, handover):
    """kill -9 with data nobody read: a reset."""
    handover()
    leave_unread(app, peer)
    app.kill()
    return {"peer": drain(peer)}


def leave_unread(app, peer):
    peer.sendall(pattern(SMALL))
    until(lambda: app.do("unread") == SMALL, "the data waits for the application")


def close_unread(app, peer, handover):
    """close() with data nobody read: a reset."""
    handover()
    leave_unread(app, peer)
    app.do("close")
    return {"peer": drain(peer)}


def close_unread_before(app, peer, handover):
    """Likewise when the data came before the hand-over."""
    leave_unread(app, peer)
    handover()
    app.do("close")
    return {"peer": drain(peer)}


def close_unsent(app, peer, handover):
    """close() with data the peer has no room for yet: the peer gets all, then FIN."""
    handover()
    app.do("send", LARGE)
    app.do("close")
    return {"peer": drain(peer)}


def close_unsent_before(app, peer, handover):
    """Likewise when the data was written before the hand-over."""
    app.do("send", LARGE)
    handover()
    app.do("close")
    return {"peer": drain(peer)}


def linger(app, peer, handover):
    """SO_LINGER of 0 seconds: a reset."""
    handover()
    app.do("linger_zero")
    app.do("close")
    return {"peer": drain(peer)}


def half_close(app, peer, handover):
    """shutdown(SHUT_WR), and reading goes on."""
    handover()
    app.do("send", SMALL)
    app.do("shutdown")
    seen = drain(peer)
    app.begin("drain")
    peer.sendall(pattern(LARGE))
    peer.close()
    return {"peer": seen, "app": app.end()}


def half_close_unsent(app, peer, handover):
    """shutdown(SHUT_WR) with data the peer has no room for yet; reading goes on."""
    handover()
    app.do("send", LARGE)
    app.do("shutdown")
    peer.sendall(pattern(SMALL))
    got = app.do("receive", SMALL)
    return {"peer": drain(peer), "app": got}


def half_close_both(app, peer, handover):
    """shutdown(SHUT_WR) before the peer does the same."""
    handover()
    app.do("shutdown")
    seen = drain(peer)
    peer.sendall(pattern(SMALL))
    peer.shutdown(socket.SHUT_WR)
    return {"peer": seen, "app": app.do("drain")}


def simultaneous(app, peer, handover):
    """Both ends close their send half, each before it has seen the other's FIN."""
    handover()
    app.do("send", LARGE)
    peer.sendall(pattern(SMALL))
    peer.shutdown(socket.SHUT_WR)
    app.do("shutdown")
    seen = app.do("drain")
    return {"peer": drain(peer), "app": seen}


def shut_reading(app, peer, handover):
    """shutdown(SHUT_RD), the peer closes, and writing goes on."""
    handover()
    app.do("shutdown_reading")
    peer.shutdown(socket.SHUT_WR)
    app.do("send", LARGE)
    app.do("close")
    return {"peer": drain(peer)}


def shut_both(app, peer, handover):
    """shutdown(SHUT_RDWR): data that comes then is answered with a reset."""
    handover()
    app.do("shutdown_both")
    seen = drain(peer)
    peer.sendall(pattern(SMALL))
    until(lambda: not tcp_states(), "the connection is reset")
    return {"peer": seen, "app": app.do("drain")}


def half_closed_before(app, peer, handover):
    """A connection whose application has sent its FIN is handed over."""
    app.do("shutdown")
    seen = drain(peer)
    handover()
    app.begin("drain")
    peer.sendall(pattern(LARGE))
    peer.close()
    return {"peer": seen, "app": app.end()}


def peer_closes(app, peer, handover):
    """The peer's FIN is the end of the stream; writing goes on.

    Contract: TEV-03, TEV-04
    """
    handover()
    app.begin("drain")
    peer.sendall(pattern(LARGE))
    peer.shutdown(socket.SHUT_WR)
    seen = app.end()
    app.do("send", SMALL)
    app.do("close")
    return {"peer": drain(peer), "app": seen}


def peer_closed_before(app, peer, handover):
    """A connection whose peer has sent its FIN is handed over."""
    peer.shutdown(socket.SHUT_WR)
    seen = app.do("drain")
    handover()
    app.do("send", LARGE)
    app.do("close")
    return {"peer": drain(peer), "app": seen}


def peer_resets(app, peer, handover):
    """The peer's RST wakes a reader with ECONNRESET.

    Contract: TEV-06, TEV-07, TEV-10, BRA-02
    """
    handover()
    app.begin("drain")
    linger_zero(peer)
    peer.close()
    return {"app": app.end()}


def leave(app, peer, handover):
    """A process that exits without closing."""
    handover()
    app.do("send", SMALL)
    app.begin("exit")
    app.wait()
    return {"peer": drain(peer)}


# What the peer's stream ends with (the application's, if the peer says nothing), and
# what must be seen on the wire: plain Linux itself is checked, too.
SCENARIOS = {
    kill: ("EOF", "app FIN"),
    kill_unread: ("ECONNRESET", "app RST"),
    close_unread: ("ECONNRESET", "app RST"),
    close_unread_before: ("ECONNRESET", "app RST"),
    close_unsent: ("EOF", "app FIN"),
    close_unsent_before: ("EOF", "app FIN"),
    linger: ("ECONNRESET", "app RST"),
    half_close: ("EOF", "app FIN"),
    half_close_unsent: ("EOF", "app FIN"),
    half_close_both: ("EOF", "app FIN"),
    simultaneous: ("EOF", "app FIN"),
    shut_reading: ("EOF", "app FIN"),
    shut_both: ("EOF", "app RST"),
    half_closed_before: ("EOF", "app FIN"),
    peer_closes: ("EOF", "peer FIN"),
    peer_closed_before: ("EOF", "peer FIN"),
    peer_resets: ("ECONNRESET", "peer RST"),
    leave: ("EOF", "app FIN"),
}


def compare(scenario, end, flag):
    """On the host and offloaded: the same."""
    start()
    plain = observe(scenario, lambda: None)
    check_equal(plain.get("peer", plain.get("app"))["end"], end, "end in plain Linux")
    check(flag in plain["wire"], f"plain Linux sent {plain['wire']}, expected {flag}")
    offloaded = observe(scenario, hand_over)
    until(lambda: not connections(), "the connection leaves the target")
    check_equal(offloaded, plain, "what was seen of the offloaded connection")


def half_closed_away():
    """The send half is closed in the target, which goes on receiving; then the connection
    comes home and goes out again, before and after the peer has acknowledged all.

    Contract: DSC-03, DSC-11, DSC-15, DSC-18, DSC-26
    """
    start()
    listener = netns.inside(FAR, socket.create_server, (PEER, PORT))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
    app = App()
    peer, (_, near_port) = listener.accept()
    hand_over()
    app.do("send", LARGE)
    app.do("shutdown")
    check_equal(check_guards(1)[0]["tcp_state"], "fin-wait-1", "state with unsent data")
    for move in (upload, offload, upload, offload):
        check_tree(move("dst", f"{PEER}:{PORT}"))
    check_equal(drain(peer), {"bytes": LARGE, "end": "EOF", "digest": digest(LARGE)}, "peer")
    until(lambda: check_guards(1)[0]["tcp_state"] == "fin-wait-2", "the FIN is acknowledged")
    for move in (upload, offload):
        peer.sendall(pattern(SMALL))
        check_equal(app.do("receive", SMALL), SMALL, "bytes behind the FIN")
        check_tree(move("dst", f"{PEER}:{PORT}"))
    app.begin("drain")
    # An ACK that another processor sends may come after that of the FIN, to a closed port: the RST
    # that answers it must not end TIME_WAIT.
    with setting("net.ipv4.tcp_rfc1337", 1):
        peer.sendall(pattern(LARGE))
        peer.close()
        check_equal(app.end(), {"bytes": LARGE, "end": "EOF", "digest": digest(LARGE)},
                    "application")
        until(lambda: not connections(), "the host keeps TIME_WAIT")
        check_equal(all_tcp_states(near_port), [TIME_WAIT], "states on the near side")
    app.kill()


TESTS = {"half_closed_away": half_closed_away}
TESTS |= {scenario.__name__: lambda s=scenario, e=expected: compare(s, *e)
         for scenario, expected in SCENARIOS.items()}
