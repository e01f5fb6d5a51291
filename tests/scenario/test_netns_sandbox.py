"""A sandbox from its making to its end: nodes, names, state, two at once.

netns.sandbox asks; netns.birth and netns.operations, in the holder, do.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from netns import NetnsError, Sandbox, wait_for
from tests.scenario.netns_networks import PYTHON, ping, two_hosts


def test_two_hosts_reach_each_other_at_the_first_ping(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        client, server = two_hosts(sandbox)
        assert sandbox.missing == client.missing == []
        assert ping(client, "192.0.2.2")
        assert ping(server, "192.0.2.1")
        assert ping(client, "127.0.0.1")


def test_nothing_is_left_when_the_block_ends(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        node = sandbox.add_node("client")
        assert sandbox.alive
    assert not sandbox.alive
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NetnsError, match="is gone"):
        node.enter_argv()


def test_each_node_has_names_and_files_of_its_own(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        client, server = two_hosts(sandbox)
        client.add_hosts({"files.example": "192.0.2.2"})
        client.resolv_conf_path.write_text("nameserver 192.0.2.53\n", encoding="utf-8")
        assert client.run(["hostname"]).stdout == "client\n"
        assert server.run(["cat", "/sys/class/net/eth0/operstate"]).stdout == "up\n"
        assert client.run(["cat", "/etc/resolv.conf"]).stdout == "nameserver 192.0.2.53\n"
        assert server.run(["cat", "/etc/resolv.conf"]).stdout == ""
        assert ping(client, "files.example")
        with pytest.raises(NetnsError, match=r"files\.example"):
            server.run(["ping", "-c1", "files.example"])
    assert socket.gethostname() not in {"client", "server", "demo"}


def test_shared_memory_is_a_sandboxs_own_and_ends_with_it(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        client, server = two_hosts(sandbox)
        mark = Path(f"/dev/shm/mark-{os.getpid()}")
        client.run(["sh", "-c", f"echo one of our pids >{mark}"])
        assert server.run(["cat", str(mark)]).stdout == "one of our pids\n"
        assert not mark.exists()


def test_two_sandboxes_of_equal_contents_at_once(tmp_path):
    with Sandbox.create("one", tmp_path) as one, Sandbox.create("two", tmp_path) as two:
        client, _ = two_hosts(one)
        twin, _ = two_hosts(two)
        assert Sandbox.list(tmp_path) == ["one", "two"]
        client.start("mark", [*PYTHON, "input()"])
        assert twin.processes() == {}
        one.destroy()
        assert ping(twin, "192.0.2.2")
        assert Sandbox.list(tmp_path) == ["two"]


def test_a_second_one_of_the_name_is_refused(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        with pytest.raises(NetnsError, match="demo is up already"):
            Sandbox.create("demo", tmp_path)
        assert sandbox.alive


OTHER = """
import sys
from pathlib import Path
from netns import Sandbox
sandbox = Sandbox.{make}("demo", Path(sys.argv[1]))
{then}
"""


def elsewhere(tmp_path, make: str, *then: str) -> str:
    """Do something with the sandbox in another process, to its end."""
    code = OTHER.format(make=make, then="\n".join(then))
    command = [sys.executable, "-c", code, str(tmp_path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_one_that_persists_outlives_its_maker_and_is_found_by_name(tmp_path):
    elsewhere(
        tmp_path,
        "create",
        "sandbox.add_node('client').start('sleeper', ['sleep', '1000'])",
        "sandbox.save({'topology': 'three-lans'})",
        "sandbox.persist()",
    )
    with Sandbox.open("demo", tmp_path) as sandbox:
        assert sandbox.state == {"topology": "three-lans"}
        assert sandbox.node("client").processes()["sleeper"].alive
        two_names = elsewhere(tmp_path, "open", "print(*sandbox.nodes(), sandbox.rootless)")
        assert two_names == f"client {sandbox.rootless}\n"
    with pytest.raises(NetnsError, match="no sandbox demo is up"):
        Sandbox.open("demo", tmp_path)


def test_one_that_does_not_persist_ends_with_its_maker(tmp_path):
    pid = int(elsewhere(tmp_path, "create", "two = sandbox.add_node('x')", "print(sandbox.pid)"))
    wait_for(lambda: Sandbox.list(tmp_path) == [], 10, "the sandbox to end")
    with Sandbox.create("demo", tmp_path) as again:  # in the place of the dead one
        assert again.pid != pid


def test_mistakes_are_told_in_one_line(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        client, _ = two_hosts(sandbox)
        with pytest.raises(NetnsError, match="there is a node client already"):
            sandbox.add_node("client")
        with pytest.raises(NetnsError, match="no node clint"):
            sandbox.node("clint")
        with pytest.raises(NetnsError, match="client has a link eth0 already"):
            sandbox.add_segment("wan", [(client, "eth0")])
        with pytest.raises(NetnsError, match="no link eth7, only eth0, lo"):
            client.add_address("eth7", "192.0.2.9/24")
        with pytest.raises(NetnsError, match="add route client default"):
            client.add_route("default", via="198.51.100.1")
        with pytest.raises(NetnsError, match="add route client nowhere unicast: 'nowhere' does"):
            client.add_route("nowhere")
        with pytest.raises(NetnsError, match="add route client default round: round"):
            client.add_route("default", kind="round")
        with pytest.raises(NetnsError, match="is no name for a node"):
            sandbox.add_node("a/b")
        assert ping(client, "192.0.2.2")
