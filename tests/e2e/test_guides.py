# SPDX-License-Identifier: GPL-2.0-only
"""The examples of the documentation, as guide.py runs them."""

from guide import follow
from lib import FAR, check_equal, loaded, remove_network, sh, unload_modules


def start_from_nothing():
    """Without what every test begins with."""
    unload_modules()
    remove_network()


def test_tutorial():
    """It begins with nothing and ends there."""
    start_from_nothing()
    follow("Documentation/tutorial.md")
    check_equal(loaded("chimney"), False, "chimney loaded")
