"""Addresses, names and error lines of links."""

from __future__ import annotations

import errno
import logging
import socket

import pytest

from vpn.config.options import LinkOptions
from vpn.errors import SystemFailure
from vpn.events import Address
from vpn.system import link


@pytest.mark.parametrize(
    ("source", "address"),
    [
        (("192.0.2.1", 1194), Address("192.0.2.1", 1194)),
        (("2001:db8::1", 1194, 0, 0), Address("2001:db8::1", 1194)),
        (("fe80::1", 7, 0, 1), Address("fe80::1%1", 7)),
    ],
)
def test_an_address_comes_back_as_it_went(source, address):
    assert link.address_from(source) == address
    assert link.socket_address(address) == source


def test_a_scope_may_be_an_interface_name():
    index = socket.if_nametoindex("lo")
    assert link.socket_address(Address("fe80::1%lo", 7)) == ("fe80::1", 7, 0, index)


def test_names_are_those_of_the_stock_program():
    v4, v6 = socket.AF_INET, socket.AF_INET6
    assert link.link_name(v4, is_tcp=False, is_server=True) == "UDPv4"
    assert link.link_name(v6, is_tcp=True, is_server=False) == "TCPv6_CLIENT"
    assert link.link_name(v4, is_tcp=True, is_server=True) == "TCPv4_SERVER"
    assert link.describe_local(v4, None, 1194) == "[AF_INET][undef]:1194"
    assert link.describe_local(v6, "::1", 0) == "[AF_INET6]::1:0"


@pytest.mark.shows("rcvbuf", "sndbuf")
def test_buffer_sizes_are_set_and_told(caplog):
    caplog.set_level(logging.INFO, "vpn.link")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        link.set_options(sock, LinkOptions(rcvbuf=50_000, sndbuf=40_000))
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == 100_000  # Linux doubles
        assert "->100000] S=[" in caplog.text


@pytest.mark.parametrize(("word", "value"), [("no", 0), ("maybe", 1), ("yes", 2)])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_mtu_disc_is_for_both_protocols_of_a_socket(family, word, value):
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        link.set_options(sock, LinkOptions(mtu_disc=word))
        assert sock.getsockopt(socket.IPPROTO_IP, link.IP_MTU_DISCOVER) == value
        if family == socket.AF_INET6:
            assert sock.getsockopt(socket.IPPROTO_IPV6, link.IPV6_MTU_DISCOVER) == value


@pytest.mark.shows("bind-dev")
def test_bind_dev_takes_an_interface_and_says_if_there_is_none(caplog):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        link.set_options(sock, LinkOptions(bind_dev="lo"))
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)[:2] == b"lo"
        link.set_options(sock, LinkOptions(bind_dev="nowhere0"))
    assert "setsockopt SO_BINDTODEVICE=nowhere0 failed: No such device" in caplog.text


def test_a_tos_is_set_for_both_protocols():
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        link.set_tos(sock, 0xB8)
        assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == 0xB8
        assert sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) == 0xB8


def test_a_busy_address_is_one_clear_line():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
    ):
        first.bind(("127.0.0.1", 0))
        port = first.getsockname()[1]
        with pytest.raises(SystemFailure) as caught:
            link.bind(second, "127.0.0.1", port)
    assert str(caught.value) == (
        f"TCP/UDP: Socket bind failed on local address [AF_INET]127.0.0.1:{port}: "
        "Address already in use (errno=98)"
    )


def test_a_protocol_that_is_not_there_is_one_clear_line():
    with pytest.raises(SystemFailure, match=r"UDP: Cannot create UDP socket: .*not supported"):
        link.new_socket(socket.AF_NETLINK + 200, socket.SOCK_DGRAM)


def test_the_same_error_is_said_once_a_second(caplog):
    errors = link.ErrorLog("UDPv4")
    for _ in range(5):
        errors.note("read", errno.ECONNREFUSED, 3)
    errors.note("write", errno.EMSGSIZE, 3, " Path-MTU=1400")
    assert caplog.messages == [
        "read UDPv4 [ECONNREFUSED]: Connection refused (fd=3,code=111)",
        "write UDPv4 [EMSGSIZE Path-MTU=1400]: Message too long (fd=3,code=90)",
    ]


def test_a_socket_of_udp_has_room_for_trains_unless_told_otherwise():
    for rcvbuf, expected in ((None, 2 * link.RECEIVE_BUFFER), (20_000, 40_000)):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            link.set_options(sock, LinkOptions(rcvbuf=rcvbuf))
            assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == expected
