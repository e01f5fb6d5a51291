"""Giving up root: another user and group, one capability kept.

CAP_NET_ADMIN stays, as in the stock program, because routes must be undone at the end and the tun
may have to be opened again. docs/decisions/privilege-drop.md says what that means.
"""

from __future__ import annotations

import ctypes
import grp
import logging
import os
import pwd
import struct
from typing import NamedTuple

from vpn.config.options import ProcessOptions
from vpn.errors import SystemFailure
from vpn.trace import NOTICE

log = logging.getLogger("vpn.process")

PR_SET_KEEPCAPS = 8  # <linux/prctl.h>
CAPABILITY_VERSION_3 = 0x20080522  # <linux/capability.h>
CAP_NET_ADMIN = 12
SETS = struct.Struct("=6I")  # effective, permitted, inheritable; low word, then the same high


class Account(NamedTuple):
    """Who to become; None: as it is."""

    uid: int | None
    gid: int | None
    user: str
    group: str
    chroot: str | None


def account_for(options: ProcessOptions) -> Account | None:
    """Look the names up while the user database is still in reach."""
    if options.user is None and options.group is None and options.chroot is None:
        return None
    uid = gid = None
    try:
        if options.user is not None:
            uid = pwd.getpwnam(options.user).pw_uid
    except KeyError:
        raise SystemFailure(f"failed to find UID for user {options.user}") from None
    try:
        if options.group is not None:
            gid = grp.getgrnam(options.group).gr_gid
    except KeyError:
        raise SystemFailure(f"failed to find GID for group {options.group}") from None
    return Account(uid, gid, options.user or "", options.group or "", options.chroot)


def drop(account: Account) -> None:
    """Change root, group and user, in the only order that works; keep CAP_NET_ADMIN."""
    # Names are looked up with a codec that is imported late, perhaps from where we can't read then.
    "".encode("idna")
    try:
        if account.chroot is not None:
            os.chroot(account.chroot)
            os.chdir("/")
            log.log(NOTICE, "chroot to '%s' and cd to '/' succeeded", account.chroot)
        if account.gid is not None:
            os.setgroups([account.gid])
            os.setresgid(account.gid, account.gid, account.gid)
        if account.uid is not None and os.geteuid() != account.uid:
            _change_user(account.uid)
            log.log(NOTICE, "UID set to %s", account.user)
        if account.gid is not None:
            log.log(NOTICE, "GID set to %s", account.group)
        if account.uid is not None:
            log.log(NOTICE, "Capabilities retained: CAP_NET_ADMIN")
    except OSError as problem:
        who = account.user or account.group or account.chroot
        raise SystemFailure(
            f"ERROR: cannot become {who}: {problem.strerror} (errno={problem.errno}) -- "
            "start as root, or leave out --user, --group and --chroot"
        ) from problem


def _change_user(uid: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0):
        _raise()
    os.setresuid(uid, uid, uid)
    if libc.prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0):
        _raise()
    mask = 1 << CAP_NET_ADMIN
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    if libc.capset(header, SETS.pack(mask, mask, 0, 0, 0, 0)):
        _raise()


def _raise() -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))
