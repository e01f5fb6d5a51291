"""HTTP, FTP in both modes, and DNS over UDP and TCP: through the tunnel, by one open port.

The programs are labs.services.ftp and labs.services.dns.
"""

from __future__ import annotations

import os
import sys

import pytest

from labs import topologies
from labs.bringup import new_lab
from labs.settings import Settings

pytestmark = [pytest.mark.tun, pytest.mark.program("curl")]

FTP = """
import ftplib, sys
with ftplib.FTP("10.20.0.10", timeout=5) as ftp:
    ftp.login()
    ftp.set_pasv(sys.argv[1] == "passive")
    print(ftp.nlst())
    ftp.retrlines("RETR index.html")
"""
DNS = """
import sys
from dnslib import DNSRecord
question = DNSRecord.question(sys.argv[2])
reply = question.send(sys.argv[1], 53, tcp=sys.argv[3] == "tcp", timeout=5)
print(DNSRecord.parse(reply).short())
"""


@pytest.fixture(scope="module")
def lab():
    found = new_lab(f"services-{os.getpid()}", topologies.find("three-lans"), Settings.of())
    yield found
    found.down()


def python(lab, node, program, *words):
    return lab.run(node, [sys.executable, "-c", program, *words]).stdout


def test_pages_come_over_http(lab):
    page = lab.run("client", ["curl", "-sS", "-m5", "http://files/"]).stdout
    assert "You have reached files" in page


@pytest.mark.parametrize("mode", ["passive", "active"])
def test_files_come_over_ftp(lab, mode):
    said = python(lab, "client", FTP, mode)
    assert said.startswith("['index.html']")
    assert "You have reached files" in said


@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_names_come_over_dns(lab, proto):
    assert python(lab, "client", DNS, "10.20.0.10", "files.lab.example", proto) == "10.20.0.10\n"


def test_pushed_name_server_answers_programs(lab):
    lab["client"].resolv_conf_path.write_text("nameserver 10.20.0.10\nsearch lab.example\n")
    lab["client"].hosts_path.write_text("127.0.0.1 localhost\n")
    assert lab.run("client", ["getent", "hosts", "files"]).stdout.split()[0] == "10.20.0.10"


def test_nothing_of_it_is_reached_without_the_tunnel(lab):
    with pytest.raises(Exception, match=r"unreachable|timed out|No route"):
        python(lab, "laptop", FTP, "passive")
