"""The decks in a browser: every slide fits the screen and can be read, figures work under a hand and do not turn the slide."""

import json
import re
import sys

import built
import drive
import pytest
import visits

import slides

sys.path.insert(0, str(built.ROOT / "_ext"))
import slide_plan

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
        if slide_plan.has_deck(cells):
            found[f"lectures/{path.stem}.html"] = cells
    return found


def test_every_chapter_has_its_decks(site):
    wanted = {
        f"lectures/{path.stem}{kind}.html" for path in (built.ROOT / "chapters").glob("*.ipynb") for kind in ("", "_questions")
    }
    assert set(built.decks()) == wanted
    for path in (built.ROOT / "chapters").glob("*.ipynb"):
        links = list(built.document(f"chapters/{path.stem}.html").addresses())
        assert f"../lectures/{path.stem}.html" in links, f"the page of {path.stem} does not lead to its slides"


def test_a_lecture_takes_35_to_50_minutes(site):
    took = {deck: slide_plan.total(cells)[0] for deck, cells in lectures().items()}
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


def test_an_answered_question_fits_its_slide(opened, deck):
    """Whatever the room chooses first: what it reveals stands on the slide, and is still there when the speaker comes back."""
    page, wrong, asked = opened.page, [], 0
    for number in range(page.evaluate("() => Reveal.getTotalSlides()")):
        slides.go(page, number)
        question = page.locator("section.present:not(.stack) .ol-predict")
        if not question.count():
            continue
        asked += 1
        options = question.locator("input[type=radio]")
        for i in range(options.count()):
            options.nth(i).check(force=True)
            question.locator("[type=submit]").click()
            wrong += [
                f"option {i + 1}: {flaw}" for flaw in slides.flaws({"number": number + 1, **page.evaluate(slides.MEASURE)})
            ]
        said = question.locator(".ol-predict-reveal").inner_text()
        page.evaluate("() => { Reveal.next(); Reveal.prev(); }")
        assert said and question.locator(".ol-predict-reveal").inner_text() == said
    assert asked, "no question in this deck"
    assert not wrong, "\n".join(wrong)


def test_no_line_begins_with_a_comma(opened, deck):
    """On no slide ends one between a formula and the comma or the full stop behind it, nor between a number and its "%"."""
    ends = opened.page.evaluate("probe.looseEnds()")
    assert not ends, "\n".join(ends)


# A few slides on which stands whatever stands on the slides of a deck.
KINDS = """() => {
  const parts = [".opening", ".objective", ".claim", ".answer", ".admonition", ".katex-display", "table", ".source",
    ".output pre", ".output img", "[data-kind=Landscape]", "[data-kind=Curves]", "[data-kind=Predict]"];
  const all = [...document.querySelectorAll("section[data-cells]")], chosen = [];
  const on = all.map((slide) => parts.filter((part) => slide.querySelector(part))), left = new Set(on.flat());
  while (left.size) {
    const news = on.map((has) => has.filter((part) => left.has(part)).length), best = news.indexOf(Math.max(...news));
    chosen.push(best);
    on[best].forEach((part) => left.delete(part));
  }
  return chosen.sort((a, b) => a - b);
}"""


def test_slides_are_accessible(opened, deck):
    """On a slide of each kind axe-core finds nothing: by all its rules, as on a page, and in the dark by those of colour."""
    page, wrong = opened.page, []
    for number in page.evaluate(KINDS):
        slides.go(page, number)
        for theme, rules in (("light", {}), ("dark", {"runOnly": visits.COLORS})):
            assert page.evaluate("document.documentElement.dataset.theme") == theme
            wrong += [f"slide {number + 1}, {theme}: {line}" for line in visits.slide_violations(page, **rules)]
            page.keyboard.press("d")
    assert not wrong, "\n".join(wrong)


