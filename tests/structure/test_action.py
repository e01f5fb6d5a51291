"""action.yml: its shell is shell, its inputs are used, its outputs are made; and docs/ci.md."""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from labs import topologies
from tests.structure.tree import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = ACTION["runs"]["steps"]
FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["name"])
def test_a_step_is_shell_and_takes_values_from_its_environment_alone(step):
    checked = subprocess.run(["bash", "-n"], input=step["run"], text=True, check=False)
    assert checked.returncode == 0
    assert "${{" not in step["run"]  # it would be part of the program, whatever it says
    assert step["shell"] == "bash"


def test_every_input_is_there_and_used():
    used = re.findall(r"\binputs\.(\w+)", repr(STEPS))
    assert set(used) == set(ACTION["inputs"])
    assert all(one["description"] and "default" in one for one in ACTION["inputs"].values())
    assert ACTION["inputs"]["topology"]["default"] == topologies.DEFAULT


def test_every_output_is_made_by_its_step():
    made = {step["id"]: step["run"] for step in STEPS if "id" in step}
    for output in ACTION["outputs"].values():
        step, name = re.fullmatch(
            r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", output["value"]
        ).groups()
        assert f'"{name}=' in made[step]


def test_the_workflows_of_the_document_give_what_it_takes():
    workflows = [yaml.safe_load(text) for text in FENCE.findall((ROOT / "docs/ci.md").read_text())]
    steps = [step for one in workflows for job in one["jobs"].values() for step in job["steps"]]
    given = [step["with"] for step in steps if "vpnlab@" in step.get("uses", "")]
    assert len(given) >= 2
    assert all(set(one) <= set(ACTION["inputs"]) for one in given)
    read = set(re.findall(r"outputs\.(\w+)", repr(steps)))
    assert read <= set(ACTION["outputs"])
