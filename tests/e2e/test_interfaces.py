# SPDX-License-Identifier: GPL-2.0-only
"""What programs read: JSON that follows its schema, the daemon's interface, counters, completion."""

import json
import os
import re
import socket
import subprocess

from echo import ECHO_PORT, EchoServer
from lib import (BIN, EXIT_INCOMPLETE, NEAR_DEV, PEER, TOP, call, check, check_equal, check_tree,
                 connection, ctl_any, loaded, offload, run, start, upload)
from test_policy import policy, rule

SCHEMA = os.path.join(TOP, "Documentation", "schema", "chimneyctl-1.json")
COMPLETION = os.path.join(TOP, "userspace", "cli", "completion", "chimneyctl")
INTERFACE = os.path.join(TOP, "userspace", "daemon", "org.chimney.varlink")


def connect():
    sock = socket.create_connection((PEER, ECHO_PORT))
    sock.sendall(b"hello")
    check_equal(sock.recv(5, socket.MSG_WAITALL), b"hello", "echo")
    return sock


def test_schema():
    """Every document that chimneyctl prints follows the schema, errors as well."""
    import jsonschema  # takes long to load
    with open(SCHEMA, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    server = EchoServer()
    start()
    sock = connect()
    end = connection(sock)
    seen = set()
    for words in (("explain", *end), ("policy", "test"), ("offload", *end), ("offload", *end), (),
                  ("target",), ("conn",), ("top", "count", "1"), ("op",), ("op", "list"), ("stats",), ("query", *end),
                  ("tree",), ("target", "param", NEAR_DEV), ("policy",), ("policy", "check", SCHEMA),
                  ("policy", "release", "all"), ("doctor",), ("metrics",), ("--version",),
                  ("target", "fault", NEAR_DEV, "clear"), ("target", "quarantine", NEAR_DEV),
                  ("offload", *end), ("target", "release", NEAR_DEV), ("capture", *end),
                  ("policy", "apply", policy(rule("offload"))), ("nonsense",)):
        reply = ctl_any(*words)
        error = next(validator.iter_errors(reply.document), None)
        check(not error, lambda w=words, e=error: f"{' '.join(w)}: {e.message} at {e.json_path}")
        seen.update(reply.document)
    check_equal(set(schema["properties"]) - seen, {"conformance"}, "documents not seen")
    server.stop()


def test_varlink():
    """The daemon tells its interface, which names what it answers."""
    start()
    info = call_service("GetInfo")
    check("org.chimney" in info["interfaces"], f"interfaces: {info}")
    description = call_service("GetInterfaceDescription", interface="org.chimney")["description"]
    with open(INTERFACE, encoding="utf-8") as file:
        check_equal(description, file.read(), "description")
    methods = set(re.findall(r"^method (\w+)", description, re.M))
    check_equal(set(call("Ping")), {"version", "on_exit"}, "what a ping answers")
    for method in methods:
        answer = ask(f"org.chimney.{method}", {})
        unknown = "there is no method" in answer.get("parameters", {}).get("message", "")
        check(not unknown, f"the daemon does not know {method}")
    answer = ask("org.chimney.Nonsense", {})
    check_equal(answer["parameters"]["message"].split(":")[0],
                "there is no method 'org.chimney.Nonsense'", "an unknown method")


def call_service(method, **parameters):
    answer = ask(f"org.varlink.service.{method}", parameters)
    check("error" not in answer, f"{method}: {answer}")
    return answer["parameters"]


def ask(method, parameters):
    """One call and its first answer."""
    with socket.socket(socket.AF_UNIX) as bus:
        bus.connect("/run/chimney/chimneyd.sock")
        bus.sendall(json.dumps({"method": method, "parameters": parameters}).encode() + b"\0")
        answer = b""
        while b"\0" not in answer:
            more = bus.recv(65536)
            check(more, "the daemon hangs up")
            answer += more
    return json.loads(answer[:answer.index(b"\0")])


def test_metrics():
    """Counters of OpenMetrics follow what happens."""
    server = EchoServer()
    start(tcp=7)
    sock = connect()
    check_tree(offload(*connection(sock)))
    away = samples()
    check_equal(away[f'chimney_target_entries{{dev="{NEAR_DEV}",layer="tcp"}}'], "1", "used")
    check_equal(away[f'chimney_target_entries_limit{{dev="{NEAR_DEV}",layer="tcp"}}'], "7", "limit")
    check_equal(away['chimney_connections{state="offloaded"}'], "1", "offloaded")
    check_tree(upload(*connection(sock)))
    home = samples()
    check_equal(home['chimney_connections{state="offloaded"}'], "0", "offloaded")
    for kind in ("initiate", "terminate"):
        check_equal(home[f'chimney_operation_connections_total{{kind="{kind}",status="success"}}'],
                    "1", kind)
        check_equal(home[f'chimney_operation_duration_seconds_count{{kind="{kind}"}}'], "1", kind)
    server.stop()


def samples():
    """Values by name and labels; each line must be one, or a comment."""
    text = run(os.path.join(BIN, "chimneyctl"), "metrics")
    check(text.endswith("# EOF\n"), f"the end is missing: {text[-100:]!r}")
    found = {}
    for line in text.splitlines():
        if line.startswith("# "):
            continue
        match = re.fullmatch(r'(\w+(?:\{\w+="[^"]*"(?:,\w+="[^"]*")*\})?) ([0-9.e+-]+)', line)
        check(match, f"no sample: {line!r}")
        found[match[1]] = match[2]
    return found


def test_doctor():
    """It finds nothing bad where all is well, and says what is wrong where it is not."""
    daemon = start()
    reply = ctl_any("doctor")
    bad = [one for one in reply.document["doctor"] if one["verdict"] == "bad"]
    check_equal((reply.status, bad), (0, []), "a sound machine")
    daemon.stop()
    reply = ctl_any("doctor")
    bad = [one["subject"] for one in reply.document["doctor"] if one["verdict"] == "bad"]
    check_equal((reply.status, bad), (EXIT_INCOMPLETE, ["chimneyd"]), "without chimneyd")
    check(loaded("chimney"), "the module is gone")


def complete(line):
    """What bash offers for the last word of a line."""
    words = line.split(" ")
    script = (f'source {COMPLETION}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _chimneyctl; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    done = subprocess.run(["bash", "-c", script, "bash", os.path.join(BIN, "chimneyctl"),
                           *words[1:]], text=True, capture_output=True, check=True)
    return done.stdout.split()


def test_completion():
    """Completion knows the grammar, and asks for targets and connections."""
    server = EchoServer()
    start()
    sock = connect()
    check_equal(complete("chimneyctl off"), ["offload"], "objects")
    check_equal(complete("chimneyctl target q"), ["quarantine"], "commands")
    check_equal(complete("chimneyctl -j target del "), [NEAR_DEV], "targets")
    check_equal(complete("chimneyctl offload dst "), [f"{PEER}:{ECHO_PORT}"], "far ends")
    check_equal(complete("chimneyctl --color a"), ["auto", "always"], "values")
    check_equal(set(complete("chimneyctl ")), objects() | {"help"}, "all objects")
    sock.close()
    server.stop()


def objects():
    """The objects the help tells of."""
    text = run(os.path.join(BIN, "chimneyctl"), "--help")
    block = text.split("objects:\n")[1].split("\n\n")[0]
    return {line.split()[0] for line in block.splitlines()}
