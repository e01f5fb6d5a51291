"""The system calls by ctypes: a refusal becomes an OSError that says what was refused."""

from __future__ import annotations

import os

import pytest

from netns import kernel


def test_a_mount_that_is_refused_says_what_and_why(tmp_path):
    with pytest.raises(OSError, match=r"mount tmpfs on .*/nowhere: "):
        kernel.mount("tmpfs", str(tmp_path / "nowhere"), "tmpfs")


def test_what_is_no_namespace_cannot_be_entered():
    fd = os.open("/dev/null", os.O_RDONLY)
    try:
        with pytest.raises(OSError, match=r"setns: Invalid argument"):
            kernel.setns(fd, kernel.CLONE_NEWNET)
    finally:
        os.close(fd)


def test_one_is_home_again_when_the_other_namespace_is_not_there(tmp_path):
    home = os.readlink("/proc/self/ns/net")
    with (
        pytest.raises(FileNotFoundError),
        kernel.network_namespace(str(tmp_path / "gone")),
    ):
        pass
    assert os.readlink("/proc/self/ns/net") == home