def test_an_inaccessible_slide_is_found(browser, server, site):
    """A field without a name; grey on grey; what cannot be read in the dark alone; a role that its element must not have."""
    deck = min(built.decks(), key=lambda path: (site / path).stat().st_size)
    bad = (
        '<input type="text"><p style="color: #999; background: #aaa">Hard to read.</p>'
        '<p style="color: light-dark(#000, #444)">Black in the dark.</p><ul role="button"><li>A list.</li></ul>'
    )
    text = (site / deck).read_text(encoding="utf-8").replace('<div class="content">', f'<div class="content">{bad}', 1)
    with server.replacing({deck: text.encode()}), drive.Visit(browser, server.address, deck, size=SIZES[0]) as visit:
        page = visit.page
        slides.settle(page)
        found = visits.slide_violations(page)
        for rule, what in (("label ", "<input"), ("color-contrast ", "Hard to read."), ("aria-allowed-role ", "<ul")):
            assert any(line.startswith(rule) and what in line for line in found), (rule, found)
        assert not any("Black in the dark." in line for line in found)
        page.keyboard.press("d")
        found = visits.slide_violations(page, runOnly=visits.COLORS)
        assert any(line.startswith("color-contrast ") and "Black in the dark." in line for line in found), found


def test_slides_come_in_their_order(browser, server, site):
    """On and back by arrows, by space and by what a remote sends, also where one has been before and whence one has jumped."""
    deck = min(built.decks(), key=lambda path: (site / path).stat().st_size)
    with drive.Visit(browser, server.address, deck, size=SIZES[0]) as visit:
        page = visit.page
        slides.settle(page)

        def walk(key):
            """Press the key until nothing turns; return the numbers of the slides that came."""
            came = [page.evaluate(NUMBER)]
            while page.keyboard.press(key) or page.evaluate(NUMBER) != came[-1]:
                came.append(page.evaluate(NUMBER))
            return came

        on = list(range(page.locator("section[data-cells]").count()))
        assert walk("ArrowRight") == on
        assert walk("ArrowLeft") == on[::-1]
        assert walk("Space") == on
        page.keyboard.press("Home")  # each section was left at its end
        assert walk("PageDown") == on
        assert walk("PageUp") == on[::-1]
        visit.quiet()


NUMBER = "() => Reveal.getSlidePastCount()"
HANDLE = """() => {
  const r = document.querySelector("section.present:not(.stack) .ol-handle").getBoundingClientRect();
  return [r.x + r.width / 2, r.y + r.height / 2];
}"""


def to_a_map(page):
    """Turn to the first slide with a map that has a point to drag; returns where the deck is, None without such a slide."""
    found = page.locator("section[data-cells]").evaluate_all(
        "all => all.flatMap((s, i) => s.querySelector('[data-kind=Landscape], [data-kind=Curves]') ? [i] : [])"
    )
    for number in found:
        slides.go(page, number)
        if page.locator("section.present:not(.stack) .ol-map .ol-handle").count():
            return page.evaluate(AT)
    return None


def paint(page, fingers):
    """A chapter without maps: a hand that paints or drags across a panel, and moves a slider, leaves the slide where it is."""
    numbers = page.locator("section[data-cells]").evaluate_all(
        "all => all.flatMap((s, i) => s.querySelector('[data-kind=Curves]') ? [i] : [])"
    )
    slides.go(page, numbers[0])
    here, panel = page.evaluate(AT), page.locator("section.present:not(.stack) .ol-panel").first
    said = page.locator("section.present:not(.stack) .ol-say")
    box, first = panel.bounding_box(), said.inner_text()
    left, right, middle = box["x"] + 0.3 * box["width"], box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"]
    page.mouse.move(right, middle)
    page.mouse.down()
    page.mouse.move(left, box["y"] + 0.3 * box["height"], steps=6)
    page.mouse.up()
    assert drive.until(page, lambda: said.inner_text() != first), "the mouse changed nothing"
    swipe(fingers, (right, middle), (left, middle))
    assert page.evaluate(AT) == here, "a hand in a figure turned the slide"
    page.locator("section.present:not(.stack) .ol-figure :is(input[type=range], .ol-handle)").first.focus()
    for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    page.wait_for_timeout(300)
    assert page.evaluate(AT) == here, "an arrow key in a figure turned the slide"
    then = said.inner_text()
    page.keyboard.press("PageDown")
    assert page.evaluate(AT) != here, "a page key in a figure did not turn the slide"
    page.keyboard.press("PageUp")
    slides.settle(page)
    assert page.evaluate(AT) == here
    assert said.inner_text() == then, "the figure forgot what was painted"


