"""What the mark-up of slides means, and what is said about a wrong one."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "_ext"))
import slide_plan  # noqa: E402
from slide_content import unstyled  # noqa: E402

REVEAL = ROOT / "_assets" / "reveal"


def cell(name, source="text", slide=None, **lecture):
    """Return a cell; code begins with a bracket or a call."""
    metadata = {"slideshow": {"slide_type": slide}} if slide else {}
    kind = "code" if source.endswith(")") else "markdown"
    return {"id": name, "cell_type": kind, "source": [source], "metadata": metadata | ({"lecture": lecture} if lecture else {})}


TITLE = cell("title", "# Title", "slide")
SECTION = cell("section", "## Section\n\n*4 minutes · learn*", "slide")
QUESTION = cell("ask", 'Predict("?", {}, answer="")', "subslide")


def test_sections_slides_and_answers():
    cells = [
        TITLE,
        cell("imports", "import(x)", "skip"),
        SECTION,
        cell("more"),
        QUESTION,
        cell("read"),
        cell("next", "text", "subslide"),
    ]
    assert slide_plan.plan(cells) == [
        [[(0, "slide")]],
        [[(2, "slide"), (3, "-")], [(4, "subslide")], [(None, "-"), (5, "-")], [(6, "subslide")]],
    ]
    assert slide_plan.total(cells) == (4, 5)


def test_a_lecture_may_take_another_time():
    assert slide_plan.total([TITLE, cell("section", SECTION["source"][0], "slide", minutes=7)])[0] == 7


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([cell("a", "# T", "slides")], "'slides'; expected one of slide, subslide"),
        ([cell("a", "# T", "slide", shows=[1])], r"\['shows'\]; expected blocks, minutes, part, show"),
        ([cell("a", "# T", "slide", show="1")], r"lecture.show is '1'; expected numbers from 1 as \[1, 4\], or 'all'"),
        ([cell("a", "# T", "slide", show=[0])], r"lecture.show is \[0\]"),
        ([cell("a", "# T", "slide", part="code")], "markdown cell: .*part"),
        ([TITLE, cell("a", "f(x)", "subslide", part="input")], "'input'; expected one of output, code, both"),
        ([TITLE, cell("a", "f(x)", "subslide", show=[1])], "code cell: .*show"),
        ([TITLE, cell("a", "## S", "subslide")], "begins a section: its slide_type is 'subslide', expected 'slide' or 'skip'"),
        ([TITLE, cell("a", "## S", "skip"), cell("b", "text", "subslide")], "'b' .* first cell of its section is skipped"),
        ([cell("a", "text", "subslide"), TITLE], "before the first slide"),
        ([TITLE, cell("a", 'Predict("?", {}, answer="")', "notes")], "'a' asks a question"),
        ([TITLE, cell("a", "# T", "slide", minutes=-1)], "lecture.minutes is -1"),
    ],
)
def test_a_wrong_mark_is_named(cells, words):
    with pytest.raises(slide_plan.Misplaced, match=words):
        slide_plan.plan(cells)


def test_a_section_without_its_minutes():
    with pytest.raises(slide_plan.Misplaced, match="'a' begins a section on slides without a line .* give lecture.minutes"):
        slide_plan.total([TITLE, cell("a", "## Summary", "slide")])


def test_every_chapter_is_marked_up():
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert slide_plan.has_deck(cells), f"{path.name} has no slides"
        assert slide_plan.slide_type(cells[0]) == "slide", f"{path.name}: the first cell is no slide"
        slide_plan.total(cells)


def test_the_speaker_sees_mathml_alone():
    katex = '<span class="katex"><span class="katex-mathml"><math>x</math></span><span>x</span></span>'
    assert unstyled(f"a {katex} b") == "a <math>x</math> b"
    assert unstyled(f"<span>{katex}</span>, {katex}") == "<span><math>x</math></span>, <math>x</math>"


def test_reveal_is_of_the_version_that_is_locked():
    locked = json.loads((REVEAL / "package-lock.json").read_text(encoding="utf-8"))["packages"]["node_modules/reveal.js"][
        "version"
    ]
    wanted = json.loads((REVEAL / "package.json").read_text(encoding="utf-8"))["devDependencies"]["reveal.js"]
    found = re.findall(r"=`(\d+\.\d+\.\d+)`", (REVEAL / "reveal.js").read_text(encoding="utf-8"))
    assert found == [locked] == [wanted]
    assert "MIT" in (REVEAL / "LICENSE").read_text(encoding="utf-8") or "Permission is hereby granted" in (
        REVEAL / "LICENSE"
    ).read_text(encoding="utf-8")
