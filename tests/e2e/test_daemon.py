# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of the connections when chimneyd ends."""

from echo import EchoServer, Stream
from lib import (Daemon, add_target, check, check_equal, check_guards, check_tree, connections,
                 offload, until, upload)

PROGRESS = 128 << 10


def busy(*options):
    server = EchoServer()
    daemon = Daemon(*options)
    add_target()
    stream = Stream(server)
    stream.write()
    stream.wait_progress(PROGRESS)
    check_tree(offload(*stream.selector))
    stream.wait_progress(PROGRESS)
    return daemon, stream


def home(end):
    """Ending the daemon brings its connections home."""
    daemon, stream = busy()
    check(check_guards(1)[0]["owned"], "the connection is not owned")
    end(daemon)
    until(lambda: not connections(), "the connection comes home")
    stream.wait_progress(PROGRESS)
    stream.finish()


def stay(end):
    """With --on-exit stay it does not; another daemon can take them back."""
    daemon, stream = busy("--on-exit", "stay")
    check(not check_guards(1)[0]["owned"], "the connection is owned")
    end(daemon)
    stream.wait_progress(PROGRESS)
    before = check_guards(1)[0]
    Daemon()
    after = check_guards(1)[0]
    check_equal(after["cookie"], before["cookie"], "the connection the new daemon sees")
    stream.wait_progress(PROGRESS)
    check_tree(upload(*stream.selector))
    check(not connections(), "the connection is still away")
    stream.wait_progress(PROGRESS)
    stream.finish()


def test_killed_home():
    home(Daemon.kill)


def test_stopped_home():
    home(Daemon.stop)


def test_killed_stay():
    stay(Daemon.kill)


def test_stopped_stay():
    stay(Daemon.stop)