def near(found, wanted, by=3):
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_a_hand_in_a_figure_does_not_turn_the_slide(browser, server, lecture, size):
    """Mouse, finger and keys: the point is where the hand is, the slide stays, and coming back finds the figure as it was."""
    with drive.Visit(browser, server.address, lecture, size=size, has_touch=True) as visit:
        page = visit.page
        page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
        here, fingers = to_a_map(page), page.context.new_cdp_session(page)
        if here is None:
            return paint(page, fingers)
        scale = size["width"] / 1280

        x, y = page.evaluate(HANDLE)
        box = page.locator("section.present:not(.stack) .ol-map").first.bounding_box()
        to = [box["x"] + 0.55 * box["width"], box["y"] + 0.4 * box["height"]]
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(*to, steps=5)
        page.mouse.up()
        followed = drive.until(page, lambda: near(page.evaluate(HANDLE), to))
        assert followed, f"the point is at {page.evaluate(HANDLE)}, the mouse at {to}"
        assert page.evaluate(AT) == here

        for key in ("ArrowRight", "ArrowLeft", "ArrowDown", "ArrowRight"):  # the point has the focus
            page.keyboard.press(key)
        page.wait_for_timeout(100)
        assert page.evaluate(AT) == here, "an arrow key in a figure turned the slide"
        assert drive.until(page, lambda: not near(page.evaluate(HANDLE), to)), "the arrow keys did not move the point"
        x, y = page.evaluate(HANDLE)

        swipe(fingers, (x, y), (x - 60 * scale, y + 30 * scale))
        page.wait_for_timeout(100)
        assert page.evaluate(AT) == here, "a finger in a figure turned the slide"
        wanted = [x - 60 * scale, y + 30 * scale]
        assert drive.until(page, lambda: near(page.evaluate(HANDLE), wanted)), f"the point is at {page.evaluate(HANDLE)}"
        left = page.evaluate(HANDLE)
        swipe(fingers, (to[0], box["y"] + 0.8 * box["height"]), (to[0] - 200, box["y"] + 0.8 * box["height"]))
        assert page.evaluate(AT) == here

        reset = page.locator("section.present:not(.stack) .ol-tools button").first
        reset.focus()
        page.keyboard.press("Tab")  # and on, within the figure or out of it, never to another slide
        reset.focus()
        said = page.locator("section.present:not(.stack) .ol-say").inner_text()
        page.keyboard.press("PageDown")  # what a remote sends
        assert page.evaluate(AT) != here, "a page key in a figure did not turn the slide"
        page.keyboard.press("PageUp")
        slides.settle(page)
        assert page.evaluate(AT) == here
        assert page.evaluate(HANDLE) == left, "the figure forgot where its point was"
        assert page.locator("section.present:not(.stack) .ol-say").inner_text() == said
        reset.focus()
        page.keyboard.press("Space")
        assert drive.until(page, lambda: page.evaluate(HANDLE) != left), "the space key on Reset did nothing"
        assert page.evaluate(AT) == here

        swipe(fingers, (900 * scale, 40 * scale), (400 * scale, 40 * scale))
        assert page.evaluate(AT) != here, "a finger beside the figure did not turn the slide"
        visit.quiet()


