# SPDX-License-Identifier: GPL-2.0-only
"""Many live connections to the namespace "far", for the benchmarks."""

import math
import os
import subprocess

import lib

PORT = 5301
# Each source address has as many ports, from the first on.
PORTS = 50000
FIRST = 10000
SPARE = 10


def sources(count):
    return [f"10.0.1.{1 + i}" for i in range(math.ceil(count / PORTS))]


def make_machine(count):
    """Network, modules and a target for so many connections."""
    lib.make_network()
    lib.batch("\n".join(f"addr add {source}/32 dev {lib.NEAR_DEV}" for source in sources(count)))
    lib.run("ip", "-n", lib.FAR, "route", "add", "10.0.1.0/24", "dev", lib.FAR_DEV)
    lib.load_modules()
    lib.add_target(tcp=count + SPARE)


class Connections:
    """The program that has the connections."""

    def __init__(self, count):
        self.count = count
        self.process = subprocess.Popen(
            [os.path.join(lib.BIN, "handover"), lib.PEER, str(PORT), str(count), *sources(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        lib.check_equal(self.process.stdout.readline(), "ready\n", "what handover says")

    def ask(self, *request):
        self.process.stdin.write(" ".join(map(str, request)) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        lib.check(answer, "handover ended")
        return [int(word) for word in answer.split()]

    def move(self, request):
        took, moved, others, _ = self.ask(request)
        lib.check_equal((moved, others), (self.count, 0), f"connections that {request} moved")
        return took

    def check(self, *request):
        """All of them do what they should."""
        lib.check_equal(self.ask(*request), [self.count], " ".join(map(str, request)))

    def stop(self):
        self.process.stdin.close()
        lib.check_equal(self.process.wait(), 0, "exit status of handover")
