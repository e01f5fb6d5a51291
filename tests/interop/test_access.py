"""What a server gives one client, and whom it asks first; either program in either role."""

from __future__ import annotations

import pytest

from netns import wait_for

PAIRS = pytest.mark.parametrize(
    "pair", [("openvpn", "ours"), ("ours", "openvpn"), ("ours", "ours")], ids="/".join
)
OURS_SERVES = pytest.mark.parametrize("pair", [("openvpn", "ours")], ids="/".join)
SECONDS = 15.0


def pings(node, address) -> bool:
    node.run(["ping", "-nq", "-c3", "-i0.05", "-W2", address])
    return True


def wait_said(end, words) -> None:
    wait_for(lambda: words in end.log_text(), SECONDS, f"{end.name} to say {words!r}")


@pytest.mark.shows("server-ipv6", "route-ipv6")
@PAIRS
def test_ipv6_inside(tunnel, pair):
    lab = tunnel(
        *pair, "server:server-ipv6=2001:db8:8::/64", 'server:push="route-ipv6 2001:db8:20::/64"'
    )
    client, server = lab["client"], lab.server.node
    assert pings(client, "2001:db8:8::1")
    assert pings(server, "2001:db8:8::1000")
    assert "2001:db8:20::/64 dev tun0" in client.run(["ip", "-6", "route"]).stdout


@pytest.mark.shows(
    "client-config-dir", "ccd-exclusive", "ifconfig-push", "iroute", "push-remove", "route"
)
@PAIRS
def test_own_file_of_a_client(tunnel, pair, tmp_path):
    (tmp_path / "client").write_text(
        "ifconfig-push 10.8.0.77 255.255.255.0\niroute 192.168.50.0 255.255.255.0\n"
        'push-remove "route "\npush "route 10.20.0.0 255.255.0.0"\n',
        encoding="utf-8",
    )
    lab = tunnel(
        *pair,
        f"server:client-config-dir={tmp_path}",
        "server:ccd-exclusive",
        "server:route=192.168.50.0 255.255.255.0",
    )
    assert lab.tunnel_address("client") == "10.8.0.77"
    assert "10.20.0.0/16" in lab["client"].run(["ip", "route"]).stdout
    assert pings(lab["client"], "10.20.0.10")
    assert pings(lab.server.node, "192.168.50.10")  # behind the client: by its iroute
    wait_said(lab.server, "MULTI: internal route 192.168.50.0/24 -> client/")


@pytest.mark.shows("auth-user-pass-verify", "auth-user-pass", "username-as-common-name")
@PAIRS
@pytest.mark.parametrize("how", ["via-env", "via-file"])
def test_user_name_and_password(tunnel, pair, script, user, how):
    check = {
        "via-env": '[ "$username:$password" = alice:secret ]',
        "via-file": '[ "$(cat "$1")" = "alice\nsecret" ]',
    }
    lab = tunnel(
        *pair,
        f"server:auth-user-pass-verify={script('verify', check[how])} {how}",
        "server:script-security=3",
        "server:username-as-common-name",
        f"client:auth-user-pass={user}",
    )
    assert pings(lab["client"], "10.20.0.10")
    wait_said(lab.server, "MULTI: Learn: 10.8.0.2 -> alice/")


@PAIRS
def test_wrong_password(networks, tunnel, pair, script, user):
    verify = script("verify", 'echo "wrong indeed" > "$auth_failed_reason_file"; exit 1')
    from labs.errors import LabError

    with pytest.raises(LabError):
        tunnel(
            *pair,
            f"server:auth-user-pass-verify={verify} via-env",
            "server:script-security=2",
            f"client:auth-user-pass={user}",
        )


@pytest.mark.shows("auth-gen-token", "reneg-sec")
@OURS_SERVES
def test_token_lasts_through_renegotiations(tunnel, pair, script, user, tmp_path):
    calls = tmp_path / "calls"
    lab = tunnel(
        *pair,
        f"server:auth-user-pass-verify={script('verify', f'echo . >> {calls}')} via-env",
        "server:script-security=2",
        "server:auth-gen-token",
        "client:reneg-sec=2",
        f"client:auth-user-pass={user}",
    )
    log = lab.server.log_text
    wait_for(lambda: log().count("Control Channel: TLS") >= 4, SECONDS, "three renegotiations")
    assert pings(lab["client"], "10.20.0.10")
    assert calls.read_text(encoding="utf-8").count(".") == 1


@OURS_SERVES
def test_script_that_answers_later(tunnel, pair, script, user):
    later = '( sleep 1; printf 1 > "$auth_control_file" ) > /dev/null 2>&1 & exit 2'
    lab = tunnel(
        *pair,
        f"server:auth-user-pass-verify={script('verify', later)} via-env",
        "server:script-security=2",
        f"client:auth-user-pass={user}",
    )
    assert pings(lab["client"], "10.20.0.10")


