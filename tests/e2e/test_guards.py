# SPDX-License-Identifier: GPL-2.0-only
"""What sees segments on the host only: a connection that must not evade it stays at home.

And firewalls that follow connections do not lose one that was away.
"""

import contextlib
import ctypes
import json
import os
import socket
import struct
import subprocess

from echo import ECHO_PORT, EchoServer, Stream
from lib import (EXIT_INCOMPLETE, MODULES, NEAR, PEER, check, check_equal, check_guards,
                 check_tree, connection, connections, offload, run, setting, sh, start, syscall,
                 until, upload)

PROGRESS = 64 << 10
CGROUP = "/sys/fs/cgroup/chimney-test"
SO_ATTACH_FILTER, SO_MAX_PACING_RATE, IP_MINTTL = 26, 47, 21
BPF_PROG_LOAD, BPF_PROG_ATTACH, BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS = 5, 8, 8, 1
SYS_BPF = 321
BPF_ALLOW = struct.pack("<BBhi", 0xb7, 0, 0, 1) + struct.pack("<BBhi", 0x95, 0, 0, 0)


def echo(sock, data=b"hello"):
    sock.sendall(data)
    check_equal(sock.recv(len(data), socket.MSG_WAITALL), data, "echo")


def connect():
    sock = socket.create_connection((PEER, ECHO_PORT))
    echo(sock)
    return sock


def refused(sock, reason):
    op = offload(*connection(sock), status=EXIT_INCOMPLETE)
    check_equal(op.refusals(), [reason], "reasons")


def comes_home(what):
    until(lambda: not connections(), f"the connection comes home: {what}")


@contextlib.contextmanager
def ruleset(text):
    done = subprocess.run(["nft", "-f", "-"], input=text, text=True, capture_output=True,
                          check=False)
    check(not done.returncode, f"nft: {done.stderr.strip()}")
    try:
        yield
    finally:
        run("nft", "flush", "ruleset")
        # What it knows of connections that end with the test would outlive them.
        run("conntrack", "-F")


@contextlib.contextmanager
def ipsec(direction, source, destination):
    """A policy that nothing passes without ESP."""
    what = f"src {source}/32 dst {destination}/32 dir {direction}"
    sh(f"ip xfrm policy add {what} tmpl src {source} dst {destination} proto esp mode transport")
    try:
        yield
    finally:
        sh(f"ip xfrm policy delete {what}")


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, 144)
    return syscall(f"bpf {command}", SYS_BPF, command, buffer, len(buffer))


@contextlib.contextmanager
def cgroup_with_program():
    """A cgroup whose segments a BPF program sees that lets all pass."""
    os.mkdir(CGROUP)
    group = os.open(CGROUP, os.O_RDONLY)
    code, licence = ctypes.create_string_buffer(BPF_ALLOW), ctypes.create_string_buffer(b"GPL")
    program = bpf(BPF_PROG_LOAD, struct.pack("<IIQQ", BPF_PROG_TYPE_CGROUP_SKB, 2,
                                             ctypes.addressof(code), ctypes.addressof(licence)))
    bpf(BPF_PROG_ATTACH, struct.pack("<IIII", group, program, BPF_CGROUP_INET_EGRESS, 0))
    try:
        yield
    finally:
        join("/sys/fs/cgroup")
        os.close(group)
        os.close(program)
        os.rmdir(CGROUP)


def join(group):
    with open(f"{group}/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(os.getpid()))


def test_ipsec_out():
    """What an IPsec policy wants encrypted stays; a new policy brings home what it is about."""
    server = EchoServer()
    start()
    sock = connect()
    with ipsec("out", NEAR, PEER):
        refused(sock, "xfrm")
    check_tree(offload(*connection(sock)))
    with ipsec("out", NEAR, PEER):
        comes_home("a policy")
    echo(sock)
    server.stop()


def test_ipsec_in():
    """Likewise for what must come in encrypted; policies about others do not count."""
    server = EchoServer()
    start()
    sock = connect()
    with ipsec("in", PEER, NEAR):
        refused(sock, "xfrm")
    with ipsec("in", "10.99.0.1", NEAR):
        check_tree(offload(*connection(sock)))
        echo(sock)
        check_guards(1)
    with ipsec("in", PEER, NEAR):
        comes_home("a policy")
    echo(sock)
    server.stop()


def test_ruleset():
    """A ruleset matters if the administrator says so, and then as long as it is there."""
    server = EchoServer()
    start()
    sock = connect()
    with ruleset("table ip t { chain c { type filter hook input priority 0; counter; }; }"):
        check_tree(offload(*connection(sock)))
        with setting("net.chimney.mandatory_filters", 1):
            comes_home("the ruleset became mandatory")
            refused(sock, "filtered")
            run("nft", "flush", "ruleset")
            check_tree(offload(*connection(sock)))
            echo(sock)
            check_guards(1)
    server.stop()


def test_cgroup_program():
    """So does a BPF program of the application's cgroup."""
    server = EchoServer()
    start()
    with cgroup_with_program():
        join(CGROUP)
        sock = connect()
        check_tree(offload(*connection(sock)))
        with setting("net.chimney.mandatory_filters", 1):
            comes_home("the program became mandatory")
            refused(sock, "filtered")
        echo(sock)
    server.stop()


def test_socket_filter():
    """An application's own filter is never evaded."""
    server = EchoServer()
    start()
    sock = connect()
    check_tree(offload(*connection(sock)))
    accept_all = ctypes.create_string_buffer(struct.pack("<HBBI", 6, 0, 0, 0xffffffff))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("<HxxxxxxQ", 1, ctypes.addressof(accept_all)))
    comes_home("a filter")
    refused(sock, "filtered")
    echo(sock)
    server.stop()


