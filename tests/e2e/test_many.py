# SPDX-License-Identifier: GPL-2.0-only
"""Thousands of connections in one request."""

import os
import subprocess

from lib import (BIN, NEAR, PEER, check, check_equal, check_guards, check_tree, offload, start,
                 until, upload)

PORT = 5301
CONNECTIONS = 2000
SELECTOR = ("dst", f"10.0.0.0/24:{PORT}")


class Connections:
    """The program of the benchmark that has them."""

    def __init__(self, count):
        self.count = count
        self.process = subprocess.Popen(
            [os.path.join(BIN, "handover"), PEER, str(PORT), str(count), NEAR],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        check_equal(self.process.stdout.readline(), "ready\n", "what handover says")

    def check_echo(self):
        """Each says something of its own and gets it back."""
        self.process.stdin.write("check\n")
        self.process.stdin.flush()
        check_equal(self.process.stdout.readline(), f"{self.count}\n", "connections that echo")

    def stop(self):
        self.process.stdin.close()
        check_equal(self.process.wait(), 0, "exit status of handover")


def test_thousands():
    """2000 blocks, one tree, one grace period; all live on, out there and back home.

    Contract: ARC-02, DAT-06, DAT-16, DAT-17
    """
    start()
    conns = Connections(CONNECTIONS)
    conns.check_echo()
    op = offload(*SELECTOR)
    check_tree(op, tcps=CONNECTIONS)
    check_equal((op["trees"], op["grace_periods"]), (1, 1), "trees and grace periods")
    conns.check_echo()
    check_guards(CONNECTIONS)
    op = upload(*SELECTOR)
    check_tree(op, tcps=CONNECTIONS)
    check_equal(op["trees"], 1, "trees")
    conns.check_echo()
    # A process is the names of all its sockets.
    check_tree(offload("pid", str(conns.process.pid)), tcps=CONNECTIONS)
    check_tree(upload("pid", str(conns.process.pid)), tcps=CONNECTIONS)
    conns.check_echo()
    conns.stop()


def records():
    """How many records of connections the host keeps, in use or not."""
    with open("/sys/kernel/slab/chimney_conn/objects", encoding="ascii") as file:
        return int(file.read().split()[0])


def test_memory_pressure():
    """What the host keeps for the next connections it gives back when memory is wanted."""
    count = 500
    start()
    conns = Connections(count)
    check_tree(offload(*SELECTOR), tcps=count)
    check(records() >= count, f"{records()} records of {count} connections")
    check_tree(upload(*SELECTOR), tcps=count)

    def given_back():
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("2")
        return records() < count / 2

    until(given_back, "the records go", lambda: f"{records()} are left")
    check_tree(offload(*SELECTOR), tcps=count)
    conns.check_echo()
    check_tree(upload(*SELECTOR), tcps=count)
    conns.stop()
