"""Who is let in: directives about certificates and keys, the stock program at the other end."""

from __future__ import annotations

import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    load_pem_private_key,
    pkcs12,
)

from labs.errors import LabError

EACH = pytest.mark.parametrize(
    "pair", [("ours", "openvpn"), ("openvpn", "ours")], ids="/".join
)  # client, server
PASSWORD = "open sesame"
SOON = ("client:tls-exit", "client:hand-window=3")  # a refusal ends the client

LET_IN = [
    "client:verify-x509-name=server name",
    "client:verify-x509-name=ser name-prefix",
    "client:verify-x509-name=CN=server subject",
    'client:remote-cert-eku="TLS Web Server Authentication"',
    "client:remote-cert-tls=server",
    "server:remote-cert-tls=client",
    'server:remote-cert-eku="TLS Web Client Authentication"',
]
LEFT_OUT = [
    "client:verify-x509-name=other name",
    "client:verify-x509-name=erv name-prefix",
    "client:verify-x509-name=CN=other subject",
    'client:remote-cert-eku="TLS Web Client Authentication"',
    "client:remote-cert-tls=client",
    "client:remote-cert-ku=06",
    "server:remote-cert-tls=server",
]


@pytest.fixture
def files(networks):
    """The directory with an end's certificates and keys."""
    return lambda end: networks.directory / "vpn" / end


@pytest.mark.shows("verify-x509-name", "remote-cert-eku", "remote-cert-tls")
@EACH
@pytest.mark.parametrize("setting", LET_IN)
def test_the_right_certificate(tunnel, pair, setting):
    tunnel(*pair, setting)


@pytest.mark.shows("verify-x509-name", "remote-cert-eku", "remote-cert-tls", "remote-cert-ku")
@EACH
@pytest.mark.parametrize("setting", LEFT_OUT)
def test_the_wrong_certificate(tunnel, pair, setting):
    with pytest.raises(LabError):
        tunnel(*pair, setting, *SOON)


@pytest.mark.shows("pkcs12", "askpass")
@EACH
@pytest.mark.parametrize("end", ["client", "server"])
def test_a_bundle_with_a_password(tunnel, pair, files, end, tmp_path):
    place = files(end)
    key = load_pem_private_key((place / f"{end}.key").read_bytes(), None)
    certificate, authority = (
        x509.load_pem_x509_certificate((place / name).read_bytes())
        for name in (f"{end}.crt", "ca.crt")
    )
    bundle, password = tmp_path / "bundle.p12", tmp_path / "password"
    bundle.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"me", key, certificate, [authority], BestAvailableEncryption(PASSWORD.encode())
        )
    )
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    for path in (bundle, password):
        path.chmod(0o600)
    without = [f"{end}:-{name}" for name in ("ca", "cert", "key")]
    tunnel(*pair, *without, f"{end}:pkcs12={bundle}", f"{end}:askpass={password}")


@pytest.mark.shows("askpass")
@EACH
@pytest.mark.parametrize("end", ["client", "server"])
def test_a_key_with_a_password(tunnel, pair, files, end, tmp_path):
    key, password = tmp_path / "locked.key", tmp_path / "password"
    command = ["openssl", "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", f"pass:{PASSWORD}"]
    plain = files(end) / f"{end}.key"
    subprocess.run([*command, "-in", str(plain), "-out", str(key)], check=True)
    password.write_text(f"{PASSWORD}\n", encoding="utf-8")
    for path in (key, password):
        path.chmod(0o600)
    tunnel(*pair, f"{end}:key={key}", f"{end}:askpass={password}")


@pytest.mark.shows("verify-hash")
@EACH
def test_the_fingerprint_of_the_authority(tunnel, pair, files):
    authority = x509.load_pem_x509_certificate((files("client") / "ca.crt").read_bytes())
    right = authority.fingerprint(SHA256()).hex(":")
    tunnel(*pair, f"client:verify-hash={right} SHA256")


@pytest.mark.shows("verify-hash")
@EACH
def test_the_fingerprint_of_another_authority(tunnel, pair):
    with pytest.raises(LabError):
        tunnel(*pair, f"client:verify-hash={bytes(32).hex(':')} SHA256", *SOON)


@pytest.mark.shows("verify-client-cert", "username-as-common-name")
@EACH
def test_a_name_and_a_password_instead_of_a_certificate(tunnel, pair, script, user):
    check = script("verify", '[ "$username:$password" = alice:secret ]')
    tunnel(
        *pair,
        *("client:-cert", "client:-key", f"client:auth-user-pass={user}"),
        *("server:verify-client-cert=none", "server:script-security=3"),
        f"server:auth-user-pass-verify={check} via-env",
        "server:username-as-common-name",
    )


@pytest.mark.shows("verify-client-cert")
@EACH
def test_a_certificate_that_may_be_missing(tunnel, pair, script, user):
    check = script("verify", '[ "$username:$password" = alice:secret ]')
    sets = [
        f"client:auth-user-pass={user}",
        *("server:verify-client-cert=optional", "server:script-security=3"),
        f"server:auth-user-pass-verify={check} via-env",
        "server:username-as-common-name",
    ]
    lab = tunnel(*pair, *sets)
    for end in lab.ends:
        end.stop()
    tunnel(*pair, "client:-cert", "client:-key", *sets)


@EACH
def test_a_name_from_the_unit_of_a_certificate(tunnel, pair, networks, tmp_path):
    """x509-username-field: the name that the server knows a client by."""
    lab = tunnel(*pair, "server:x509-username-field=CN")
    lab.server.process.wait_log("MULTI: Learn: 10.8.0.2 -> client/")


@pytest.mark.shows("tls-crypt-v2-verify")
@EACH
def test_metadata_of_a_client_key(tunnel, pair, script, tmp_path):
    told = tmp_path / "told"
    verify = script("verify", f'echo "$metadata_type $(wc -c < "$metadata_file")" >> {told}')
    lab = tunnel(
        *pair, "tls-crypt-v2", "server:script-security=2", f"server:tls-crypt-v2-verify={verify}"
    )
    assert lab.client.is_alive
    assert told.read_text(encoding="utf-8").split()[0] in ("0", "1")


@pytest.mark.shows("tls-crypt-v2-verify")
@EACH
def test_a_client_key_that_the_script_refuses(tunnel, pair, script):
    sets = ["tls-crypt-v2", "server:script-security=2"]
    with pytest.raises(LabError):
        tunnel(*pair, *SOON, *sets, f"server:tls-crypt-v2-verify={script('verify', 'exit 1')}")
