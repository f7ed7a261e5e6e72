# SPDX-License-Identifier: GPL-2.0-only
"""chimneyd under churn: connections open and close, policies change, targets come and go, the
daemon is killed and started again, events get lost. A seed decides the steps.

Now and then everything pauses, and what chimneyd believes is compared with what the kernel says.
"""

import os
import random
import re
import signal
import socket
import struct
import subprocess
import time
import traceback

from echo import ECHO_PORT, EchoServer
from lib import (BIN, FAR, NEAR_DEV, PEER, Daemon, Failure, call, check, check_equal, connections,
                 ctl, ctl_any, entries_in_use, sh, syscall, until)

CONNECTIONS = 24
CHECK_EVERY = 40
# Seconds after which a step will never end.
STUCK = 400
# Memory that a daemon may take more than after its first rounds.
GROWTH = 2 << 20
SYS_PIDFD_GETFD = 438
SO_RCVBUFFORCE = 33

RULES = (
    "",
    f"[[rule]]\naction = 'offload'\ndst = ':{ECHO_PORT}'\n",
    f"[[rule]]\naction = 'offload'\ndst = ':{ECHO_PORT}'\nmax = 5\n",
    "[[rule]]\naction = 'never'\nuser = 'daemon'\n[[rule]]\naction = 'offload'\nmin-bytes = 64\n",
    f"[[rule]]\naction = 'quarantine'\ndst = ':{ECHO_PORT}'\n",
)
EVERYTHING = {"dst": f"{PEER}:{ECHO_PORT}"}