def test_socket_options():
    """Nor what else it wants of the host for its segments: a rate, a least TTL."""
    server = EchoServer()
    start()
    for level, option, value, default, reason in (
            (socket.SOL_SOCKET, SO_MAX_PACING_RATE, 10 << 20, -1, "pacing"),
            (socket.IPPROTO_IP, IP_MINTTL, 60, 0, "min-ttl")):
        sock = connect()
        sock.setsockopt(level, option, value)
        refused(sock, reason)
        sock.setsockopt(level, option, default)
        check_tree(offload(*connection(sock)))
        sock.setsockopt(level, option, value)
        comes_home(reason)
        echo(sock)
    server.stop()


def test_translated():
    """NAT is the host's business."""
    server = EchoServer()
    start()
    with ruleset(f"""table ip t {{ chain c {{ type nat hook postrouting priority 100;
                     ip daddr {PEER} tcp dport {ECHO_PORT} snat to {NEAR}:61000-61009; }}; }}"""):
        sock = connect()
        refused(sock, "translated")
        echo(sock)
    server.stop()


def entries():
    """What conntrack knows of connections to the echo server."""
    lines = run("conntrack", "-L", "-p", "tcp", "--dport", str(ECHO_PORT)).splitlines()
    return [line for line in lines if "ESTABLISHED" in line or "OFFLOAD" in line]


def test_conntrack():
    """A firewall that drops what conntrack calls invalid loses no segment of a connection that
    was away, and its entry stays."""
    server = EchoServer()
    start()
    with ruleset(f"""table ip t {{
            chain in {{ type filter hook input priority 0;
                        ip saddr {PEER} ct state established accept;
                        ip saddr {PEER} ct state invalid counter drop; }}
            chain out {{ type filter hook output priority 0;
                         ip daddr {PEER} ct state new,established accept;
                         ip daddr {PEER} ct state invalid counter drop; }}
            }}"""):
        stream = Stream(server)
        stream.write()
        stream.wait_progress(PROGRESS)
        for _ in range(4):
            check_tree(offload(*stream.selector))
            # More than a window: all that conntrack knows is stale then.
            stream.wait_progress(1 << 20)
            check(["[OFFLOAD]" in line for line in entries()] == [True], lambda: f"{entries()}")
            check_tree(upload(*stream.selector))
            stream.wait_progress(PROGRESS)
            check(["[OFFLOAD]" in line for line in entries()] == [False], lambda: f"{entries()}")
        stream.finish()
        rules = json.loads(run("nft", "-j", "list", "ruleset"))["nftables"]
        dropped = [expression["counter"]["packets"] for entry in rules if "rule" in entry
                   for expression in entry["rule"]["expr"] if "counter" in expression]
        check_equal(dropped, [0, 0], "segments that were invalid")


def test_needs_nothing():
    """chimney.ko loads where no other module is."""
    check_equal(run("modinfo", "-F", "depends", os.path.join(MODULES, "chimney.ko")).strip(), "",
                "modules it depends on")


def test_limit():
    """A namespace has no more connections offloaded than its administrator allows."""
    server = EchoServer()
    start()
    socks = [connect() for _ in range(3)]
    with setting("net.chimney.max_connections", 2):
        op = offload("dst", f"{PEER}:{ECHO_PORT}", status=EXIT_INCOMPLETE)
        check_equal((op.statuses("tcp"), op.refusals()), (["SUCCESS"] * 2, ["limit"]), "results")
        check_tree(upload("dst", f"{PEER}:{ECHO_PORT}"), tcps=2)
        op = offload("dst", f"{PEER}:{ECHO_PORT}", status=EXIT_INCOMPLETE)
        check_equal((op.statuses("tcp"), op.refusals()), (["SUCCESS"] * 2, ["limit"]), "again")
    op = offload("dst", f"{PEER}:{ECHO_PORT}", status=EXIT_INCOMPLETE)
    check_equal((op.statuses("tcp"), op.refusals()), (["SUCCESS"], ["already-offloaded"] * 2),
                "results without the limit")
    for sock in socks:
        echo(sock)
    check_guards(3)
    server.stop()