@pytest.mark.shows("client-connect", "client-disconnect", "learn-address")
@OURS_SERVES
def test_scripts_around_a_client(tunnel, pair, script, tmp_path):
    told = tmp_path / "told"
    told.touch()
    connect = f'echo "$script_type $common_name $ifconfig_pool_remote_ip" >> {told}; '
    connect += 'echo "ifconfig-push 10.8.0.99 255.255.255.0" > "$1"'
    leave = f'[ "$bytes_received" -gt 0 ] && echo "$script_type $common_name" >> {told}'
    lab = tunnel(
        *pair,
        "server:script-security=2",
        f"server:client-connect={script('connect', connect)}",
        f"server:client-disconnect={script('leave', leave)}",
        f"server:learn-address={script('learn', f'echo $* >> {told}')}",
    )
    assert lab.tunnel_address("client") == "10.8.0.99"
    assert pings(lab["client"], "10.20.0.10")
    assert lab.client.stop() == 0
    said = lambda: told.read_text(encoding="utf-8").splitlines()  # noqa: E731
    wait_for(lambda: len(said()) == 4, SECONDS, "the client to be gone")
    assert said() == [
        "client-connect client 10.8.0.2",
        "add 10.8.0.99 client",
        "delete 10.8.0.99",
        "client-disconnect client",
    ]


@pytest.mark.shows("ifconfig-pool-persist")
@pytest.mark.parametrize("programs", [("ours", "openvpn"), ("openvpn", "ours")], ids=" then ".join)
def test_addresses_survive_from_one_program_to_the_other(tunnel, programs, tmp_path):
    file = tmp_path / "ipp.txt"
    file.write_text("stranger,10.8.0.2,\nclient,10.8.0.3,\n", encoding="utf-8")
    for program in programs:
        lab = tunnel("openvpn", program, f"server:ifconfig-pool-persist={file} 1")
        assert lab.tunnel_address("client") == "10.8.0.3"
        for end in lab.ends:
            end.stop()
        assert "client,10.8.0.3," in file.read_text(encoding="utf-8").splitlines()


@pytest.mark.shows("auth-nocache")
@PAIRS
def test_password_is_read_again_for_every_key(tunnel, pair, script, user, tmp_path):
    calls = tmp_path / "calls"
    lab = tunnel(
        *pair,
        f"server:auth-user-pass-verify={script('verify', f'echo $password >> {calls}')} via-env",
        "server:script-security=3",
        "client:auth-nocache",
        "client:reneg-sec=2",
        f"client:auth-user-pass={user}",
    )
    user.write_text("alice\nchanged\n", encoding="utf-8")
    wait_for(lambda: "changed" in calls.read_text(), SECONDS, "the new password to be used")
    assert calls.read_text().startswith("secret\n")
    assert pings(lab["client"], "10.20.0.10")


@pytest.mark.shows("override-username")
@OURS_SERVES
def test_client_that_counts_as_another_user(tunnel, pair, script, user, tmp_path):
    (tmp_path / "client").write_text("override-username carol\n", encoding="utf-8")
    status = tmp_path / "status"
    lab = tunnel(
        *pair,
        f"server:auth-user-pass-verify={script('verify', '[ $username = alice ]')} via-env",
        "server:script-security=3",
        "server:auth-gen-token",
        "server:reneg-sec=5",
        f"server:client-config-dir={tmp_path}",
        f"server:status={status} 1",
        "server:status-version=3",
        f"client:auth-user-pass={user}",
    )
    wait_for(lambda: "\tcarol\t" in status.read_text(), SECONDS, "carol in the status file")
    wait_for(
        lambda: lab.server.log_text().count("Control Channel: TLS") >= 3, SECONDS, "key exchanges"
    )
    assert pings(lab["client"], "10.20.0.10")


@pytest.mark.shows("ifconfig-push-constraint")
@PAIRS
def test_address_from_outside_of_the_servers_network(tunnel, pair, tmp_path):
    (tmp_path / "client").write_text("ifconfig-push 10.9.0.77 255.255.255.0\n", encoding="utf-8")
    lab = tunnel(*pair, f"server:client-config-dir={tmp_path}")
    wait_said(
        lab.server,
        "MULTI ERROR: primary virtual IP for client/203.0.113.2",
    )
    assert "(10.9.0.77) violates tunnel network/netmask constraint" in lab.server.log_text()


@pytest.mark.shows("force-tls-key-material-export")
@PAIRS
def test_clients_of_today_can_export_keys(tunnel, pair):
    lab = tunnel(*pair, "server:force-tls-key-material-export")
    assert pings(lab["client"], "10.20.0.10")
