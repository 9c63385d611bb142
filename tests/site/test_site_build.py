"""A notebook that raises must fail the build: the command of the Makefile is run on a book of one page."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import built
import yaml

NOTEBOOK = """{"cells": [
 {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# A page\\n\\nIts cell raises."},
 {"cell_type": "code", "id": "b", "metadata": {}, "execution_count": null, "outputs": [], "source": "1 / 0"}],
 "metadata": {"description": "A page whose only cell raises.",
              "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
 "nbformat": 4, "nbformat_minor": 5}"""


def command():
    """Return the arguments with which the Makefile builds the book."""
    makefile = (built.ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"jupyter-book (build .*?)(?:\s*\|\||\s*$)", makefile, re.M)
    assert len(found) == 1, f"jupyter-book is called {len(found)} times in the Makefile"
    return found[0].split()


def test_a_raising_notebook_fails_the_build(tmp_path):
    assert "-W" in command(), "without -W the build of a raising notebook succeeds"
    for name in ("_ext", "_assets"):
        (tmp_path / name).symlink_to(built.ROOT / name)
    config = yaml.safe_load((built.ROOT / "_config.yml").read_text(encoding="utf-8"))
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: page\n", encoding="utf-8")
    shutil.copy(built.ROOT / "references.bib", tmp_path)
    (tmp_path / "page.ipynb").write_text(NOTEBOOK, encoding="utf-8")
    program = Path(sys.executable).with_name("jupyter-book")
    assert program.exists(), f"{program} is missing"
    path = os.pathsep.join([str(built.ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [program, *command()], cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    output = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    assert done.returncode != 0, output[-3000:]
    report = tmp_path / "_build/html/reports/page.err.log"
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8"), output[-3000:]
    warnings = [line for line in output.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL):", line)]
    others = [line for line in warnings if "mystnb.exec" not in line]
    assert not others, f"the build fails for another reason too: {others}"
