# SPDX-License-Identifier: GPL-2.0-only
"""chimneyd under churn. CHIMNEY_SECONDS makes it long, CHIMNEY_SEED chooses other steps."""

import os
import tempfile

from churn import Churn

SECONDS = int(os.environ.get("CHIMNEY_SECONDS", 0))
SEED = int(os.environ.get("CHIMNEY_SEED", "1"))
# Half of the time with daemons that come and go, half with one whose memory is watched.
STEPS = 80
WARM, MORE = 10, 30


def test_churn():
    """What chimneyd believes is what the kernel says, and its memory stays flat."""
    churn = Churn(SEED, tempfile.mkdtemp())
    steps = churn.run(STEPS, SECONDS / 2)
    memory = churn.check_memory((WARM, SECONDS / 8), (MORE, 3 * SECONDS / 8))
    print(f"# seed {SEED}: {steps} steps, {churn.counts}, overruns {churn.lost}, memory {memory}")


test_churn.limit = 400 + 3 * SECONDS
