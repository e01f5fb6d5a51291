"""Words, quotes, comments, blocks: the answers that the stock program's parser gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.config.arguments import line, quoted
from vpn.config.lexer import Directive, lex, lex_arguments, split
from vpn.errors import ConfigError

KNOWN = [
    ("""--some-opt 'first parm' "second' 'parm\"""", ["--some-opt", "first parm", "second' 'parm"]),
    (r'"a\" \"b"', ['a" "b']),
    (r"C:\\d\\f", [r"C:\d\f"]),
    ("firstparm; second#parm", ["firstparm;", "second#parm"]),
    ("word # comment", ["word"]),
    ("word ;comment", ["word"]),
    ("# comment", []),
    ("   ", []),
    ('empty ""', ["empty", ""]),
    ('"#" ";"', ["#", ";"]),
    ("'raw \\ back'", ["raw \\ back"]),
    (r"a\ b", ["a b"]),
    ("tab\tand\vfeed\f.", ["tab", "and", "feed", "."]),
    ('a"b c', ['a"b', "c"]),
    ("x" * 256, ["x" * 256]),
]


@pytest.mark.parametrize(("text", "words"), KNOWN)
def test_words_are_split_as_the_reference_does(text, words):
    assert split(text) == words


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('"open', "closing quotation"),
        ("'open", "closing quotation"),
        ("word \"open 'x'", "closing quotation"),
        (r"C:\dir", "backslash"),
        ("end \\", "backslash"),
        ("x" * 257, "257 characters"),
        (" ".join("x" * 17), "17 words"),
    ],
)
def test_a_line_that_can_not_be_split_is_an_error(text, problem):
    with pytest.raises(ValueError, match=problem):
        split(text)


@given(st.lists(st.text(st.characters(exclude_characters="\0"), max_size=30), max_size=16))
def test_a_quoted_line_gives_its_words_back(words):
    assert split(line(tuple(words))) == words


@given(st.text(max_size=60))
def test_any_line_is_split_or_refused(text):
    try:
        words = split(text)
    except ValueError:
        return
    assert all(word == split(quoted(word))[0] for word in words)


def test_a_file_gives_directives_with_their_places():
    found = lex("client\n\n# no\n--remote vpn.example 1194 udp\r\n", "client.ovpn")
    assert found == [
        Directive("client", (), "client.ovpn", 1),
        Directive("remote", ("vpn.example", "1194", "udp"), "client.ovpn", 4),
    ]


def test_a_block_keeps_its_lines_and_may_be_long():
    block = "first\n  # kept \n" + "x" * 1000 + "\n"
    [ca, verb] = lex(f"<ca>\n{block}  </ca>\nverb 3", "a")
    assert ca == Directive("ca", (), "a", 1, block.encode(), inline=True)
    assert (verb.name, verb.line) == ("verb", 6)


def test_a_block_from_another_system_loses_its_carriage_returns():
    [ca] = lex("<ca>\r\none\r\n</ca>\r\n", "a")
    assert ca.content == b"one\n"


def test_a_byte_order_mark_is_no_part_of_the_first_word():
    assert lex("\ufeffclient\n", "a")[0].name == "client"


def test_a_block_without_an_end_names_its_first_line():
    with pytest.raises(ConfigError, match=r"a:2: ca: the block never ends: no line </ca>"):
        lex("client\n<ca>\nx\n", "a")


def test_a_bad_line_names_its_place():
    with pytest.raises(ConfigError, match=r'^a:2: no closing quotation \("\)$'):
        lex('client\nremote "x\n', "a")


def test_a_command_line_has_the_same_syntax():
    found = lex_arguments(["--remote", "h", "1194", "--dev", "tun", "--client"])
    assert [(one.name, one.args) for one in found] == [
        ("remote", ("h", "1194")),
        ("dev", ("tun",)),
        ("client", ()),
    ]
    assert str(found[0]) == "command line: remote"


def test_a_lone_word_in_front_is_a_configuration():
    assert [(one.name, one.args) for one in lex_arguments(["a.ovpn", "--verb", "4"])] == [
        ("config", ("a.ovpn",)),
        ("verb", ("4",)),
    ]
