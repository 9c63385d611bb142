"""What can be linked to keeps its address: every heading, figure, claim, exercise, output and table has a lasting anchor.

`anchors.txt` lists the pages and anchors that were ever published; `make anchors` adds those that are new. A link in somebody's
course notes must go on working: where a title or a name changes, the old anchor is kept beside the new one.
"""

import re

import anchor_list
import built
import pytest

COUNTER = re.compile(r"id\d+")


@pytest.fixture(scope="module")
def sources(site):
    return [page for page in built.originals(site) if built.source(page, site)]


def test_no_address_is_lost():
    lost = anchor_list.lost(anchor_list.listed(), anchor_list.found())
    assert not lost, (
        f"published once, and gone now: {lost}\nkeep each beside its new name, with (old-name)= on a line before it"
    )


def test_a_lost_address_is_seen(site):
    """A page that is gone, and an anchor."""
    listed = anchor_list.listed() | {"chapters/none.html", "intro.html#none"}
    assert anchor_list.lost(listed, anchor_list.found()) == ["chapters/none.html", "intro.html#none"]


def test_the_list_is_sorted_and_has_every_chapter(sources):
    lines = anchor_list.LIST.read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines)), "run `make anchors`"
    assert set(sources) <= set(lines), "run `make anchors`"


def has_link(text, anchor):
    """Whether a "#" on the page leads to this anchor."""
    return any(a.get("href") == f"#{anchor}" for a, _ in text.all("a", **{"class": "headerlink"}))


def test_everything_has_an_anchor_and_a_link_to_it(sources):
    """No anchor is a counter of Sphinx's, which changes when something is put before it."""
    wrong, kinds = [], set()
    for page in sources:
        text = built.article(page)
        for tag, a, texts in text.elements:
            classes = set(a.get("class", "").split())
            kind = (
                "heading" if tag == "section"
                else "claim" if "claim" in classes and "admonition" in classes
                else "live figure" if "live-figure" in classes
                else "table" if tag == "table" and "claims" not in classes
                else "figure" if tag == "figure"
                else None
            )  # fmt: skip
            if kind is None:
                continue
            kinds.add(kind)
            anchor = a.get("id", "")
            what = f"{page}: {kind} {''.join(texts).strip()[:40]!r}"
            if not anchor or COUNTER.fullmatch(anchor):
                wrong.append(f"{what} has the anchor {anchor!r}")
            elif kind != "live figure" and not has_link(text, anchor):  # a live figure has its own button
                wrong.append(f"{what} has no link to #{anchor}")
    assert not wrong, "\n".join(wrong)
    assert {"heading", "claim", "live figure", "table"} <= kinds


def test_every_exercise_has_its_number_as_anchor(sources):
    """`exercise-3`, and the anchor from its title too."""
    count = 0
    for page in sources:
        text = built.article(page)
        for _, words in text.all("h3"):
            number = re.match(r"Exercise (\d+) · (.*)#", words)
            if number:
                count += 1
                assert has_link(text, f"exercise-{number[1]}"), f"{page}: {words}"
                assert any(name.startswith(f"exercise-{number[1]}-") for name in text.ids), f"{page}: {words}"
    assert count, "no exercise was found"


def test_what_a_cell_printed_has_an_anchor(notebook):
    """It is made from the cell's id, so that it stays when a cell is put before it."""
    text = built.article(notebook)
    ids = set(text.ids)
    printed = [f"output-{cell['id']}" for cell in built.code_cells(built.source(notebook)) if prints(cell)]
    assert printed or not notebook.startswith("chapters/")
    assert not [anchor for anchor in printed if anchor not in ids or not has_link(text, anchor)]


def prints(cell):
    tags = set(cell["metadata"].get("tags", []))
    return any(output["output_type"] == "stream" for output in cell["outputs"]) and not tags & {"remove-cell", "remove-output"}


def test_a_link_appears_where_it_is_wanted(wide, chapter):
    """The "#" of a claim or an output is unseen until the mouse is over it or the keyboard reaches it."""
    page = wide.page
    for box in (".cell[id^=output-]", ".admonition.claim > .admonition-title"):
        if built.source(chapter).suffix != ".ipynb" and not page.locator(f"article {box}:visible").count():
            continue  # the landing page prints nothing and claims nothing
        part = page.locator(f"article {box}:visible").first
        link = part.locator("> a.headerlink")
        opacity = "e => getComputedStyle(e).opacity"
        part.scroll_into_view_if_needed()
        page.mouse.move(1, 1)
        assert link.evaluate(opacity) == "0", f"{box}: its link is seen at rest"
        part.hover()
        assert link.evaluate(opacity) == "1", f"{box}: its link stays unseen under the mouse"
        page.mouse.move(1, 1)
        link.evaluate("e => e.focus({ focusVisible: true })")
        assert link.evaluate(opacity) == "1", f"{box}: its link stays unseen when the keyboard reaches it"
        link.evaluate("e => e.blur()")
