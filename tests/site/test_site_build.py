"""What must fail the build, and what it makes of pictures and formulas: the Makefile's command is run on a book of one page."""

import base64
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import built
import yaml
from test_site_static import without_partner

from optlib.plotting import DARK

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


FORMULAS = """---
description: A page with two formulas, of which one ends a sentence, and a share.
---
# A page

Take *one*. Then $x$. Then *two*, $y$, and 5 % of it.
"""
PAGE = """---
description: A page with two pictures, of lines and of pixels, and nothing else.
---
# A page

![A line](line.svg)

![A dot](dot.png)
"""
LINE = '<svg xmlns="http://www.w3.org/2000/svg" width="40pt" height="20pt"><path d="M0 9h40" stroke="#1f2430"/></svg>'
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # codespell:ignore


def build(folder, name, text):
    """Build a book of one page in a folder; return (whether that succeeded, what was printed, its warnings)."""
    for part in ("_ext", "_assets"):
        (folder / part).symlink_to(built.ROOT / part)
    config = yaml.safe_load((built.ROOT / "_config.yml").read_text(encoding="utf-8"))
    (folder / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: page\n", encoding="utf-8")
    shutil.copy(built.ROOT / "references.bib", folder)
    (folder / name).write_text(text, encoding="utf-8")
    program = Path(sys.executable).with_name("jupyter-book")
    assert program.exists(), f"{program} is missing"
    path = os.pathsep.join([str(built.ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [program, *command()], cwd=folder, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    output = re.sub(r"\x1b\[[\d;]*m", "", done.stdout + done.stderr)
    return (
        done.returncode == 0,
        output,
        [line for line in output.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL):", line)],
    )


def test_a_raising_notebook_fails_the_build(tmp_path):
    assert "-W" in command(), "without -W the build of a raising notebook succeeds"
    succeeded, output, warnings = build(tmp_path, "page.ipynb", NOTEBOOK)
    assert not succeeded, output[-3000:]
    report = tmp_path / "_build/html/reports/page.err.log"
    assert "ZeroDivisionError" in report.read_text(encoding="utf-8"), output[-3000:]
    others = [line for line in warnings if "mystnb.exec" not in line]
    assert not others, f"the build fails for another reason too: {others}"


def test_pictures_of_a_page_get_dark_partners(tmp_path):
    """One of lines gets its partner, in the dark palette; one of pixels can have none, and the build says so."""
    (tmp_path / "line.svg").write_text(LINE, encoding="utf-8")
    (tmp_path / "dot.png").write_bytes(base64.b64decode(DOT))
    succeeded, output, warnings = build(tmp_path, "page.md", PAGE)
    assert not succeeded and len(warnings) == 1 and "no dark partner" in warnings[0], output[-3000:]
    dark = (tmp_path / "_build/html/_images/line-dark.svg").read_text(encoding="utf-8")
    assert dark == LINE.replace("#1f2430", DARK["#1f2430"])
    text = (tmp_path / "_build/html/page.html").read_text(encoding="utf-8")
    assert without_partner(text) == ["_images/dot.png"]


def test_formulas_of_a_page_keep_their_stops(tmp_path):
    """The full stop and the comma behind a formula stay on its line; those that stand elsewhere stay there."""
    succeeded, output, _ = build(tmp_path, "page.md", FORMULAS)
    assert succeeded, output[-3000:]
    text = (tmp_path / "_build/html/page.html").read_text(encoding="utf-8")
    line = re.search(r"<p>Take.*?</p>", text, re.S)[0]
    line = re.sub(r'<span class="together"><span class="math">.*?</span>([.,])</span>', r"[formula\1]", line)
    assert line == "<p>Take <em>one</em>. Then [formula.] Then <em>two</em>, [formula,] and 5\N{NO-BREAK SPACE}% of it.</p>"
