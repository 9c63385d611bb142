"""One version: pyproject.toml, CITATION.cff and CHANGES.md agree, and `tools/release.py` moves them together."""

import datetime
import re
import subprocess
import sys

import pytest

import release

PROJECT = '[project]\nname = "optlib"\nversion = "0.2.0"\n'
CITATION = "title: A book\nversion: 0.2.0\ndate-released: 2026-03-01\nurl: https://example.org/\n"
CHANGES = "# Changes\n\n## 0.2.0 (2026-03-01)\n\n* New.\n* Newer.\n\n## 0.1.0 (2026-02-01)\n\n* First.\n"
RELEASED = {"pyproject.toml": PROJECT, "CITATION.cff": CITATION, "CHANGES.md": CHANGES}


def test_the_files_agree():
    assert list(release.disagreements(release.texts())) == []


def test_files_that_agree_pass():
    assert list(release.disagreements(RELEASED)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("pyproject.toml", "0.2.0", "0.3.0", "pyproject.toml says 0.3.0, the newest heading of CHANGES.md 0.2.0"),
        ("CITATION.cff", "version: 0.2.0", "version: 0.1.0", "CITATION.cff 0.1.0"),
        ("CITATION.cff", "version: 0.2.0\n", "", "CITATION.cff None"),
        ("CITATION.cff", "2026-03-01", "2026-03-02", "CITATION.cff 2026-03-02"),
        ("CITATION.cff", "date-released: 2026-03-01\n", "", "CITATION.cff not yet"),
        ("CHANGES.md", "(2026-03-01)", "(not yet released)", "was released not yet, CITATION.cff 2026-03-01"),
        ("CHANGES.md", "(2026-02-01)", "(not yet released)", "0.1.0 is not yet released, and 0.2.0 stands above it"),
        ("CHANGES.md", "(2026-02-01)", "(2026-04-01)", "0.1.0 (2026-04-01) stands below 0.2.0 (2026-03-01)"),
        ("CHANGES.md", "## 0.1.0", "## 0.2.0", "0.2.0 (2026-02-01) stands below 0.2.0"),
    ],
)
def test_a_disagreement_is_seen(name, old, new, expected):
    assert old in RELEASED[name]
    assert any(expected in each for each in release.disagreements(RELEASED | {name: RELEASED[name].replace(old, new)}))


@pytest.mark.parametrize("heading", ["Unreleased", "0.2.0", "v0.2.0 (2026-03-01)", "0.2.0 (March)"])
def test_a_heading_of_another_form_is_refused(heading):
    with pytest.raises(release.Refused, match="is not of the form"):
        release.sections(f"# Changes\n\n## {heading}\n")


def run(root, *arguments):
    command = [sys.executable, "tools/release.py", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8")


@pytest.fixture
def copy(fork):
    """A copy of this repository, in which a version is being prepared."""
    text = (fork / "CHANGES.md").read_text(encoding="utf-8")
    assert release.sections(text)[0].date is None or not run(fork, "open", "1000.0.0").returncode
    text = (fork / "CHANGES.md").read_text(encoding="utf-8")
    heading = release.HEADING.search(text)[0]
    (fork / "CHANGES.md").write_text(text.replace(heading, f"{heading}\n\n* A line.", 1), encoding="utf-8")
    return fork


def test_a_release_from_first_to_last(copy):
    done = run(copy, "notes", "v1000.1.0")
    assert done.returncode == 1 and "expected the tag v" in done.stderr
    done = run(copy, "prepare", "1000.1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    commands = re.findall(r"^  git (commit|tag) ", done.stdout, re.M)
    assert commands == ["commit", "tag"] and "v1000.1.0" in done.stdout
    files = {name: (copy / name).read_text(encoding="utf-8") for name in release.FILES}
    assert list(release.disagreements(files)) == []
    newest = release.sections(files["CHANGES.md"])[0]
    days = (datetime.date.today() - datetime.date.fromisoformat(newest.date)).days
    assert newest.version == "1000.1.0" and days in (0, 1), newest
    done = run(copy, "notes", "v1000.1.0")
    assert done.returncode == 0 and done.stdout.startswith("* A line.\n") and "##" not in done.stdout
    # The notebooks are of this version, and in the form in which they are committed.
    done = subprocess.run(
        [sys.executable, "tools/clean_notebooks.py", "--check"], cwd=copy, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr

    assert "Open the next version first" in run(copy, "prepare", "1000.2.0").stderr
    assert "expected a version above 1000.1.0" in run(copy, "open", "1000.1.0").stderr
    done = run(copy, "open", "1000.2.0")
    assert done.returncode == 0, done.stderr
    files = {name: (copy / name).read_text(encoding="utf-8") for name in release.FILES}
    assert list(release.disagreements(files)) == [] and release.sections(files["CHANGES.md"])[0].date is None
    assert "release it first" in run(copy, "open", "1000.3.0").stderr
    assert "says nothing below" in run(copy, "prepare", "1000.2.0").stderr
    done = run(copy, "notes", "v1000.2.0")
    assert done.returncode == 1 and "not yet released" in done.stderr


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0rc1", "01.0.0", ""])
def test_a_version_of_another_form_is_refused(copy, version):
    before = {name: (copy / name).read_text(encoding="utf-8") for name in release.FILES}
    done = run(copy, "prepare", version)
    assert done.returncode == 1 and f"VERSION={version!r}: expected three numbers" in done.stderr
    assert {name: (copy / name).read_text(encoding="utf-8") for name in release.FILES} == before
