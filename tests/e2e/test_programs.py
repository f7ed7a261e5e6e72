# SPDX-License-Identifier: GPL-2.0-only
"""Programs that nobody told anything: iperf3 and tcpdump."""

import json
import subprocess
import time

from lib import (FAR, FAR_DEV, NEAR_DEV, PEER, SLOWNESS, check, check_equal, check_guards,
                 check_tree, connections, offload, start, until, upload)
from tcpdump import Tcpdump, count

SERVER_PORT, DATA_PORT = 5201, 5555
SECONDS = 12 * SLOWNESS
PROGRESS = 1 << 20
DATA = ("src", f":{DATA_PORT}", "dst", f"{PEER}:{SERVER_PORT}")


def start_server():
    server = subprocess.Popen(["ip", "netns", "exec", FAR, "iperf3", "-s", "-1", "--forceflush"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    while "listening" not in (line := server.stdout.readline()):
        check(line, "the iperf3 server does not listen")
    return server


def start_client(*options):
    return subprocess.Popen(["iperf3", "-c", PEER, "--cport", str(DATA_PORT), "-J",
                             "-t", str(SECONDS), *options], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wire_bytes():
    """Sent and received by the near device."""
    total = 0
    for way in ("rx", "tx"):
        with open(f"/sys/class/net/{NEAR_DEV}/statistics/{way}_bytes", encoding="ascii") as file:
            total += int(file.read())
    return total


def phase(name, client, phases):
    """Let the stream run for a while; note when."""
    begin, goal = time.time(), wire_bytes() + PROGRESS
    until(lambda: wire_bytes() >= goal or client.poll() is not None, f"iperf3 runs {name}")
    check(client.poll() is None, f"iperf3 ended before phase {name}")
    phases.append((name, begin, time.time()))


def check_result(client):
    output = client.communicate(timeout=60 * SLOWNESS + SECONDS)[0]
    check_equal(client.returncode, 0, f"exit status of iperf3: {output[-300:]}")
    result = json.loads(output)
    check("error" not in result, lambda: f"iperf3 says: {result['error']}")
    for end in ("sum_sent", "sum_received"):
        check(result["end"][end]["bytes"] > 0, f"iperf3 has {end} nothing")


def stream(*options):
    """Offload iperf3's stream in the middle and take it back; both captures see all of it."""
    start_server()
    start()
    dumps = {"near": Tcpdump(NEAR_DEV, DATA_PORT), "far": Tcpdump(FAR_DEV, DATA_PORT, FAR)}
    client = start_client(*options)
    phases = []
    phase("before", client, phases)
    check_tree(offload(*DATA))
    first = check_guards(1)[0]
    phase("offloaded", client, phases)
    last = check_guards(1)[0]
    check(last["sent_bytes"] + last["received_bytes"] >
          first["sent_bytes"] + first["received_bytes"], "the target moved no bytes")
    check_tree(upload(*DATA))
    check(not connections(), "the connection is still away")
    phase("after", client, phases)
    check_result(client)
    for side, dump in dumps.items():
        for name, (segments, size) in count(dump.stop(), phases).items():
            check(segments and size, f"tcpdump on the {side} side saw {segments} segments with "
                                     f"{size} bytes in phase {name}")


def test_iperf3_send():
    stream()


def test_iperf3_receive():
    stream("-R")
