"""Topologies for containerlab and Kathara: every node, link and segment is there, and fits."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml

from labs import topologies
from labs.containers import containerlab, export, kathara
from labs.containers.compose import Export, Vpn
from labs.errors import LabError
from labs.settings import Settings
from tests.unit.labs.test_topology_file import SITE

# What Kathara's parser takes for a device's line, and for a collision domain.
KATHARA_LINE = re.compile(r'([a-z0-9_]{1,30})\[(\w+)\]="([^"\']+)"')


def clab(name="three-lans", settings=None):
    plan = Export(topologies.find(name), settings or Settings())
    return yaml.safe_load(containerlab.text(plan))


def planned(topology):
    return {
        (port.node, port.dev, port.segment)
        for node in topology.nodes
        for port in topology.ports(node.name)
    }


@pytest.mark.parametrize("name", topologies.NAMES)
def test_containerlab_has_every_link_once(name):
    topology, file = topologies.find(name), clab(name)
    nodes, links = file["topology"]["nodes"], file["topology"]["links"]
    ends = [end for link in links for end in link["endpoints"]]
    assert len(ends) == len(set(ends))
    own = {tuple(end.split(":")) for end in ends if not end.startswith("switch-")}
    assert own == {(node, dev) for node, dev, _ in planned(topology)}
    assert {end.partition(":")[0] for end in ends} <= set(nodes)


@pytest.mark.parametrize("name", topologies.NAMES)
def test_containerlab_joins_those_that_are_in_one_segment(name):
    topology, file = topologies.find(name), clab(name)
    segment_of = {(node, dev): segment for node, dev, segment in planned(topology)}
    for link in file["topology"]["links"]:
        ends = [tuple(end.split(":")) for end in link["endpoints"]]
        segments = {segment_of.get(end, end[0].removeprefix("switch-")) for end in ends}
        assert len(segments) == 1


def test_containerlab_nodes_have_what_they_need_and_no_way_out():
    file = clab(settings=Settings.of("ours", "openvpn"))["topology"]
    assert file["kinds"]["linux"]["network-mode"] == "none"
    server, nat, switch = (file["nodes"][one] for one in ("server", "nat", "switch-client-lan"))
    assert server["cmd"].endswith("--shared /lab --vpn openvpn")
    assert (server["devices"], server["binds"]) == (
        ["/dev/net/tun"],
        ["lab/vpn/server:/lab/vpn/server:ro"],
    )
    assert nat["sysctls"] == {"net.ipv4.ip_forward": 1}
    assert switch["cmd"] == "lab switch eth0 eth1 eth2"


@pytest.mark.parametrize("name", topologies.NAMES)
def test_kathara_has_every_link_in_its_collision_domain(name):
    topology = topologies.find(name)
    conf = kathara.files(Export(topology, Settings()))["lab.conf"]
    found = set()
    for line in conf.splitlines():
        if not line or line.startswith(("#", "LAB_")):
            continue
        device, argument, value = KATHARA_LINE.fullmatch(line).groups()
        if argument.isdigit():
            assert re.fullmatch(r"\w+", value)
            found.add((device, f"eth{argument}", value))
    assert found == {
        (kathara.device(node), dev, kathara.device(segment))
        for node, dev, segment in planned(topology)
    }


def test_kathara_devices_start_their_nodes():
    files = kathara.files(Export(topologies.find("two-servers"), Settings()))
    script = files["server_b.startup"].splitlines()[-1]
    words = shlex.split(script.partition(">")[0])
    assert words == [
        *("lab", "node", "server-b", "--topology", "two-servers"),
        *("--shared", "/lab", "--vpn", "ours", "$links"),
    ]
    assert script.endswith("&")


def test_kathara_devices_take_the_links_that_megalos_names():
    nat = kathara.files(Export(topologies.find("three-lans"), Settings()))["nat.startup"]
    assert "[ ! -e /sys/class/net/net0 ] || links='--dev net0 --dev net1'\n" in nat


def test_each_kathara_device_gets_its_own_keys_and_no_others(tmp_path, capsys):
    export.run("kathara", "two-servers", Settings(), {}, tmp_path)
    own = tmp_path / "server_b" / "lab" / "vpn" / "server-b"
    assert (own / "server.conf").exists()
    assert (own / "server-b.key").stat().st_mode & 0o77 == 0
    assert not list(tmp_path.rglob("ca.key"))
    assert [path.name for path in (tmp_path / "server_b" / "lab" / "vpn").iterdir()] == ["server-b"]
    assert f"wrote {tmp_path}/lab.conf" in capsys.readouterr().out


def test_containerlab_has_the_keys_beside_its_file(tmp_path):
    export.run("containerlab", "three-lans", Settings(), {}, tmp_path)
    assert (tmp_path / "three-lans.clab.yml").exists()
    assert (tmp_path / "lab" / "vpn" / "client" / "client.conf").exists()
    assert not list(tmp_path.rglob("ca.key"))
    keys = list(tmp_path.rglob("*.key"))
    assert len(keys) == 8
    assert all(path.stat().st_mode & 0o77 == 0 for path in keys)


def test_keys_that_are_there_stay(tmp_path):
    export.run("containerlab", "three-lans", Settings(), {}, tmp_path)
    key = tmp_path / "lab" / "vpn" / "server" / "server.key"
    before = key.read_bytes()
    export.run("containerlab", "three-lans", Settings.of(sets=["verb=4"]), {}, tmp_path)
    assert key.read_bytes() == before
    assert "verb 4" in key.with_name("server.conf").read_text("utf-8")


def test_a_topology_of_ones_own_goes_where_the_nodes_look(tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(SITE, encoding="utf-8")
    for form, place in (("compose", "."), ("containerlab", "."), ("kathara", "gate")):
        there = tmp_path / form
        export.run(form, str(mine), Settings(), {}, there)
        assert (there / place / "mine.toml").read_text("utf-8") == mine.read_text("utf-8")


def test_several_files_need_a_directory():
    with pytest.raises(LabError, match=r"three-lans\.clab\.yml .*--directory DIR"):
        export.run("containerlab", "three-lans", Settings(), {}, None)


def test_a_vpn_of_ones_own_is_for_compose():
    with pytest.raises(LabError, match="only a compose file"):
        export.run("kathara", "three-lans", Settings(), {"client": Vpn("mine")}, None)


def test_the_words_lead_to_the_same_file_again():
    own = {"server": Vpn("their/vpn", ("run", "it now"))}
    words = export.words_of("two-clients", Settings.of(sets=["proto=tcp"]), own)
    assert " ".join(words) == (
        "--topology two-clients --server-image their/vpn "
        "--server-command 'run '\"'\"'it now'\"'\"'' --set proto=tcp"
    )
