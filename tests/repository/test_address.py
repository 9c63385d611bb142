"""`make address` in a copy of the repository: no trace of the old addresses is left, and what is refused is explained."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import address

ROOT = Path(__file__).parents[2]
# In two pieces, since this file too is rewritten in the copy, and back.
NEW = address.Address("lovelace/engines", "https://" + "lectures.example.org/engines/", "trunk")


def make(root, **variables):
    command = ["make", "--silent", "address", f"PYTHON={sys.executable}", *(f"{k}={v}" for k, v in variables.items())]
    settings = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "REPOSITORY", "SITE", "BRANCH"}}
    return subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", env=settings)


def of(where):
    return {"REPOSITORY": f"{address.GITHUB}{where.repository}", "SITE": where.site, "BRANCH": where.branch}


def traces(files, old):
    words = [old.repository.lower().encode(), old.site.removesuffix("/").lower().encode()]
    return [f"{name}: {word.decode()}" for name, data in files.items() for word in words if word in data.lower()]


def test_a_fork_changes_its_addresses_everywhere(fork, contents):
    old, before = address.read((ROOT / "_config.yml").read_text(encoding="utf-8")), contents(fork)
    assert traces(contents(fork), old), "the copy has no address to replace"
    done = make(fork, **of(NEW))
    assert done.returncode == 0, done.stderr
    assert traces(contents(fork), old) == []
    assert address.read((fork / "_config.yml").read_text(encoding="utf-8")) == NEW
    workflows = [path.read_text(encoding="utf-8") for path in (fork / ".github" / "workflows").glob("*.yml")]
    assert not any(f"[{old.branch}]" in text or f"refs/heads/{old.branch}" in text for text in workflows)
    # There the checks of every copy hold, and the notebooks are in the form in which they are committed.
    for command in (
        ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/repository/test_texts.py"],
        ["tools/clean_notebooks.py", "--check"],
    ):
        done = subprocess.run([sys.executable, *command], cwd=fork, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
    # Nothing else was touched: the way back gives the same files.
    done = make(fork, **of(old))
    assert done.returncode == 0, done.stderr
    assert contents(fork) == before


def test_a_copy_that_was_left_behind_is_seen(fork, contents):
    old, left = address.read((ROOT / "_config.yml").read_text(encoding="utf-8")), ("README.md", "CITATION.cff")
    make(fork, **of(NEW))
    for name in left:
        shutil.copy(ROOT / name, fork / name)
    found = traces(contents(fork), old)
    command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/repository/test_texts.py"]
    done = subprocess.run([sys.executable, *command], cwd=fork, capture_output=True, encoding="utf-8")
    make(fork, **of(old))
    assert {trace.partition(":")[0] for trace in found} == set(left)
    assert done.returncode == 1, done.stdout
    assert "test_the_readme_names_the_site" in done.stdout and "test_the_citation_names_both" in done.stdout, done.stdout


def test_without_addresses_it_says_which_stand(fork, contents):
    before = contents(fork)
    done = make(fork)
    here = address.read((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert done.returncode == 0 and here.repository in done.stdout and here.site in done.stdout and "REPOSITORY=" in done.stdout
    assert contents(fork) == before


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("REPOSITORY", "http://github.com/grace/course", "Try REPOSITORY=https://github.com/grace/course"),
        ("REPOSITORY", "https://github.com/grace/course.git", "Try REPOSITORY=https://github.com/grace/course"),
        ("REPOSITORY", "https://github.com/grace/course/", "Try REPOSITORY=https://github.com/grace/course"),
        ("REPOSITORY", "git@github.com:grace/course.git", "expected https://github.com/owner/name"),
        ("REPOSITORY", "https://gitlab.com/grace/course", "GitHub alone"),
        ("REPOSITORY", "grace/course", "expected https://github.com/owner/name"),
        ("SITE", "http://grace.github.io/course/", "Try SITE=https://grace.github.io/course/"),
        ("SITE", "https://grace.github.io/course", "Try SITE=https://grace.github.io/course/"),
        ("SITE", "https://Grace.github.io/course/", "Try SITE=https://grace.github.io/course/"),
        ("SITE", "https://grace.github.io/course/index.html?x=1", "expected https://host/"),
        ("SITE", "course", "expected https://host/"),
        ("BRANCH", "my branch", "without slashes or spaces"),
        ("BRANCH", "--help", "without slashes or spaces"),
    ],
)
def test_what_is_refused_is_explained(fork, contents, variable, value, expected):
    before = contents(fork)
    done = make(fork, **(of(NEW) | {variable: value}))
    assert done.returncode != 0
    assert f"{variable}={value!r}" in done.stderr and expected in done.stderr, done.stderr
    assert contents(fork) == before, "something was changed although an address was refused"


HERE = address.Address("ada/book", "https://ada.github.io/book/", "main")
THERE = address.Address("grace/hopper-course", "https://teaching.example.org/optimizers/", "trunk")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("See https://github.com/ada/book.", "See https://github.com/grace/hopper-course."),
        ("git@github.com:ada/book.git", "git@github.com:grace/hopper-course.git"),
        ('"git+https://github.com/ada/book@main"', '"git+https://github.com/grace/hopper-course@trunk"'),
        ('"git+https://github.com/ada/book@v1.0.0"', '"git+https://github.com/grace/hopper-course@v1.0.0"'),
        ("https://github.com/ada/book/blob/main/a.md", "https://github.com/grace/hopper-course/blob/trunk/a.md"),
        ("https://mybinder.org/v2/gh/ada/book/main?x", "https://mybinder.org/v2/gh/grace/hopper-course/trunk?x"),
        ("(https://ada.github.io/book/a.html)", "(https://teaching.example.org/optimizers/a.html)"),
        ("<https://ada.github.io/book>", "<https://teaching.example.org/optimizers>"),
        # Not ours, though it begins alike
        ("https://github.com/ada/book-two", "https://github.com/ada/book-two"),
        ("https://github.com/canada/book", "https://github.com/canada/book"),
        ("https://ada.github.io/bookkeeping/", "https://ada.github.io/bookkeeping/"),
        ("the file ada/book and the branch main", "the file ada/book and the branch main"),
        ("https://github.com/ada/book/blob/mainly/a.md", "https://github.com/grace/hopper-course/blob/mainly/a.md"),
    ],
)
def test_addresses_are_replaced_whole(before, after):
    assert address.rewritten("README.md", before, HERE, THERE) == after


def test_config_in_another_form_is_refused():
    with pytest.raises(address.Refused, match="gives no site"):
        address.read("repository:\n  url: https://github.com/ada/book\n  branch: main\nhtml:\n  baseurl: http://ada.example/\n")
