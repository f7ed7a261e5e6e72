# SPDX-License-Identifier: GPL-2.0-only
"""What chimneyctl says to requests that make no sense, and that they change nothing."""

import json
import os
import re
import socket
import struct

from echo import ECHO_PORT, EchoServer
from lib import (DAEMON_SOCKET, EXIT_ERROR, EXIT_INCOMPLETE, NEAR_DEV, PEER, Daemon, add_target,
                 check, check_equal, check_tree, connection, connections, ctl, ctl_any,
                 offload, start, targets, upload)

NOBODY = 65534
SO_COOKIE = 57


def state():
    return targets(), connections()


def refuse(words, code, sentence, **options):
    """An error with exit status 1, a class and a sentence, and nothing else."""
    before = state()
    reply = ctl_any(*words.split(), **options)
    what = f"chimneyctl {words}"
    check_equal(reply.status, EXIT_ERROR, f"exit status of {what}")
    check_equal(set(reply.document), {"schema", "error"}, f"keys of {what}")
    got, message = reply.error
    check_equal(got, code, f"class of the error of {what} ('{message}')")
    check(re.search(sentence, message), f"{what} says '{message}', expected '{sentence}'")
    check_equal(state(), before, f"state after {what}")


def connect():
    """An established connection, which must still work at the end."""
    sock = socket.create_connection((PEER, ECHO_PORT))
    check_alive(sock)
    return sock


def check_alive(sock):
    sock.sendall(b"still there?")
    check_equal(sock.recv(12, socket.MSG_WAITALL), b"still there?", "echo")


def test_devices():
    """Devices that do not exist, have no target, or have one already."""
    start()
    refuse("target add nosuchdev kind sim", "not-found", "nosuchdev")
    refuse("target del nosuchdev", "not-found", "nosuchdev")
    refuse("target show nosuchdev", "not-found", "nosuchdev")
    refuse("target del lo", "not-found", "no target")
    refuse("target show lo", "not-found", "no target")
    refuse(f"target add {NEAR_DEV} kind sim", "kernel", "has a target already")
    refuse("target add lo kind nosuchkind", "kernel", "no such kind of target")


def test_grammar():
    """Nonsense is refused before anything is asked of the kernel."""
    start()
    for words, sentence in (
            ("nonsense", "nonsense"),
            ("offload", "needs a selector"),
            ("upload", "needs a selector"),
            ("offload dst", "needs a value"),
            ("offload dst 10.0.0.2:70000", "port"),
            ("offload dst 10.0.0.300", "10.0.0.300"),
            ("offload dst 10.0.0.2/40", "prefix|/40|40"),
            ("offload dst 10.0.0.2 dst 10.0.0.3", "given twice"),
            ("offload all dst 10.0.0.2", "all selects every connection"),
            ("offload src ::1 dst 10.0.0.2", "different families"),
            ("offload sideways", "sideways"),
            ("offload pid 0", "pid"),
            ("target add", "needs a device"),
            (f"target add {NEAR_DEV}", "needs a kind"),
            (f"target add {NEAR_DEV} kind", "needs a value"),
            (f"target add {NEAR_DEV} kind sim tcp", "needs a value"),
            (f"target add {NEAR_DEV} kind sim tcp 0", "tcp"),
            (f"target add {NEAR_DEV} kind sim tcp many", "many"),
            (f"target add {NEAR_DEV} kind sim tcp 1 tcp 2", "given twice"),
            (f"target add {'x' * 16} kind sim", "cannot be the name of a device"),
            ("target del", "takes one device"),
            ("op show nonsense", "nonsense"),
            ("op show 1 2", "one word too many"),
            ("--nonsense conn", "no option"),
            ("conn -j", "stands too late")):
        refuse(words, "usage", sentence)
    refuse("op show 4000000000", "not-found", "no such operation|4000000000")
    refuse("offload pid 4000000", "not-found", "does not exist")


def test_grammar_of_state():
    """The same for the commands about state, events and made-up trees."""
    start()
    before = state()
    for words, sentence in (
            ("query", "needs a selector"),
            ("query all layer", "layer needs a value"),
            ("update all layer ether", "ether"),
            ("invalidate layer tcp", "needs a selector"),
            ("explain", "needs a selector"),
            ("capture dst", "needs a value"),
            ("replay", "takes a device and a file"),
            ("replay veth0 /dev/null", "/dev/null"),
            ("monitor nonsense", "nonsense"),
            ("stats a b", "one word too many"),
            ("target param", "needs a device"),
            (f"target param {NEAR_DEV} push-ticks", "needs a value"),
            (f"target param {NEAR_DEV} push-ticks 0", "push-ticks"),
            (f"target fault {NEAR_DEV}", "takes a device and a script"),
            ("conform", "takes a device")):
        reply = ctl_any(*words.split())
        code, message = reply.error
        check_equal((reply.status, code), (EXIT_ERROR, "usage"), f"{words} ('{message}')")
        check(re.search(sentence, message), f"{words} says '{message}', expected '{sentence}'")
    check_equal(state(), before, "state")


