"""The workflows: pinned actions, no permission that is not needed, no time without end, no text of others in a command."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
READ = {"contents": "read"}
MORE = {  # the jobs that may do more than read the repository
    ("ci.yml", "publish"): {"pages": "write", "id-token": "write"},
    ("release.yml", "publish"): {"contents": "write", "id-token": "write", "attestations": "write"},
}
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def steps(text):
    for name, job in yaml.safe_load(text)["jobs"].items():
        for step in job.get("steps", []):
            yield name, step


def unpinned(name, text):
    """Yield the actions that are not pinned to a commit with its version beside it."""
    for line in re.findall(r"^\s*(?:- )?uses:\s*(.*)$", text, re.M):
        if not re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line):
            yield f"{line}: expected owner/action@40 hexadecimal digits # v1.2.3"


def permissive(name, text):
    """Yield the permissions beyond what the table allows."""
    workflow = yaml.safe_load(text)
    if workflow.get("permissions") not in ({}, READ):
        yield f"permissions: {workflow.get('permissions')}: expected none, or contents: read"
    for job, settings in workflow["jobs"].items():
        given = settings.get("permissions", READ)
        if given not in ({}, READ, MORE.get((name, job))):
            yield f"{job}: {given}: not in the table of who may do more"


def careless(name, text):
    """Yield checkouts that leave a token behind, jobs without an end, and commands into which a text of others is pasted."""
    for job, settings in yaml.safe_load(text)["jobs"].items():
        if not isinstance(settings.get("timeout-minutes"), int):
            yield f"{job}: no timeout-minutes"
    for job, step in steps(text):
        if "actions/checkout" in step.get("uses", "") and step.get("with", {}).get("persist-credentials") is not False:
            yield f"{job}: checkout without persist-credentials: false"
        if "${{" in step.get("run", ""):
            yield f"{job}: an expression within a command; hand it over in env"


def unknown(name, text):
    """Yield the commands that call a target which the Makefile does not have, or a file which is not there."""
    for job, step in steps(text):
        for goals in re.findall(r"^(?:\w+=\S+ )*make ([^#\n]*)", step.get("run", ""), re.M):
            yield from (f"{job}: make {goal}" for goal in goals.split() if "=" not in goal and goal not in TARGETS)
        for file in re.findall(r"(?:^|\s)((?:tools|\.ci)/[\w./-]+)", step.get("run", "")):
            if not (ROOT / file).is_file():
                yield f"{job}: {file}"


RULES = [unpinned, permissive, careless, unknown]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow(name, rule):
    assert list(rule(name, WORKFLOWS[name])) == []


def test_the_workflows_are_found():
    assert {"ci.yml", "release.yml", "audit.yml", "newest.yml"} <= set(WORKFLOWS)
    assert all(job in yaml.safe_load(WORKFLOWS[name])["jobs"] for name, job in MORE)


def test_one_version_of_each_action():
    pins = {re.sub(r"^.*uses:\s*", "", line) for text in WORKFLOWS.values() for line in re.findall(r".*uses:.*", text)}
    names = [pin.partition("@")[0] for pin in pins]
    assert len(names) == len(set(names)), sorted(pins)


CHECKOUT = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2"
GOOD = f"""
name: ci
on: push
permissions:
  contents: read
jobs:
  publish:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    permissions:
      pages: write
      id-token: write
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - run: make test
"""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_passes(rule):
    assert list(rule("ci.yml", GOOD)) == []


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (unpinned, CHECKOUT, "actions/checkout@v6"),
        (unpinned, CHECKOUT, CHECKOUT.partition(" #")[0]),
        (unpinned, "83dd #", "83d #"),
        (permissive, "permissions:\n  contents: read\n", ""),
        (permissive, "permissions:\n  contents: read", "permissions: write-all"),
        (permissive, "pages: write", "contents: write"),
        (permissive, "  publish:", "  test:"),
        (careless, "    timeout-minutes: 5\n", ""),
        (careless, "persist-credentials: false", "persist-credentials: true"),
        (careless, "        with:\n          persist-credentials: false\n", ""),
        (careless, "make test", "echo ${{ github.event.pull_request.title }}"),
        (unknown, "make test", "make tests"),
        (unknown, "make test", "python tools/no.py"),
    ],
)
def test_rule_refuses(rule, old, new):
    assert old in GOOD
    assert list(rule("ci.yml", GOOD.replace(old, new)))


def zizmor(path):
    command = [Path(sys.executable).with_name("zizmor"), "--offline", "--no-progress", "--quiet", path]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def test_the_linter_of_workflows_finds_nothing():
    done = zizmor(ROOT / ".github")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_of_workflows_bites(tmp_path):
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    bad = GOOD.replace("make test", "echo ${{ github.event.pull_request.title }}").replace(
        "on: push", "on: pull_request_target"
    )
    (folder / "ci.yml").write_text(bad, encoding="utf-8")
    done = zizmor(folder.parent)
    assert done.returncode != 0 and "template-injection" in done.stdout and "dangerous-triggers" in done.stdout, done.stdout
