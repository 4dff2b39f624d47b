"""How a worker gives up what it does not need, before and after it opens its files. Linux only.

Whatever a statement makes the engine do then happens in a process that can read what is already open and answer
on its one channel.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from contextlib import suppress

CHANNEL = 0  # the file descriptor of the channel to the server, the only one a worker has from it
NOBODY = 65534
_MEGABYTE = 1_000_000
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_PARENT_DEATH_SIGNAL, _SET_NO_NEW_PRIVILEGES = 1, 38
_EMPTY_FOLDER = "/proc/self/fdinfo"  # nobody may look into it once the user has changed
_libc = ctypes.CDLL(None, use_errno=True)


def before_opening(parent: int, memory_mb: int) -> None:
    """No network, no new privileges, no writing, bounded memory; ends with the parent."""
    _die_with(parent)
    _libc.prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _leave_the_network()
    for limit, most in (
        (resource.RLIMIT_AS, memory_mb * _MEGABYTE),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _limit(limit, most)


def after_opening(parent: int) -> None:
    """Nobody's rights, no folder in sight, no other file, no other process or thread."""
    with suppress(PermissionError):  # root may, and whoever has a user namespace of his own
        os.chroot(_EMPTY_FOLDER)
        os.chdir("/")
    if os.geteuid() == 0:
        with suppress(PermissionError):  # root of a container without such rights has less to give up
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        _die_with(parent)  # a change of user takes it back
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, CHANNEL + 1)  # what is open stays open; nothing else can be opened


def _limit(limit: int, most: int) -> None:
    _, hard = resource.getrlimit(limit)
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(limit, (most, most))


def _leave_the_network() -> None:
    """A network of one's own is empty. Not root: only together with a user namespace, where that is allowed."""
    if _libc.unshare(_NEW_NETWORK) != 0 and os.geteuid() != 0:
        _libc.unshare(_NEW_USER | _NEW_NETWORK)


def _die_with(parent: int) -> None:
    _libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(0)