def test_every_slider_is_dragged_on_the_slide(browser, server, lecture):
    """The figure with the most sliders: a mouse takes each to both of its ends, the slide stays, and what is said then fits."""
    knobs = {
        traits["name"]: len(traits.get("spec", traits).get("knobs", [])) for _, traits in built.live_figures(lecture).values()
    }
    name = max(knobs, key=knobs.get)
    with drive.Visit(browser, server.address, f"{lecture}#{name}", size=SIZES[1]) as visit:
        page = visit.page
        slides.settle(page)
        here, ranges, wrong = page.evaluate(AT), page.locator(f"#{name} input[type=range]"), []
        assert ranges.count()
        for end in ("max", "min"):
            for i in range(ranges.count()):
                place = ranges.nth(i)
                box, at = place.bounding_box(), place.evaluate("r => (r.value - r.min) / (r.max - r.min)")
                thumb, middle = box["height"] / 4, box["y"] + box["height"] / 2
                page.mouse.move(box["x"] + thumb + at * (box["width"] - 2 * thumb), middle)
                page.mouse.down()
                page.mouse.move(box["x"] + (box["width"] + 9 if end == "max" else -9), middle, steps=3)
                page.mouse.up()
                page.wait_for_timeout(60)
                assert place.evaluate("(r, end) => r.value === r[end]", end), f"slider {i + 1} did not come to its {end}"
                found = {"number": page.evaluate(NUMBER) + 1, **page.evaluate(slides.MEASURE)}
                wrong += [f"slider {i + 1} at its {end}: {flaw}" for flaw in slides.flaws(found)]
        assert page.evaluate(AT) == here, "a hand on a slider turned the slide"
        assert not wrong, "\n".join(wrong)
        visit.quiet()


def swipe(fingers, begin, end):
    for kind, share in [("touchStart", 0), *(("touchMove", i / 6) for i in range(1, 7)), ("touchEnd", None)]:
        points = (
            []
            if share is None
            else [{"x": a + share * (b - a), "y": c + share * (d - c)} for a, b, c, d in [(begin[0], end[0], begin[1], end[1])]]
        )
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_link_opens_a_figure_on_its_slide(browser, server, lecture):
    """The address of a figure with a state leads to its slide, and the figure has that state."""
    for traits in reversed([traits for _, traits in built.live_figures(lecture).values()]):
        sliders = [
            knob for knob in traits.get("spec", traits).get("knobs", []) if "max" in knob and knob.get("scale") != "degrees"
        ]
        if sliders:
            break
    name, key, most = traits["name"], sliders[0]["key"], sliders[0]["max"]
    prefix = f"{sliders[0]['of']}." if sliders[0].get("of") and len(traits["rules"]) > 1 else ""
    with drive.Visit(browser, server.address, f"{lecture}#{name}?{prefix}{key}={most}", size=SIZES[0]) as visit:
        visit.page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
        slides.settle(visit.page)
        assert visit.page.locator(f"section.present:not(.stack) #{name}").count() == 1
        fields = visit.page.locator(f"#{name} .ol-field")
        assert str(most) in [fields.nth(i).input_value() for i in range(fields.count())]
        visit.quiet()


def test_the_speakers_window(browser, server, deck, site):
    """The key S opens the notes with the running clock, from a server and from a file."""
    for base in (server.address, site.as_uri() + "/"):
        with drive.Visit(browser, base, deck, size=SIZES[0]) as visit:
            page = visit.page
            page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
            slides.go(page, 1)
            with page.expect_popup() as opened:
                page.keyboard.press("s")
            notes = opened.value.locator(".speaker-controls-notes")
            wanted = "The answer, on the next slide." if deck.endswith("_questions.html") else " min, from "
            notes.get_by_text(re.compile(wanted)).first.wait_for()
            page.keyboard.press("ArrowRight")
            page.wait_for_function("(n) => Reveal.getSlidePastCount() === n", arg=2)
            visit.quiet()


def test_print_gives_one_page_a_slide(browser, server, deck):
    with drive.Visit(browser, server.address, deck + "?print-pdf", size=SIZES[0]) as visit:
        page = visit.page
        pages = re.findall(rb"/Type /Page\b", slides.paper(page))
        assert page.locator(".figure[data-fitted] .ol-figure").count() == page.locator(".live-figure").count()
        assert len(pages) == page.locator("section[data-cells]").count()
        contents = page.locator(".pdf-page .content")
        bare = contents.evaluate_all("all => all.filter((c) => !c.innerText.trim() && !c.querySelector('canvas, img')).length")
        assert not bare, f"{bare} pages are blank"
        visit.quiet()


def test_without_javascript_all_slides_can_be_read(browser, server, deck):
    with drive.Visit(browser, server.address, deck, size=SIZES[0], java_script_enabled=False) as visit:
        text = visit.page.locator("main").inner_text()
        assert text.count(" / ") >= visit.page.locator("section[data-cells]").count()
        assert visit.page.locator("section[data-cells]").last.is_visible()
        visit.quiet()
