"""A copy of this repository to try things in."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def listed(root):
    """Return the names of the files that git tracks, or would track."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=True)
    return [name for name in sorted(set(done.stdout.split("\0"))) if name and (root / name).is_file()]


@pytest.fixture(scope="session")
def contents():
    """Return {name: bytes} of the files of a repository."""
    return lambda root: {name: (root / name).read_bytes() for name in listed(root)}


@pytest.fixture
def fork(tmp_path):
    """A repository of its own with the files of this one."""
    for name in listed(ROOT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path
