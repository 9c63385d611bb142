"""The decks in a browser: every slide fits the screen and can be read, figures work under a hand and do not turn the slide."""

import json
import re
import sys

import built
import drive
import pytest
import slides

sys.path.insert(0, str(built.ROOT / "_ext"))
import decks  # noqa: E402

SIZES = [{"width": 1280, "height": 720}, {"width": 1920, "height": 1080}]
AT = "() => { const { h, v } = Reveal.getIndices(); return [h, v]; }"


@pytest.fixture
def opened(browser, server, deck):
    """A deck that is open on a screen of 1280 by 720."""
    with drive.Visit(browser, server.address, deck, size=SIZES[0]) as visit:
        visit.page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
        yield visit
        visit.quiet()


def lectures():
    """Return {deck of a chapter: the cells of its notebook}."""
    found = {}
    for path in sorted((built.ROOT / "chapters").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        if decks.has_deck(cells):
            found[f"lectures/{path.stem}.html"] = cells
    return found


def test_every_chapter_has_its_decks(site):
    wanted = {f"lectures/{path.stem}{kind}.html" for path in (built.ROOT / "chapters").glob("*.ipynb") for kind in ("", "_questions")}
    assert set(built.decks()) == wanted


def test_a_lecture_takes_35_to_50_minutes(site):
    took = {deck: decks.total(cells)[0] for deck, cells in lectures().items()}
    wrong = {deck: minutes for deck, minutes in took.items() if not 35 <= minutes <= 50}
    assert took and not wrong, wrong


def test_every_slide_fits_and_can_be_read(opened, deck):
    """Nothing leaves its slide, scrolls, or is smaller than 16 px of 720, on a small screen and on a large one."""
    wrong = []
    for size in SIZES:
        opened.page.set_viewport_size(size)
        for found in slides.measured(opened.page):
            wrong += [f"{size['width']}: {flaw}" for flaw in slides.flaws(found)]
    assert not wrong, "\n".join(wrong)
