# SPDX-License-Identifier: GPL-2.0-only
"""The random walk. CHIMNEY_SEED (a number, or "random") and CHIMNEY_STEPS choose another one."""

import os
import random

from lib import SLOWNESS, setting, start
from walk import Walk

SEED = os.environ.get("CHIMNEY_SEED", "1")
STEPS = int(os.environ.get("CHIMNEY_STEPS", 2000 // SLOWNESS ** 2))


def test_walk():
    """Thousands of steps on 16 connections, and every byte is accounted for. All of them make
    some trees."""
    start()
    seed = random.SystemRandom().randrange(1 << 32) if SEED == "random" else int(SEED)
    walk = Walk(seed, STEPS)
    with setting("net.chimney.max_tree", 5):
        walk.run()
    print(f"# seed {seed}: {walk.counts}")


test_walk.limit = 600
