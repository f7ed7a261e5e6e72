# SPDX-License-Identifier: GPL-2.0-only
"""The conformance kit against the simulated NIC, through its files in debugfs."""

import errno
import os
import re

from lib import (NEAR_DEV, add_target, check, check_equal, check_guards, entries_in_use, insmod,
                 rmmod, start)

KIT = "/sys/kernel/debug/chimney_conform"
LINE = re.compile(r"(?P<failed>not )?ok (?P<number>\d+) - (?P<name>\w+) \((?P<clauses>[^)]+)\)"
                  r"(?P<skip> # SKIP .+)?")


def write_run(name):
    """The errno of a run, 0 for none."""
    fd = os.open(f"{KIT}/run", os.O_WRONLY)
    try:
        os.write(fd, name.encode())
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)


def report():
    with open(f"{KIT}/report", encoding="ascii") as file:
        return file.read().splitlines()


def test_sim():
    """Every case is run and passes, and the target is left empty."""
    start(tcp=256, path=64, neighbor=32, mtu=9000, rcvwnd=1 << 20)
    insmod("chimney_conform")
    check_equal(write_run(NEAR_DEV), 0, "errno of the run")
    lines = report()
    check_equal(lines[0], "TAP version 13", "first line")
    cases = [match for line in lines if (match := LINE.fullmatch(line))]
    check_equal(lines[1], f"1..{len(cases)}", "plan")
    check_equal([int(case["number"]) for case in cases], list(range(1, len(cases) + 1)),
                "numbers of the cases")
    bad = [line for line in lines if line.startswith(("not ok", "#")) or "# SKIP" in line]
    check(not any(case["failed"] or case["skip"] for case in cases), lambda: "\n".join(bad))
    check_equal(lines[-1], f"# {len(cases)} passed, 0 failed, 0 skipped", "sum")
    check_equal(entries_in_use(), 0, "entries in use")
    rmmod("chimney_conform")
    check_guards(0)


def test_selected():
    """Words behind the device select cases by what their names begin with."""
    add_target()
    insmod("chimney_conform")
    check_equal(write_run(f"{NEAR_DEV} init_16 sta"), 0, "errno of the run")
    names = [match["name"] for line in report() if (match := LINE.fullmatch(line))]
    check_equal(names[:1], ["init_16_completed_once"], "first case")
    check(names[1:] and all(name.startswith("sta") for name in names[1:]),
          f"cases that were not selected: {names}")
    check_equal(write_run(f"{NEAR_DEV} nonsense"), errno.EINVAL, "errno without a case")
    rmmod("chimney_conform")


def test_no_target():
    """A device without a target, and one that is not there, are refused."""
    insmod("chimney_conform")
    check(write_run("lo"), "a run on lo was accepted")
    check(write_run("nowhere0"), "a run on a device that does not exist was accepted")
    add_target()
    check_equal(report()[0], "TAP version 13", "first line")
    rmmod("chimney_conform")
