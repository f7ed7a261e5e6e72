# SPDX-License-Identifier: GPL-2.0-only
"""Operations of several trees: how far they are, and what becomes of one that is cancelled."""

import json
import os
import pty
import signal
import socket
import subprocess

from echo import ECHO_PORT, EchoServer
from lib import (BIN, EXIT_ERROR, EXIT_INCOMPLETE, EXIT_OK, NEAR_DEV, PEER, Daemon, Failure,
                 Operation, add_target, check, check_equal, check_guards, check_tree, connections,
                 ctl, ctl_any, offload, setting, sh, until, upload)

COUNT = 20
# Each tree takes a while, but less than the driver's patience.
SLOW = {"offload": "on tcp-create delay 300ms", "upload": "on tcp-destroy delay 300ms"}


class Caller:
    """chimneyctl whose trees have a connection each; some are through."""

    def __init__(self, command, terminal=False):
        ctl("target", "fault", NEAR_DEV, SLOW[command])
        self.terminal, stderr = pty.openpty() if terminal else (None, subprocess.DEVNULL)
        words = (command, "all") if terminal else ("-j", command, "all")
        self.process = subprocess.Popen([os.path.join(BIN, "chimneyctl"), *words], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=stderr, preexec_fn=interruptible)
        if terminal:
            os.close(stderr)
            os.set_blocking(self.terminal, False)
        self.shown = ""
        self.number = until(self._number, f"some connections of the {command} are through")

    @staticmethod
    def _number():
        for op in ctl("op")["operations"]:
            if op["state"] == "running" and op["connections"]:
                check_equal(op["total"], COUNT, "connections selected")
                return op["id"]
        return None

    def read_terminal(self):
        try:
            self.shown += os.read(self.terminal, 4096).decode()
        except OSError:  # nothing there, or the program has ended
            pass
        return self.shown

    def end(self, status):
        """Returns what it prints."""
        printed, _ = self.process.communicate()
        check_equal(self.process.returncode, status, f"exit status, having printed {printed}")
        ctl("target", "fault", NEAR_DEV, "clear")
        return printed

    def end_cancelled(self):
        """Returns how many connections made it: each tree that was sent, and no other."""
        op = Operation(json.loads(self.end(EXIT_INCOMPLETE)))
        check_equal((op["id"], op["state"], op["total"]), (self.number, "cancelled", COUNT),
                    "number, state and connections")
        check(0 < op["ok"] < COUNT, lambda: f"{op['ok']} connections made it: {op}")
        check_equal((op["trees"], op["failed"]), (op["ok"], 0), "trees, and what failed")
        check_equal(op.refusals(), ["cancelled"] * (COUNT - op["ok"]), "reasons")
        return op["ok"]


def interruptible():
    """As a shell leaves what is in its foreground."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def begin(*options):
    """A daemon, a target and connections."""
    server = EchoServer()
    daemon = Daemon(*options)
    add_target()
    return server, daemon, [socket.create_connection((PEER, ECHO_PORT)) for _ in range(COUNT)]


def check_echo(socks):
    for sock in socks:
        sock.sendall(b"hello")
        check_equal(sock.recv(5, socket.MSG_WAITALL), b"hello", "echo")


def test_trees():
    """Trees have no more connections than the administrator wants, each a grace period."""
    server, _, socks = begin()
    for wrong in (0, 16385):
        try:
            sh(f"sysctl -qw net.chimney.max_tree={wrong}")
        except Failure:
            continue
        raise Failure(f"a tree of {wrong} connections is accepted")
    with setting("net.chimney.max_tree", 15):
        op = offload("dst", f":{ECHO_PORT}")
        check_equal((op["ok"], op["total"], op["trees"], op["grace_periods"]),
                    (COUNT, COUNT, 2, 2), "results")
        check_guards(COUNT)
        op = upload("all")
        check_equal((op["ok"], op["total"], op["trees"]), (COUNT, COUNT, 2), "results")
    check_echo(socks)
    op = offload("all")
    check_tree(op, tcps=COUNT)
    check_equal(op["trees"], 1, "trees")
    check_echo(socks)
    server.stop()


def test_by_number():
    """What is out completes, the rest stays where it is; and may be moved again."""
    server, _, socks = begin()
    with setting("net.chimney.max_tree", 1):
        caller = Caller("offload")
        ctl("op", "cancel", str(caller.number))
        out = caller.end_cancelled()
        check_guards(out)
        check_echo(socks)
        check_equal(offload("all", status=EXIT_INCOMPLETE)["ok"], COUNT - out, "offloaded later")
        caller = Caller("upload")
        ctl("op", "cancel", str(caller.number))
        check_guards(COUNT - caller.end_cancelled())
    check_echo(socks)
    upload("all")
    check_echo(socks)
    ended, = ctl("op", "cancel", str(caller.number))["operations"]
    check_equal(ended["state"], "cancelled", "an operation that has ended")
    unknown = ctl_any("op", "cancel", "4000000000")
    check_equal((unknown.status, unknown.error[0]), (EXIT_ERROR, "not-found"), "an unknown one")
    server.stop()


def test_interrupt():
    """Ctrl-C cancels, by the daemon; chimneyctl waits for what becomes of everything."""
    server, _, socks = begin()
    with setting("net.chimney.max_tree", 1):
        caller = Caller("offload")
        caller.process.send_signal(signal.SIGINT)
        check_guards(caller.end_cancelled())
    check_echo(socks)
    server.stop()


def test_interrupt_without_daemon():
    """Likewise chimneyctl alone, which takes home what a daemon has left."""
    server, daemon, socks = begin("--on-exit", "stay")
    offload("all")
    daemon.stop()
    with setting("net.chimney.max_tree", 1):
        caller = Caller("upload")
        caller.process.send_signal(signal.SIGINT)
        check_guards(COUNT - caller.end_cancelled())
    check_echo(socks)
    server.stop()


def test_bar():
    """On a terminal, an operation that takes a while shows how far it is, with and without a
    daemon."""
    server, daemon, socks = begin("--on-exit", "stay")
    for command in ("offload", "upload"):
        if command == "upload":
            daemon.stop()
        with setting("net.chimney.max_tree", 1):
            caller = Caller(command, terminal=True)
            until(lambda: f" of {COUNT} connections" in caller.read_terminal(),
                  "the bar is there", lambda: caller.shown)
            check(f"] {COUNT} of" not in caller.shown, "it comes at the end only")
            caller.end(EXIT_OK)
        check(caller.read_terminal().endswith("\r\033[K"), f"the bar stays: {caller.shown!r}")
        check_echo(socks)
    check_equal(connections(), [], "connections that are out")
    server.stop()
