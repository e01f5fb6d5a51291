"""The file that keeps a pool."""

from __future__ import annotations

from vpn.system.pool_file import PoolFile
from vpn.tunnel.pool import AddressPool


def pool() -> AddressPool:
    return AddressPool("10.8.0.2", "10.8.0.9")


def test_addresses_survive_a_restart(tmp_path):
    path, before, after = tmp_path / "ipp.txt", pool(), pool()
    kept = PoolFile(str(path), 600, before, 0)
    before.take("a")
    before.take("b")
    kept.handle_deadline(599)
    assert not path.exists()
    kept.handle_deadline(600)
    assert path.read_text(encoding="utf-8") == "a,10.8.0.2,\nb,10.8.0.3,\n"
    PoolFile(str(path), 600, after, 0)
    assert str(after.take("b").ipv4) == "10.8.0.3"


def test_file_that_is_only_read(tmp_path):
    path, own = tmp_path / "ipp.txt", pool()
    path.write_text("b,10.8.0.5\n", encoding="utf-8")
    kept = PoolFile(str(path), 0, own, 0)
    own.take("new")
    kept.write()
    assert kept.deadline is None
    assert path.read_text(encoding="utf-8") == "b,10.8.0.5\n"
    assert str(own.take("b").ipv4) == "10.8.0.5"


def test_file_that_can_not_be_written_is_a_warning(tmp_path, caplog):
    own = pool()
    kept = PoolFile(str(tmp_path / "no" / "ipp.txt"), 600, own, 0)
    own.take("a")
    kept.write()
    assert "cannot write" in caplog.text
