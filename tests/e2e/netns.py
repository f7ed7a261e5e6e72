# SPDX-License-Identifier: GPL-2.0-only
"""Network namespaces: a socket stays in the one it was made in."""

import ctypes
import os
import threading

CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def enter(name):
    """Move the calling thread into a named namespace."""
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        if _LIBC.setns(fd, CLONE_NEWNET):
            code = ctypes.get_errno()
            raise OSError(code, f"setns {name}: {os.strerror(code)}")
    finally:
        os.close(fd)


def inside(name, function, *args):
    """What function(*args) returns in a namespace, in a thread that ends there."""
    outcome = {}

    def work():
        try:
            enter(name)
            outcome["result"] = function(*args)
        except BaseException as error:  # pylint: disable=broad-except
            outcome["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]
