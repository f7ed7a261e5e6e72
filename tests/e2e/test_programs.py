# SPDX-License-Identifier: GPL-2.0-only
"""Programs that nobody told anything: iperf3 and tcpdump."""

import json
import subprocess
import time

from lib import (FAR, FAR_DEV, NEAR_DEV, PEER, SLOWNESS, Failure, check, check_equal, check_guards,
                 check_tree, connections, offload, start, until, upload)
from tcpdump import Tcpdump, count

SERVER_PORT, DATA_PORT = 5201, 5555
# How long the stream lasts: as long as the journey takes, which depends on the machine.
SECONDS = (3, 12, 48)
PROGRESS = 1 << 20


def start_server():
    server = subprocess.Popen(["ip", "netns", "exec", FAR, "iperf3", "-s", "-1", "--forceflush"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    while "listening" not in (line := server.stdout.readline()):
        check(line, "the iperf3 server does not listen")
    return server


def start_client(port, seconds, *options):
    return subprocess.Popen(["iperf3", "-c", PEER, "--cport", str(port), "-J",
                             "-t", str(seconds), *options], stdin=subprocess.DEVNULL,
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
    output = client.communicate(timeout=60 * SLOWNESS)[0]
    check_equal(client.returncode, 0, f"exit status of iperf3: {output[-300:]}")
    result = json.loads(output)
    check("error" not in result, lambda: f"iperf3 says: {result['error']}")
    for end in ("sum_sent", "sum_received"):
        check(result["end"][end]["bytes"] > 0, f"iperf3 has {end} nothing")
    return result


def journey(client, port):
    """The stream goes out and comes home. When it was where."""
    data = ("src", f":{port}", "dst", f"{PEER}:{SERVER_PORT}")
    phases = []
    phase("before", client, phases)
    check_tree(offload(*data))
    first = check_guards(1)[0]
    phase("offloaded", client, phases)
    last = check_guards(1)[0]
    check(last["sent_bytes"] + last["received_bytes"] >
          first["sent_bytes"] + first["received_bytes"], "the target moved no bytes")
    check_tree(upload(*data))
    check(not connections(), "the connection is still away")
    phase("after", client, phases)
    return phases


def stream(port, seconds, *options):
    """
    Offload iperf3's stream in the middle and take it back; both captures see all of it.
    False if the stream was over too early.
    """
    start_server()
    dumps = {"near": Tcpdump(NEAR_DEV, port), "far": Tcpdump(FAR_DEV, port, FAR)}
    client = start_client(port, seconds, *options)
    failure = None
    try:
        phases = journey(client, port)
    except Failure as caught:
        failure = caught
    stopped = time.time()
    begun = check_result(client)["start"]["timestamp"]["timesecs"]
    segments = {side: dump.stop() for side, dump in dumps.items()}
    if failure:
        # Its stream ends before iperf3 itself does.
        if stopped < begun + seconds:
            raise failure
        return False
    for side, seen in segments.items():
        for name, (number, size) in count(seen, phases).items():
            check(number and size, f"tcpdump on the {side} side saw {number} segments with "
                                   f"{size} bytes in phase {name}")
    return True


def in_time(*options):
    start()
    check(any(stream(port, seconds, *options)
              for port, seconds in enumerate(SECONDS, DATA_PORT)),
          f"iperf3 ended too early, even after {SECONDS[-1]} seconds")


def test_iperf3_send():
    in_time()


def test_iperf3_receive():
    in_time("-R")
