# SPDX-License-Identifier: GPL-2.0-only
"""What can be read of targets and connections, and set: explain, query, monitor, stats,
parameters, faults."""

import json
import os
import re
import socket
import subprocess

from echo import ECHO_PORT, EchoServer
from lib import (BIN, EXIT_ERROR, EXIT_INCOMPLETE, NEAR_DEV, PEER, Operation, add_target, check,
                 check_equal, check_tree, connection, connections, ctl, ctl_any, offload, start,
                 targets, until, upload)


def connect():
    sock = socket.create_connection((PEER, ECHO_PORT))
    sock.sendall(b"hello")
    check_equal(sock.recv(5, socket.MSG_WAITALL), b"hello", "echo")
    return sock


def refuse(words, code, sentence):
    reply = ctl_any(*words.split())
    got, message = reply.error
    check_equal((reply.status, got), (EXIT_ERROR, code), f"{words} ('{message}')")
    check(re.search(sentence, message), f"{words} says '{message}', expected '{sentence}'")


def test_explain():
    """The dry run shows the tree with its state, or the reason; nothing is offloaded."""
    server = EchoServer()
    start()
    sock = connect()
    op = Operation(ctl("explain", *connection(sock)))
    check_equal(op["dry_run"], True, "dry run")
    check_equal([block["layer"] for block in op.blocks], ["neighbor", "path", "tcp"], "blocks")
    check_equal([block["role"] for block in op.blocks], ["new"] * 3, "roles")
    const = op.blocks[2]["state"]["const"]
    check_equal((const["local_port"], const["remote_port"]),
                (sock.getsockname()[1], ECHO_PORT), "ports")
    check_equal(op.blocks[2]["state"]["delegated"]["state"], "established", "state")
    check_equal(connections(), [], "connections that are offloaded")
    check_tree(offload(*connection(sock)))
    op = Operation(ctl("explain", *connection(sock), status=EXIT_INCOMPLETE))
    check_equal(op.refusals(), ["already-offloaded"], "reasons")
    check_tree(upload(*connection(sock)))
    server.stop()


def test_query():
    """A query reads the variables of an offloaded connection, of one layer or all."""
    server = EchoServer()
    start()
    sock = connect()
    check_tree(offload(*connection(sock)))
    op = Operation(ctl("query", *connection(sock)))
    check_equal({block["layer"] for block in op.blocks}, {"neighbor", "path", "tcp"}, "layers")
    tcp, = op.layer("tcp")
    check_equal((tcp["status"], tcp["state"]["delegated"]["state"]), ("SUCCESS", "established"),
                "the connection")
    path, = Operation(ctl("query", *connection(sock), "layer", "path")).layer("path")
    check_equal(path["state"]["cached"]["path_mtu"], 1500, "path MTU")
    check_equal(len(connections()), 1, "connections that are offloaded")
    check_tree(upload(*connection(sock)))
    server.stop()


def test_memory():
    """A connection takes memory in the host and in the target, which keeps it for the next."""
    server = EchoServer()
    daemon = start()
    check("memory" not in targets()[0], "the target holds memory for nothing")
    check(targets()[0]["host_memory"] > 0, "the host has records without a size")
    socks = [connect() for _ in range(2)]
    check_tree(offload(*connection(socks[0])))
    one = targets()[0]["memory"]
    check_tree(offload(*connection(socks[1])))
    check_equal(targets()[0]["memory"], 2 * one, "memory for two connections")
    check_tree(upload("dst", f":{ECHO_PORT}"), tcps=2)
    check_equal(targets()[0]["memory"], 2 * one, "memory kept for the next two")
    check_tree(offload(*connection(socks[0])))
    metrics = ctl("metrics")["metrics"]
    for name, count in (("host", targets()[0]["host_memory"]), ("target", targets()[0]["memory"])):
        line = f'chimney_{name}_memory_bytes{{dev="{NEAR_DEV}"}} {count}'
        check(line in metrics.splitlines(), lambda expected=line: f"metrics lack {expected}")
    shown = subprocess.run([os.path.join(BIN, "chimneyctl"), "-d", "target", "show", NEAR_DEV],
                           text=True, capture_output=True, check=True).stdout
    check(re.search(r"memory host [\d.]+ K?i?B a connection, target [\d.]+ KiB \([\d.]+ KiB a "
                    r"connection\)", shown), lambda: f"no memory in {shown}")
    del server, daemon