class Churn:
    def __init__(self, seed, state):
        self.random = random.Random(seed)
        self.state = state
        self.server = EchoServer()
        self.daemon = None
        self.sockets = []
        self.counts = {}
        self.lost = 0
        self.restart()
        self.steps = {
            self.open: 8, self.close: 6, self.close_many: 1, self.echo: 8, self.offload: 4,
            self.upload: 4, self.release: 2, self.policy: 4, self.quarantine: 1, self.target: 1,
            self.fault: 2, self.overrun: 1, self.reload: 1, self.restart: 1, self.kill: 1,
        }

    def run(self, steps, seconds):
        """So many steps, and for so long; ends with everything as it should be."""
        signal.signal(signal.SIGALRM, self._stuck)
        end = time.monotonic() + seconds
        number = 0
        while number < steps or time.monotonic() < end:
            number += 1
            step, = self.random.choices(list(self.steps), list(self.steps.values()))
            self.counts[step.__name__] = self.counts.get(step.__name__, 0) + 1
            signal.alarm(STUCK)
            try:
                step()
                if number % CHECK_EVERY == 0:
                    self.compare()
            except (Failure, OSError) as failure:
                print(self._scene())
                raise Failure(f"step {number}, {step.__name__}: {failure}") from failure
        self.compare()
        signal.alarm(0)
        return number

    @staticmethod
    def _stuck(number, frame):
        raise Failure("stuck at\n" + "".join(traceback.format_stack(frame)))

    @staticmethod
    def _scene():
        """What there is to see where something went wrong."""
        commands = ("ss -tinoe", f"ip netns exec {FAR} ss -tinoe", f"{BIN}/chimneyctl -d conn",
                    f"{BIN}/chimneyctl -d target show", f"{BIN}/chimneyctl op list",
                    "dmesg")
        return "\n".join(f"$ {command}\n{sh(command, tolerate=True)}" for command in commands)

    # Applications

    def open(self):
        if len(self.sockets) < CONNECTIONS:
            sock = socket.create_connection((PEER, ECHO_PORT))
            # Not settimeout(), with which MSG_WAITALL takes what there is.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 60, 0))
            self.sockets.append(sock)

    def close(self):
        if self.sockets:
            sock = self.sockets.pop(self.random.randrange(len(self.sockets)))
            local = sock.getsockname()
            sock.close()
            # Also because the server waits for somebody to read it.
            check_equal(self.server.report(local)["error"], None, "what the server saw")

    def close_many(self):
        for _ in range(len(self.sockets) // 2):
            self.close()

    def echo(self):
        for sock in self.sockets[:6]:
            data = self.random.randbytes(self.random.randrange(1, 3000))
            sock.sendall(data)
            check(sock.recv(len(data), socket.MSG_WAITALL) == data, "what came back differs")

    # The administrator

    def _one(self):
        """A selector for some connection, or for all."""
        if not self.sockets or not self.random.randrange(4):
            return EVERYTHING
        address, port = self.random.choice(self.sockets).getsockname()
        return {"src": f"{address}:{port}"}

    def _may_be_refused(self, method, **parameters):
        """A quarantine or a target that is missing is no failure."""
        try:
            call(method, **parameters)
        except Failure as failure:
            check("refused" in str(failure) or "not-found" in str(failure), str(failure))

    def offload(self):
        self._may_be_refused("Offload", selector=self._one())

    def upload(self):
        call("Upload", selector=self._one())

    def release(self):
        call("Release", selector=self._one())

    def policy(self):
        call("ApplyPolicy", text=self.random.choice(RULES))

    def quarantine(self):
        self._may_be_refused("QuarantineTarget", dev=NEAR_DEV)
        self.echo()
        self._may_be_refused("ReleaseTarget", dev=NEAR_DEV)

    def target(self):
        """The device has none for a while."""
        self._may_be_refused("DelTarget", dev=NEAR_DEV)
        self.echo()
        call("AddTarget", dev=NEAR_DEV, kind="sim", tcp=self.random.choice((3, 64)))

    def fault(self):
        """The target refuses something, or wants everything back."""
        script = self.random.choice(("on tcp-create 2 status tcp-entries", "on any 1 duplicate",
                                     "event upload-all", "event resume"))
        self._may_be_refused("SetFaults", dev=NEAR_DEV, script=script)

    # The daemon

    def restart(self):
        if self.daemon:
            self.daemon.stop()
        self.daemon = Daemon("--state", self.state)
        if not call("ListTargets")["targets"]:
            call("AddTarget", dev=NEAR_DEV, kind="sim")

    def kill(self):
        self.daemon.kill()
        self.daemon = None
        self.restart()

    def reload(self):
        self.daemon.process.send_signal(signal.SIGHUP)

    def overrun(self):
        """More happens than fits its socket while it sleeps."""
        for _ in range(CONNECTIONS // 2):
            self.open()
        self._may_be_refused("Offload", selector=EVERYTHING)
        before = self._drops()
        events = self._event_socket()
        size = events.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self.daemon.process.send_signal(signal.SIGSTOP)
        events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        self._act_behind_its_back()
        self.close_many()
        self.daemon.process.send_signal(signal.SIGCONT)
        call("Ping")
        events.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, size // 2)
        events.close()
        self.lost += self._drops() > before

    def _act_behind_its_back(self):
        """A second daemon, whose operations are announced to both."""
        path = os.path.join(self.state, "second.sock")
        with subprocess.Popen([os.path.join(BIN, "chimneyd"), "--socket", path, "--state",
                               os.path.join(self.state, "second")], stderr=subprocess.DEVNULL) as second:
            until(lambda: os.path.exists(path), "a second daemon listens")
            for words in (("query", "all"),) * 4 + (("upload", "all"), ("offload", "all"),
                                                    ("query", "all"), ("upload", "all")):
                ctl_any("--socket", path, *words)
            second.terminate()

    def _netlink_sockets(self):
        """Inode to the fields of /proc/net/netlink, of sockets that are in a group."""
        with open("/proc/net/netlink", encoding="ascii") as file:
            lines = [line.split() for line in file][1:]
        return {line[-1]: line for line in lines if int(line[3], 16)}

    def _event_fd(self):
        sockets = self._netlink_sockets()
        directory = f"/proc/{self.daemon.process.pid}/fd"
        for number in os.listdir(directory):
            link = os.readlink(f"{directory}/{number}")
            inode = re.sub(r"socket:\[(\d+)\]", r"\1", link)
            if inode in sockets:
                return int(number), sockets[inode]
        raise Failure("chimneyd listens to no events")

    def _drops(self):
        return int(self._event_fd()[1][8])

    def _event_socket(self):
        """A second descriptor of its socket."""
        pidfd = os.pidfd_open(self.daemon.process.pid)
        fd = syscall("pidfd_getfd", SYS_PIDFD_GETFD, pidfd, self._event_fd()[0], 0)
        os.close(pidfd)
        return socket.socket(fileno=fd)

    # What must hold

    def compare(self):
        """Nothing moves any more; then the daemon, the kernel and the applications agree."""
        self._may_be_refused("SetFaults", dev=NEAR_DEV, script="clear")
        self._may_be_refused("SetFaults", dev=NEAR_DEV, script="event resume")
        self._may_be_refused("ReleaseTarget", dev=NEAR_DEV)
        self.target()
        call("ApplyPolicy", text=RULES[1])
        call("Release", selector={"all": True})
        ends = sorted(sock.getsockname()[1] for sock in self.sockets)
        limit = call("ListTargets")["targets"][0]["tcp"]["max"]
        wanted = min(limit, len(ends))
        until(lambda: len(self._out()) == wanted, "the policy has done its work",
              lambda: f"{len(self._out())} of {wanted} are out: {call('TestPolicy')}")
        out = self._out()
        check(set(out) <= set(ends), f"connections nobody has: {set(out) - set(ends)}")
        told = [one for one in call("TestPolicy")["decisions"] if one["offloaded"]]
        check_equal(sorted(one["sport"] for one in told), out, "what the daemon takes for offloaded")
        rule, = call("ShowPolicy")["policy"]["rules"]
        check_equal(rule["connections"], len(out), "connections of the rule")
        self.echo()
        call("ApplyPolicy", text="")
        until(lambda: not connections(), "all come home", lambda: f"{connections()}")
        check_equal(entries_in_use(), 0, "entries in use")
        for sock in self.sockets:
            sock.sendall(b"still here")
            check_equal(sock.recv(10, socket.MSG_WAITALL), b"still here", "echo")

    def _out(self):
        """As the kernel has it: nobody listens there, so chimneyctl asks the kernel."""
        reply = ctl("--socket", "/nonexistent", "conn")
        return sorted(conn["sport"] for conn in reply["connections"]
                      if conn["state"] in ("offloaded", "uploading"))

    def check_memory(self, warm, more):
        """A daemon that lives long takes no more memory, and no more descriptors.

        Both are a number of steps and of seconds, as for run().
        """
        self.restart()
        for step in (self.kill, self.restart):
            del self.steps[step]
        self.run(*warm)
        before = self._resources()
        self.run(*more)
        after = self._resources()
        check(after[0] < before[0] + GROWTH, f"memory grew from {before[0]} to {after[0]} bytes")
        check_equal(after[1], before[1], "descriptors")
        return before[0], after[0]

    def _resources(self):
        pid = self.daemon.process.pid
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            kib, = re.findall(r"VmRSS:\s+(\d+) kB", file.read())
        return int(kib) << 10, len(os.listdir(f"/proc/{pid}/fd"))
