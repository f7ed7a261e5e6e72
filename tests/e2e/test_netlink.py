# SPDX-License-Identifier: GPL-2.0-only
"""The netlink family, spoken to by the kernel's own client (netlink_test.py)."""

import os
import re
import subprocess
import sys

from lib import check

SUITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "netlink_test.py")


def test_requests():
    """What is malformed or makes no sense is refused with errno, sentence and attribute."""
    done = subprocess.run([sys.executable, SUITE], text=True, capture_output=True, check=False)
    failures = [line for line in done.stdout.splitlines() if line.startswith("not ok")]
    check(done.returncode == 0 and re.search(r"^[1-9]\d* passed, 0 failed$", done.stdout, re.M),
          lambda: f"exit status {done.returncode}: {failures or done.stdout[-500:]} {done.stderr}")


# Reading the spec takes its client a while.
test_requests.limit = 600