def test_statistics():
    """Counters count what an offloaded connection sends; a reset shows and clears them."""
    server = EchoServer()
    start()
    sock = connect()
    check_tree(offload(*connection(sock)))
    for _ in range(5):
        sock.sendall(b"hello")
        check_equal(sock.recv(5, socket.MSG_WAITALL), b"hello", "echo")

    def counters(*words):
        return next(item for item in ctl("stats", *words)["statistics"] if item["version"] == 4)

    shown = counters(NEAR_DEV)
    check(shown["tcp_out_segments"] >= 5 and shown["tcp_in_segments"] >= 5, f"counters {shown}")
    check_equal(shown["tcp_currently_established"], 1, "connections")
    check_tree(upload(*connection(sock)))
    before = counters(NEAR_DEV, "reset")
    check(before["ip_out_octets"] >= 5 * 45, f"bytes {before}")
    check_equal(counters()["ip_out_octets"], 0, "bytes after the reset")
    refuse("stats nosuchdev", "not-found", "no such device")
    refuse("stats lo", "not-found", "no target")
    server.stop()


def test_parameters():
    """Parameters can be read and set one by one, and out of range they are refused."""
    add_target()
    before = ctl("target", "param", NEAR_DEV)["parameters"][0]
    after = ctl("target", "param", NEAR_DEV, "delayed-ack-ticks", "50000")["parameters"][0]
    check_equal(after, {**before, "delayed-ack-ticks": 50000}, "parameters")
    check_equal(ctl("target", "param", NEAR_DEV)["parameters"][0], after, "parameters")
    refuse(f"target param {NEAR_DEV} ack-frequency 256", "usage", "256")
    refuse(f"target param {NEAR_DEV} speed 1", "usage", "speed")
    refuse("target param lo", "not-found", "no target")
    check_equal(ctl("target", "param", NEAR_DEV)["parameters"][0], after, "parameters")


class Monitor:
    """chimneyctl -j monitor, through a daemon that already passes events on to it."""

    def __init__(self, daemon, *sources):
        with open(daemon.log, encoding="utf-8") as log:
            before = log.read().count("events go to")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "chimneyctl"), "-j", "monitor", *sources], text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

        def listens():
            with open(daemon.log, encoding="utf-8") as log:
                return log.read().count("events go to") > before

        until(listens, "chimneyd knows of the monitor")

    def next(self):
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.terminate()
        self.process.wait()


def test_monitor():
    """A pause and a resume on demand are seen as they happen, by those who asked for them."""
    daemon = start()
    everything, violations = Monitor(daemon), Monitor(daemon, "violation")
    for name, gate in (("pause", "paused"), ("resume", "open")):
        ctl("target", "fault", NEAR_DEV, "event", name)
        event = everything.next()
        check_equal((event["source"], event["event"], event["dev"]), ("target", name, NEAR_DEV),
                    "event")
        until(lambda g=gate: targets()[0]["gate"] == g, f"the gate is {gate}")
    violations.end()
    check_equal(violations.process.stdout.read(), "", "events of another source")
    everything.end()
    refuse("monitor nonsense", "usage", "nonsense")


def test_faults():
    """A script makes the simulated NIC fail as it says; a bad one changes nothing."""
    server = EchoServer()
    start()
    sock = connect()
    refuse(f"target fault {NEAR_DEV} frobnicate", "kernel", "frobnicate")
    refuse("target fault lo clear", "not-found", "no target")
    ctl("target", "fault", NEAR_DEV, "on tcp-create status tcp-rcv-buffer")
    op = offload(*connection(sock), status=EXIT_INCOMPLETE)
    check_equal(op.statuses("tcp"), ["TCP_RCV_BUFFER"], "statuses")
    ctl("target", "fault", NEAR_DEV, "clear")
    check_tree(offload(*connection(sock)))
    check_tree(upload(*connection(sock)))
    server.stop()


def test_conform_missing():
    """Without the kit or debugfs, conform says what to do."""
    add_target()
    mounted = os.path.ismount("/sys/kernel/debug")
    refuse(f"conform {NEAR_DEV}", "not-loaded" if mounted else "not-found",
           "insmod chimney_conform.ko|mount -t debugfs")
