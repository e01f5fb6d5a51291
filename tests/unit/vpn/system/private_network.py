"""Runs a test's body in a child process with a network namespace of its own."""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import traceback
import warnings

import pytest

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
FAILED = 77


def in_private_network(body):
    """The decorated test runs as root of a fresh network; what it raises fails the test."""

    @functools.wraps(body)
    def test(*args, **kwargs):
        reader, writer = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # newer Pythons warn of forks beside threads
            child = os.fork()
        if child == 0:
            _run(writer, body, args, kwargs)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            text = pipe.read().decode()
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != 0:
            pytest.fail(text or f"the child ended with status {status}", pytrace=False)

    return pytest.mark.netns(pytest.mark.tun(test))


def _run(writer, body, args, kwargs):
    code = FAILED
    try:
        enter()
        body(*args, **kwargs)
        code = 0
    except BaseException:
        os.write(writer, traceback.format_exc().encode())
    finally:
        os._exit(code)


def enter():
    """Become root of a new network; without root of the old one, by a user namespace."""
    uid, gid = os.geteuid(), os.getegid()
    flags = CLONE_NEWNET if uid == 0 else CLONE_NEWNET | CLONE_NEWUSER
    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")
    if uid != 0:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"0 {uid} 1"),
            ("gid_map", f"0 {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)


def add_link(name):
    """An interface that is up: one end of a veth pair, the only kind that every kernel has."""
    ip("link", "add", name, "type", "veth", "peer", "name", "far")
    for end in (name, "far"):
        ip("link", "set", end, "up")


def ip(*words):
    """What `ip` says here."""
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout
