"""What other pages collect from the chapters: every claim with what its experiment printed, every exercise, every question."""

import html
import json
import re
from pathlib import Path

import built
import pytest

CHAPTERS = sorted((built.ROOT / "chapters").glob("*.ipynb"))
CLAIM = re.compile(r"^:::\{admonition\} .+\n:class: claim\n:name: (\S+)$", re.M)


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def printed(cell):
    return "".join("".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in cell["outputs"])


def squeezed(text):
    return " ".join(text.split())


def claims(path):
    """Yield (anchor, what its experiments printed) for each claim of a chapter."""
    by_id = {cell.get("id"): cell for cell in cells(path)}
    for cell in cells(path):
        for name in CLAIM.findall(source(cell)):
            yield name, [squeezed(printed(by_id[key])) for key in cell["metadata"]["claim"]["evidence"]]


@pytest.fixture(scope="module")
def text(site):
    return lambda name: (Path(site) / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_claim_is_in_the_table_with_what_its_experiment_printed(text, path):
    rows = re.findall(r"<tr\b.*?</tr>", text("appendices/claims.html"), re.S)
    for name, texts in claims(path):
        row = next((row for row in rows if f'href="../chapters/{path.stem}.html#{name}"' in row), None)
        assert row, f"{name} is not in the table"
        shown = squeezed(html.unescape(re.sub(r"<[^>]+>", "", row)))
        for words in texts:
            assert words in shown, f"{name}: the table does not show {words!r}"


def test_the_table_has_no_claim_that_the_chapters_lack(text):
    linked = re.findall(r'href="\.\./chapters/\w+\.html#(claim-[\w-]+)"', text("appendices/claims.html"))
    known = [name for path in CHAPTERS for name, _ in claims(path)]
    assert sorted(linked) == sorted(known) and len(known) > 50


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_exercise_is_in_the_index(text, path):
    numbers = [m[1] for cell in cells(path) for m in re.finditer(r"^### (Exercise \d+)\b", source(cell), re.M)]
    links = re.findall(rf'href="\.\./chapters/{path.stem}\.html#[\w-]+"[^>]*>(Exercise \d+)', text("appendices/exercises.html"))
    assert links == numbers and numbers


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_landing_page_asks_the_question_of_every_chapter(text, path):
    first = next(source(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    title, question = re.match(r"# (.+)\n\n\*(.+)\*", first).groups()
    landing = squeezed(html.unescape(re.sub(r"<[^>]+>", "", text("intro.html")))).replace("’", "'")
    assert f"{title} {question}" in landing