def test_no_target():
    """A connection that is routed through no target stays, and the reason is told."""
    server = EchoServer()
    Daemon()
    sock = connect()
    op = offload(*connection(sock), status=EXIT_INCOMPLETE)
    check_equal(op.refusals(), ["no-target"], "reasons")
    check_equal(op["ok"], 0, "connections offloaded")
    check_equal(connections(), [], "connections")
    check_alive(sock)
    server.stop()


def test_no_match():
    """A selector that matches nothing is no error, but is said."""
    start()
    for words in ("offload dst 10.9.9.9", "upload dst 10.9.9.9", "offload src :1"):
        before = state()
        reply = ctl_any(*words.split())
        check_equal(reply.status, 0, f"exit status of {words}")
        check(re.search("no (offloaded )?connection matches", reply.stderr),
              f"{words} says '{reply.stderr}'")
        for op in reply.document["operations"]:
            check_equal(op["blocks"], [], f"blocks of {words}")
        check_equal(state(), before, f"state after {words}")


def cookie(sock):
    """What the kernel tells a socket apart by, and `ss -e` shows."""
    return hex(struct.unpack("Q", sock.getsockopt(socket.SOL_SOCKET, SO_COOKIE, 8))[0])


def test_twice():
    """What is offloaded already is not offloaded again; what is at home has nothing to upload."""
    server = EchoServer()
    start()
    sock = connect()
    selector = connection(sock)
    check_equal(upload(*selector)["connections"], 0, "connections uploaded")
    check_tree(offload(*selector))
    before = [conn["cookie"] for conn in connections()]
    check_equal(before, [cookie(sock)], "cookies")
    op = offload(*selector, status=EXIT_INCOMPLETE)
    check_equal(op.refusals(), ["already-offloaded"], "reasons")
    check_equal([conn["cookie"] for conn in connections()], before, "connections")
    check_alive(sock)
    check_tree(upload(*selector))
    check_alive(sock)
    server.stop()


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def test_not_root():
    """Without privileges: a sentence that says so, from the daemon's socket or the kernel."""
    daemon = start()
    for words in ("offload all", "upload all", f"target add lo kind sim", "conn", "target"):
        refuse(words, "permission", "permission denied.*run as root or join the group",
               preexec_fn=as_nobody)
    daemon.stop()
    for words in ("target add veth0 kind sim", f"target del {NEAR_DEV}", "conn", "op"):
        refuse(words, "permission", "root|CAP_NET_ADMIN", preexec_fn=as_nobody)
    refuse("offload all", "daemon-not-running", "chimneyd is not running", preexec_fn=as_nobody)


def test_no_daemon():
    """Without chimneyd: nothing can be offloaded, and the sentence says how to start it; the
    rest is asked of the kernel."""
    add_target()
    for words in ("upload all", "query all", "update all", "invalidate all", "explain all"):
        check_equal(ctl(*words.split())["operations"][0]["state"], "done", words)
    for words in ("offload all", "metrics", "op list"):
        refuse(words, "daemon-not-running", "chimneyd is not running.*start it with")
        refuse(f"--socket /nowhere/sock {words}", "daemon-not-running", "/nowhere/sock")
    check_equal([target["dev"] for target in targets()], [NEAR_DEV], "targets shown by the kernel")


def read_answer(sock):
    """One answer, or what came of it before the daemon hung up."""
    answer = b""
    while not answer.endswith(b"\0"):
        try:
            part = sock.recv(65536)
        except ConnectionResetError:  # it had not read everything
            break
        if not part:
            break
        answer += part
    return answer


def test_malformed_calls():
    """The daemon answers garbage on its socket with an error and goes on."""
    start()
    for garbage in (b"nonsense\0", b"{}\0", b'{"method": 7}\0', b"[" * 100000 + b"\0",
                    b'{"method": "nonsense", "parameters": {}}\0', b"\xff\xfe\n\0",
                    b'{"method": "offload", "parameters": {"selector": {}}}\0'):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(30)
            sock.connect(DAEMON_SOCKET)
            try:
                sock.sendall(garbage)
            except BrokenPipeError:  # it hung up before the end
                pass
            answer = read_answer(sock)
        check(not answer or "error" in json.loads(answer[:-1]),
              lambda g=garbage, a=answer: f"{g[:40]!r} is answered with {a[:200]!r}")
    check_equal(len(targets()), 1, "targets")
