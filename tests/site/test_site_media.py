"""The pages without JavaScript, on paper, without motion, under a finger, and over a slow line."""

import re

import built
import drive
import pytest

MOST = 400_000  # bytes, compressed: what a chapter page may weigh
TRAVEL = (0, -160)


# Without JavaScript ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bare(browser, server):
    """Open a page without JavaScript."""
    context = browser.new_context(viewport=drive.WIDE, java_script_enabled=False)

    def open_page(page):
        tab = context.pages[0] if context.pages else context.new_page()
        if tab.url != server.address + page:
            tab.goto(server.address + page)
        return tab

    yield open_page
    context.close()


def test_without_javascript_each_figure_has_its_still(bare, chapter):
    """A picture with a description, or for a question its text and its answer; and no hole where the live figure would be."""
    stills = bare(chapter).evaluate(
        """() => [...document.querySelectorAll(".live-figure[data-model]")].map((place) => {
          const holder = place.closest(".cell_output") ?? place.parentElement;
          const still = holder.querySelector("noscript");
          const image = still?.querySelector("img"), box = (image ?? still?.firstElementChild)?.getBoundingClientRect();
          return { name: place.id, hole: place.getBoundingClientRect().height, image: Boolean(image), alt: image?.alt ?? "",
            loaded: image ? image.complete && image.naturalWidth > 0 : true, text: still?.textContent.trim() ?? "",
            width: box?.width ?? 0, height: box?.height ?? 0 };
        })"""
    )
    traits = built.live_figures(chapter)
    assert len(stills) == len(traits)
    for still, (_, trait) in zip(stills, traits.values(), strict=True):
        name = still["name"]
        assert still["width"] > 200 and still["height"] > 30, f"{name}: nothing in its place ({still})"
        assert still["hole"] < 2, f"{name}: a hole of {still['hole']:.0f} px above the still picture"
        if "question" in trait:
            for words in (trait["question"], *(part for option in trait["options"] for part in option)):
                plain = re.sub(r"[`*]", "", words)
                assert plain in still["text"], f"{name}: without JavaScript it does not say {plain!r}"
        else:
            assert still["image"] and still["loaded"], f"{name}: the still picture does not load"
            assert len(still["alt"].split()) > 4, f"{name}: the still picture's description is {still['alt']!r}"


def test_without_javascript_mathematics_is_set(bare, page):
    """No raw TeX, no error of KaTeX, and formulas with a size."""
    tab = bare(page)
    raw = re.findall(r".{0,40}(?:\$\$|\\\(|\\\[|\\begin\{|\\frac|\\nabla).{0,40}", without_code(tab))
    assert not raw, f"raw TeX: {raw}"
    assert not tab.query_selector(".katex-error"), tab.inner_text(".katex-error")
    flat = tab.eval_on_selector_all(
        ".katex-html", "all => all.filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 4).length"
    )
    assert not flat, f"{flat} formulas have no height"
    original = built.original(page)
    if built.source(original) and re.search(r"\$[^$\s][^$\n]*\$", built.prose(original)):
        assert tab.query_selector(".katex-html"), "the source has mathematics, the page has none"


def without_code(page):
    """Return the text of the article without code and without the TeX that is kept beside each formula."""
    return page.evaluate(
        """() => { const copy = (document.querySelector("article") ?? document.body).cloneNode(true);
          copy.querySelectorAll("pre, code, script, annotation").forEach((e) => e.remove()); return copy.textContent; }"""
    )


# On paper, and without motion -----------------------------------------------------------------------------------------


def test_print(browser, server, chapter):
    """Figures are drawn, in light colours; what is folded away is open; navigation and controls are gone."""
    with drive.Visit(browser, server.address, chapter, theme="dark") as visit:
        page = visit.page
        page.emulate_media(media="print")
        page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
        page.evaluate("async () => { await probe.frame(); await probe.frame(); await probe.pause(100); }")
        for figure in visit.figures():  # none was scrolled to
            flaw = figure.ask("probe.flaw")
            assert not flaw, f"{figure.name} on paper: {flaw}"
            assert not figure.ask("place => probe.isDark(place)"), f"{figure.name} is printed in the colours of the dark theme"
            controls = figure.ask("place => [...place.querySelectorAll('.ol-slider, .ol-tools')].filter(probe.shown).length")
            assert not controls, f"{figure.name}: {controls} controls are printed"
        shown = page.evaluate(PRINTED)
        assert not shown, f"printed as well: {shown}"
        # Code that is folded away stays so: on paper it is the text that counts.
        folded = page.evaluate("() => document.querySelectorAll('article details:not([open], .hide)').length")
        assert not folded, f"{folded} boxes stay folded on paper"
        page.evaluate("() => dispatchEvent(new Event('afterprint'))")
        page.emulate_media(media="screen")
        assert page.evaluate("probe.until(() => probe.isDark(document.body), 1000)"), "after printing, the page is light"
        visit.quiet()


PRINTED = """() => [...document.querySelectorAll("header, nav, [role=navigation], .bd-sidebar, .prev-next-footer")]
  .filter((e) => !e.closest("article") && probe.shown(e) && e.getBoundingClientRect().height > 1)
  .map((e) => e.className || e.tagName)"""
ENDLESS = """() => document.getAnimations()
  .filter((a) => a.playState === "running" && a.effect.getTiming().iterations === Infinity).length"""
