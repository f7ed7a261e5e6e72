# SPDX-License-Identifier: GPL-2.0-only
"""chimneyd under churn. CHIMNEY_SECONDS makes it long, CHIMNEY_SEED chooses other steps."""

import os
import tempfile
import time

from churn import Churn

SECONDS = int(os.environ.get("CHIMNEY_SECONDS", 0))
SEED = int(os.environ.get("CHIMNEY_SEED", "1"))
STEPS = 80
ROUNDS = 40


def test_churn():
    """What chimneyd believes is what the kernel says, and its memory stays flat."""
    churn = Churn(SEED, tempfile.mkdtemp())
    end = time.monotonic() + SECONDS
    steps = churn.run(lambda number: number < STEPS or time.monotonic() < end)
    memory = churn.check_memory(ROUNDS * (1 + SECONDS // 60))
    print(f"# seed {SEED}: {steps} steps, {churn.counts}, overruns {churn.lost}, memory {memory}")


test_churn.limit = 400 + 3 * SECONDS
