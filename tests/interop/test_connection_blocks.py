"""What a `<connection>` block takes from around it, as the stock program shows it at verb 4."""

from __future__ import annotations

import re
import subprocess

import pytest

from vpn.config.load import load
from vpn.pki import static_key

CONFIG = """\
client
dev null
peer-fingerprint {fingerprint}
auth-user-pass {user}
management {directory}/socket unix
management-hold
verb 4
rport 1000
connect-timeout 77
mssfix 1300
key-direction 1
<connection>
remote 127.0.0.1
key-direction 0
</connection>
rport 2000
proto tcp
float
connect-timeout 99
remote 127.0.0.9 5
<connection>
remote 127.0.0.2
mssfix 1200
</connection>
<connection>
remote 127.0.0.3 3000 udp
connect-timeout 5
tls-crypt {key}
</connection>
tls-auth {key}
port 4000
"""
SHOWN = ("proto", "remote", "remote_port", "remote_float", "connect_timeout", "mssfix")
KEYS = ("tls_auth_file", "tls_crypt_file", "key_direction")


def shown_by_stock(config) -> list[list[str]]:
    """The profiles that it prints before it waits."""
    profiles: list[dict[str, str]] = []
    argv = ["openvpn", "--config", str(config), "--suppress-timestamps"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if "Connection profiles END" in line:
                break
            if "Connection profiles [" in line:
                profiles.append({})
            found = re.search(r"  (\w+) = '?([^']*?)'?$", line)
            if found and profiles:
                profiles[-1][found[1]] = found[2].strip()
        process.kill()
    return [[one[name] for name in SHOWN + KEYS] for one in profiles]


def shown_by_us(config, key) -> list[list[str]]:
    profiles = []
    for one in load(["--config", str(config)]).link.connections:
        link = one.options.link
        floats = "ENABLED" if link.float_ else "DISABLED"
        values = (one.proto.value, one.host, one.port, floats, link.connect_timeout, link.mssfix)
        tls = one.options.tls
        files = (str(key) if wrap else "[UNDEF]" for wrap in (tls.tls_auth, tls.tls_crypt))
        direction = "not set" if tls.key_direction is None else tls.key_direction
        profiles.append([str(value) for value in (*values, *files, direction)])
    return profiles


@pytest.mark.shows("connection")
def test_blocks_come_to_the_same(tmp_path, user):
    config = tmp_path / "blocks.conf"
    key = tmp_path / "static.key"
    key.write_text(static_key.generate(), encoding="utf-8")
    places = {"user": user, "directory": tmp_path, "key": key}
    text = CONFIG.format(fingerprint=bytes(32).hex(":"), **places)
    config.write_text(text, encoding="utf-8")
    expected = shown_by_stock(config)
    assert len(expected) == 3
    assert shown_by_us(config, key) == expected
