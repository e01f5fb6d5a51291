"""Name servers that a server pushes: the client's node asks them while the tunnel is up."""

from __future__ import annotations

import pytest

from tests.scenario.vpn_site import FILES

pytestmark = pytest.mark.tun

OWN = "nameserver 192.0.2.53\n"


@pytest.mark.shows("dhcp-option", "dns")
@pytest.mark.parametrize(
    "pushed",
    [
        (f"server:push=dhcp-option DNS {FILES}", "server:push=dhcp-option DOMAIN lab.example"),
        (f"server:push=dns server 0 address {FILES}", "server:push=dns search-domains lab.example"),
    ],
    ids=["dhcp-option", "dns"],
)
def test_they_come_with_the_tunnel_and_go_with_it(site, tunnel, pushed):
    path = site.node("near").resolv_conf_path
    path.write_text(OWN)
    lab = tunnel("ours", "ours", "client:user=nobody", *pushed)
    seen = lab.run("near", ["cat", "/etc/resolv.conf"]).stdout.splitlines()
    assert seen[1:] == ["search lab.example", f"nameserver {FILES}"]
    assert lab.client.stop() == 0
    assert lab.run("near", ["cat", "/etc/resolv.conf"]).stdout == OWN


@pytest.mark.shows("dns-updown")
def test_disabled_they_stay_outside(site, tunnel):
    site.node("near").resolv_conf_path.write_text(OWN)
    pushed = f"server:push=dns server 0 address {FILES}"
    lab = tunnel("ours", "ours", "client:dns-updown=disable", pushed)
    assert lab.run("near", ["cat", "/etc/resolv.conf"]).stdout == OWN
