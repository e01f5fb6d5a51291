"""Every example of docs/dissect.md, as it stands there, in a lab as it says."""

from __future__ import annotations

import doctest
import re

import pytest

from tests.structure.tree import ROOT

DOCUMENT = ROOT / "docs/dissect.md"
BLOCK = re.compile(r"^```pycon\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.tun
@pytest.mark.topology("three-lans", "tls-crypt", "client:key-log=keys.log")
def test_every_example_of_the_document(lab, tmp_path, monkeypatch):
    text = DOCUMENT.read_text(encoding="utf-8")
    assert "lab up --set tls-crypt --set client:key-log=keys.log\n" in text
    examples = "".join(BLOCK.findall(text)).replace("three-lans", lab.name)
    monkeypatch.chdir(tmp_path)
    parsed = doctest.DocTestParser().get_doctest(examples, {}, DOCUMENT.name, str(DOCUMENT), 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(parsed, out=said.append)
    assert (result.failed, "".join(said)) == (0, "")
    assert result.attempted == len(parsed.examples) > 20
