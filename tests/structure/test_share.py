"""share/ says what the programs say: manual pages that read well, completion that completes."""

from __future__ import annotations

import subprocess
from shlex import join

import pytest

from scripts.share import completion
from scripts.share.__main__ import SHARE, contents
from tests.structure.tree import assert_none

BASH = """
source {file}
COMP_WORDS=({words}) COMP_CWORD={last}
{function}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
# compadd and _files exist while zsh completes, at a terminal, and nowhere else.
ZSH = """
compadd() {{ shift; print -l -- ${{(M)@:#$words[CURRENT]*}} }}
_files() {{ print a-file }}
words=({words}) CURRENT={last}+1
complete() {{ source {file} }}
complete
"""
FISH = "source {file}; complete -C {line} | string split -f 1 \\t"


def said(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False)
    assert done.stderr == ""
    return done.stdout


def test_it_is_as_the_programs_are():
    there = {
        path.relative_to(SHARE).as_posix(): path for path in SHARE.rglob("*") if path.is_file()
    }
    assert sorted(there) == sorted(contents()), "run `make docs`"
    differing = [name for name, text in contents().items() if there[name].read_text() != text]
    assert_none([f"share/{name}: run `make docs`" for name in differing])


@pytest.mark.program("mandoc")
@pytest.mark.parametrize("page", ["man8/vpn.8", "man8/vpn-pki.8", "man1/lab.1"])
def test_a_manual_page_is_well_formed(page):
    lines = said(["mandoc", "-T", "lint", "-W", "warning", str(SHARE / "man" / page)]).splitlines()
    assert_none([line for line in lines if "missing date" not in line])  # it would be out of date


@pytest.mark.parametrize(
    "shell", [pytest.param(one, marks=pytest.mark.program(one)) for one in ("bash", "zsh", "fish")]
)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lab sc", "scenario"),
        ("lab scenario ", "list run"),
        ("lab -h scenario run pushed-", "pushed-dns pushed-route"),
        ("lab up --cl", "--client --clock"),
        ("lab up --client ", "openvpn ours"),
        ("lab up --client ours two", "two-clients two-servers"),
        ("vpn --dev-t", "--dev-type"),
        ("vpn --proto-force ", "tcp udp"),
        ("vpn-pki rev", "revoke"),
        ("vpn-pki export alice --wrap tls-a", "tls-auth"),
    ],
)
def test_completion_offers(shell, line, offered):
    words = line.split(" ")
    program = words[0]
    path = {"bash": "bash-completion/completions/{}", "zsh": "zsh/site-functions/_{}"}.get(
        shell, "fish/vendor_completions.d/{}.fish"
    )
    text = {"bash": BASH, "zsh": ZSH, "fish": FISH}[shell].format(
        file=SHARE / path.format(program),
        words=join(words),
        last=len(words) - 1,
        function=completion.function(program),
        line=join([line]),
    )
    argv = {"bash": ["bash", "--norc"], "zsh": ["zsh", "-f"], "fish": ["fish", "--no-config"]}[
        shell
    ]
    assert sorted(said([*argv, "-c", text]).split()) == offered.split()


@pytest.mark.program("zsh")
def test_where_nothing_is_known_there_are_files():
    text = ZSH.format(words="vpn ''", last=1, file=SHARE / "zsh/site-functions/_vpn")
    assert said(["zsh", "-f", "-c", text]) == "a-file\n"
