# SPDX-License-Identifier: GPL-2.0-only
"""An echo server for many connections, and a stream that checks what comes back."""

import hashlib
import json
import os
import random
import selectors
import signal
import socket
import sys
import threading
import traceback

import netns
from lib import FAR, PEER, check, endpoint, until

ECHO_PORT = 7
CHUNK = 64 << 10
PENDING_LIMIT = 1 << 20
# Longer than any window, so that a byte has no twin where it could be mistaken for it.
POOL = (4 << 20) + 13
# System calls, as x86-64 counts them.
SENDTO, RECVFROM = 44, 45


def give_way():
    """Busy applications leave the processors to the tools, which have more to do."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)


def digest():
    return hashlib.blake2b(digest_size=16)


class _Connection:
    """One connection of the server."""

    def __init__(self, sock, peer):
        self.sock = sock
        self.peer = peer
        self.pending = bytearray()
        self.received = 0
        self.digest = digest()
        self.eof = False

    def wanted(self):
        events = 0
        if not self.eof and len(self.pending) < PENDING_LIMIT:
            events |= selectors.EVENT_READ
        if self.pending:
            events |= selectors.EVENT_WRITE
        return events

    def read(self, buffer):
        size = self.sock.recv_into(buffer)
        if not size:
            self.eof = True
            return
        data = memoryview(buffer)[:size]
        self.received += size
        self.digest.update(data)
        self.pending += data

    def write(self):
        with memoryview(self.pending) as data:
            size = self.sock.send(data)
        del self.pending[:size]

    def report(self, error):
        return {"peer": list(self.peer), "received": self.received,
                "digest": self.digest.hexdigest(), "error": error}


class _Server:
    """The loop of the server; reports a line of JSON for each connection that ends."""

    def __init__(self, listener, reports):
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, None)
        self.reports = reports
        self.buffer = bytearray(256 << 10)

    def run(self):
        while True:
            for key, events in self.selector.select():
                if key.data is None:
                    self.accept(key.fileobj)
                else:
                    self.serve(key.data, events)

    def accept(self, listener):
        try:
            sock, peer = listener.accept()
        except BlockingIOError:
            return
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ, _Connection(sock, peer))

    def serve(self, connection, events):
        try:
            if events & selectors.EVENT_READ:
                connection.read(self.buffer)
            if connection.pending:
                connection.write()
        except BlockingIOError:
            pass
        except OSError as error:
            self.end(connection, error.strerror)
            return
        wanted = connection.wanted()
        if wanted:
            self.selector.modify(connection.sock, wanted, connection)
        else:
            self.end(connection, None)

    def end(self, connection, error):
        self.selector.unregister(connection.sock)
        connection.sock.close()
        self.reports.write(json.dumps(connection.report(error)) + "\n")
        self.reports.flush()


class EchoServer:
    """The server as a process of its own, in the far namespace or another.

    Start it before any thread: it is a fork.
    """

    def __init__(self, port=ECHO_PORT, namespace=FAR, family=socket.AF_INET):
        listener = netns.inside(namespace, self._listen, port, family)
        listener.listen(4096)
        listener.setblocking(False)
        read, write = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.close(read)
                give_way()
                with os.fdopen(write, "w", encoding="ascii") as reports:
                    _Server(listener, reports).run()
            except BaseException:  # pylint: disable=broad-except
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(1)
        listener.close()
        os.close(write)
        self.lines = os.fdopen(read, encoding="ascii")
        self.reports = {}

    @staticmethod
    def _listen(port, family):
        return socket.create_server(("", port), family=family)

    def pause(self):
        """Read nothing for a while."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def stop(self):
        """For good."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def report(self, local):
        """What the server saw of the connection whose near end was @local."""
        while tuple(local) not in self.reports:
            line = self.lines.readline()
            check(line, "the echo server died")
            report = json.loads(line)
            self.reports[tuple(report["peer"])] = report
        return self.reports.pop(tuple(local))


class Stream:
    """An application that knows nothing: a busy writer, and a reader asleep in recv.

    What it writes is random from a seed. Every byte that comes back is compared
    with the one sent; finish() also compares the digests of both directions.
    """

    def __init__(self, server, address=PEER, port=ECHO_PORT, seed=1):
        self.server = server
        self.pool = random.Random(seed).randbytes(POOL)
        self.sock = socket.create_connection((address, port))
        self.local = self.sock.getsockname()
        self.sent = 0
        self.received = 0
        self.sent_digest = digest()
        self.received_digest = digest()
        self.error = None
        self.limit = None
        self.stopped = threading.Event()
        self.reader = threading.Thread(target=self._guarded, args=(self._read,), daemon=True)
        self.writer = threading.Thread(target=self._guarded, args=(self._write,), daemon=True)
        self.reader.start()

    @property
    def selector(self):
        return ("src", endpoint(self.local))

    def write(self, limit=None):
        """Let the writer go: until finish(), or for @limit bytes."""
        self.limit = limit
        self.writer.start()

    def wait_asleep(self):
        """Until the reader sleeps in its system call."""
        until(lambda: asleep_in(self.reader.native_id, RECVFROM), "the reader sleeps in recv")

    def wait_progress(self, size):
        """Until @size more bytes have come back."""
        goal = self.received + size
        until(lambda: self.check_alive() and (self.received >= goal or self._complete()),
              "the stream goes on", lambda: f"sent {self.sent} received {self.received}")

    def check_alive(self):
        """True; a stream that broke fails the test."""
        check(not self.error, f"the stream broke: {self.error}")
        return True

    def wait_stalled(self):
        """Until the writer sleeps because all buffers are full."""
        seen = -1
        def stalled():
            nonlocal seen
            before, seen = seen, self.sent
            return before == seen and asleep_in(self.writer.native_id, SENDTO)
        until(stalled, "the writer sleeps in send")

    def finish(self):
        """Stop writing, read the rest, compare everything."""
        self.stopped.set()
        self.writer.join()
        self.check_alive()
        self.sock.shutdown(socket.SHUT_WR)
        self.reader.join()
        self.check_alive()
        self.sock.close()
        self._compare(self.server.report(self.local))

    def _compare(self, report):
        check(not report["error"], f"the peer saw: {report['error']}")
        check(report["received"] == self.sent,
              f"sent {self.sent} bytes, the peer received {report['received']}")
        check(self.received == self.sent,
              f"sent {self.sent} bytes, received {self.received}")
        check(report["digest"] == self.sent_digest.hexdigest(), "the way there differs")
        check(self.received_digest.digest() == self.sent_digest.digest(),
              "the way back differs")

    def _complete(self):
        return self.limit is not None and self.received >= self.limit

    def _guarded(self, loop):
        give_way()
        try:
            loop()
        except (OSError, AssertionError) as error:
            self.error = error

    def _write(self):
        while not self.stopped.is_set() and (self.limit is None or self.sent < self.limit):
            size = CHUNK if self.limit is None else min(CHUNK, self.limit - self.sent)
            data = self._expected(self.sent, size)
            self.sock.sendall(data)
            self.sent_digest.update(data)
            self.sent += len(data)

    def _read(self):
        buffer = bytearray(4 * CHUNK)
        while size := self.sock.recv_into(buffer):
            data = bytes(memoryview(buffer)[:size])
            expected = self._expected(self.received, size)
            check(data == expected, lambda: self._difference(data, expected))
            self.received_digest.update(data)
            self.received += size

    def _difference(self, data, expected):
        """Where it begins, and whether what came belongs elsewhere in the stream."""
        first = next(i for i, pair in enumerate(zip(data, expected)) if pair[0] != pair[1])
        text = (f"byte {self.received + first} differs, in {self.received} to "
                f"{self.received + len(data)} of {self.sent} sent")
        found = self.pool.find(data[first:first + 16])
        if found < 0:
            return text + ", and is in no other place"
        return text + f", and is byte {found} modulo {POOL}"

    def _expected(self, start, size):
        start %= POOL
        data = self.pool[start:start + size]
        return data if len(data) == size else data + self.pool[:size - len(data)]


def asleep_in(thread, call):
    try:
        with open(f"/proc/self/task/{thread}/syscall", encoding="ascii") as file:
            return file.read().split()[0] == str(call)
    except OSError:
        return False