PLAY = """async (place) => {
  const play = [...place.querySelectorAll("button")].find((b) => b.textContent === "Play");
  const before = probe.picture(place);
  play?.click();
  return Boolean(play) && JSON.stringify(await probe.changes(place, before, 2000)) !== JSON.stringify(before);
}"""
PICTURES = """async (place, ms) => {
  const seen = new Set();
  for (const end = performance.now() + ms; performance.now() < end; await probe.frame())
    seen.add(JSON.stringify(probe.picture(place)));
  return seen.size;
}"""


def test_play_moves_unless_motion_is_unwanted(browser, server, chapter):
    """Play runs through many pictures; for a reader who wants less motion it jumps to one."""
    with drive.Visit(browser, server.address, chapter) as visit:
        players = 0
        for figure in visit.figures():
            if figure.kind == "Predict":
                continue
            figure.begin()
            if not figure.button("Play"):
                continue
            for motion, fits in (("no-preference", lambda n: n > 4), ("reduce", lambda n: n <= 2)):
                visit.page.emulate_media(reduced_motion=motion)
                assert figure.ask(PLAY), f"{figure.name}, motion {motion}: Play does nothing"
                moved = figure.ask(PICTURES, 700)
                assert fits(moved), f"{figure.name}, motion {motion}: {moved} pictures in the first 0.7 s of Play"
                figure.reset()
            players += 1
            if players == 2:
                break
        visit.page.emulate_media(reduced_motion="reduce")
        moving = visit.page.evaluate(ENDLESS)
        assert not moving, f"{moving} endless animations"


# Under a finger -------------------------------------------------------------------------------------------------------


class Finger:
    """A finger on a touch screen: real touch events, from which the browser makes scrolling and pointer events."""

    def __init__(self, visit):
        self.page, self.cdp = visit.page, visit.context.new_cdp_session(visit.page)

    def _send(self, kind, *points):
        self.cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    def drag(self, start, by, moves=6):
        """Put the finger down, move it, lift it; returns by how much the page scrolled."""
        before = self.page.evaluate(AT_REST)
        self._send("touchStart", start)
        for i in range(1, moves + 1):
            self._send("touchMove", (start[0] + by[0] * i / moves, start[1] + by[1] * i / moves))
            self.page.evaluate("probe.frame()")
        self._send("touchEnd")
        return self.page.evaluate(AT_REST) - before


# Where the page stands once it has stopped scrolling.
AT_REST = """async () => {
  let last = NaN;
  for (let same = 0, n = 0; same < 3 && n < 200; n++) {
    await probe.frame();
    same = scrollY === last ? same + 1 : 0;
    last = scrollY;
  }
  return last;
}"""


def test_under_a_finger(browser, server, chapter):
    """Dragging a point or a slider moves it and not the page; a swipe anywhere else, on the picture too, scrolls the page."""
    with drive.Visit(browser, server.address, chapter, size=drive.PHONE, has_touch=True, is_mobile=True) as visit:
        visit.arrive()  # all of them, so that the page no longer grows
        finger, scrolled = Finger(visit), 0
        text = visit.page.query_selector("article p")
        text.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
        box = text.bounding_box()
        assert abs(finger.drag((box["x"] + 20, box["y"] + 5), TRAVEL)) > 50, "a swipe on the text does not scroll the page"
        for figure in visit.figures():
            if figure.kind == "Predict":
                continue  # nothing there is dragged
            figure.begin()
            for handle in figure.of("handle")[:1]:
                x, y = handle.centre()
                dx, dy = handle.inward(40)
                # Upwards or downwards most of all, where a page would scroll.
                by = finger.drag((x, y), (dx, 3 * dy))
                assert by == 0, f"{handle}: dragging it scrolls the page by {by} px"
                handle.must_change(figure.initial, "dragging it by touch")
                figure.reset()
            for slider in figure.of("range")[-1:]:
                x, y = slider.centre()
                box = slider.element.bounding_box()
                at = slider.element.evaluate("e => (e.value - e.min) / (e.max - e.min)")
                thumb = box["x"] + 8 + at * (box["width"] - 16)
                finger.drag((thumb, y), (60 if at < 0.5 else -60, 0))
                slider.must_change(figure.initial, "dragging it by touch")
                figure.reset()
            for surface in figure.of("surface"):
                box = surface.element.bounding_box()
                surface.element.tap(position={"x": 0.6 * box["width"], "y": 0.3 * box["height"]})
                surface.must_change(figure.initial, "a tap")
                figure.reset()
            picture = figure.place.query_selector("canvas, svg")
            if picture:
                picture.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
                box = picture.bounding_box()
                # away from the handles, which are for dragging
                spot = (box["x"] + 0.9 * box["width"], box["y"] + 0.9 * box["height"])
                assert abs(finger.drag(spot, TRAVEL)) > 50, f"{figure.name}: a swipe on the picture does not scroll the page"
                scrolled += 1
        assert scrolled
        visit.quiet()


# Over a slow line -----------------------------------------------------------------------------------------------------


def test_a_chapter_is_light(browser, server, chapter):
    """All that a first visit loads, from the first line to the last, compressed as Pages does."""
    weights = built.weigh(server, browser, chapter)
    total = sum(weights.values())
    table = "\n".join(f"{size:>9,}  {path}" for path, size in sorted(weights.items(), key=lambda item: -item[1]))
    assert total <= MOST, f"{chapter} weighs {total:,} bytes, {total - MOST:,} too many:\n{table}"
    assert total > 20_000 and chapter in weights, f"this cannot be a whole visit:\n{table}"
