"""The pages without JavaScript, on paper, without motion, under a finger, and over a slow line.

Without JavaScript: each figure has its still picture, or its question and answers, and mathematics is set, on every page. On
paper: each figure of each chapter, from a page that was only opened. Motion: one player of each chapter, with and without.
Under a finger, on a phone, for each chapter: one of each kind of control (handle, slider, picture) in each kind of panel that
the chapter has, and a swipe on each kind of panel; all the others are moved in test_site_figures.py. Weight: each chapter's
first visit.
"""

import re

import built
import pytest
import visits
from fontTools.ttLib import TTFont

MOST = 250_000  # bytes, compressed: what a chapter page may weigh
TRAVEL = (0, -160)
KATEX = built.ROOT / "_assets" / "katex"


# Without JavaScript ---------------------------------------------------------------------------------------------------


@pytest.fixture
def bare(tour):
    """Open a page without JavaScript."""
    return tour.without_javascript


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


def test_without_javascript_mathematics_is_set(bare, original):
    """No raw TeX, no error of KaTeX, and formulas with a size."""
    tab = bare(original)
    raw = re.findall(r".{0,40}(?:\$\$|\\\(|\\\[|\\begin\{|\\frac|\\nabla).{0,40}", without_code(tab))
    assert not raw, f"raw TeX: {raw}"
    assert not tab.query_selector(".katex-error"), tab.inner_text(".katex-error")
    flat = tab.eval_on_selector_all(
        ".katex-html", "all => all.filter(e => e.getClientRects().length && e.getBoundingClientRect().height < 4).length"
    )
    assert not flat, f"{flat} formulas have no height"
    if built.source(original) and re.search(r"\$[^$\s][^$\n]*\$", built.prose(original)):
        assert tab.query_selector(".katex-html"), "the source has mathematics, the page has none"


def without_code(page):
    """Return the text of the article without code and without the TeX that is kept beside each formula."""
    return page.evaluate(
        """() => { const copy = (document.querySelector("article") ?? document.body).cloneNode(true);
          copy.querySelectorAll("pre, code, script, annotation").forEach((e) => e.remove()); return copy.textContent; }"""
    )


# On paper, and without motion -----------------------------------------------------------------------------------------


@pytest.fixture
def paper(tour, chapter):
    return tour.visit(chapter, visits.FILE).paper


def test_print(paper):
    """Figures are drawn, in light colours; what is folded away is open; navigation and controls are gone."""
    assert not paper["flaws"], "on paper: " + "; ".join(paper["flaws"])
    assert not paper["dark"], f"printed in the colours of the dark theme: {paper['dark']}"
    assert not paper["controls"], f"their controls are printed: {paper['controls']}"
    assert not paper["printed"], f"printed as well: {paper['printed']}"
    assert not paper["folded"], f"{paper['folded']} boxes stay folded on paper"
    assert paper["dark again"], "after printing, the page is light"


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


def test_play_moves_unless_motion_is_unwanted(wide):
    """Play runs through many pictures; for a reader who wants less motion it jumps to one."""
    begun = (wide.figure(f.model) for f in wide.figures() if f.kind != "Predict")
    player = next((figure for figure in begun if figure.button("Play")), None)
    try:
        for motion, fits in (("no-preference", lambda n: n > 4), ("reduce", lambda n: n <= 2)):
            wide.page.emulate_media(reduced_motion=motion)
            if player:
                player.ask("probe.arrive")
                assert player.ask(PLAY), f"{player.name}, motion {motion}: Play does nothing"
                moved = player.ask(PICTURES, 700)
                assert fits(moved), f"{player.name}, motion {motion}: {moved} pictures in the first 0.7 s of Play"
                player.reset()
        moving = wide.page.evaluate(ENDLESS)
        assert not moving, f"{moving} endless animations"
    finally:
        wide.page.emulate_media(reduced_motion="no-preference")


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


@pytest.fixture
def phone(tour, chapter):
    return tour.visit(chapter, visits.PHONE)


def test_under_a_finger(phone):
    """Dragging a point or a slider moves it and not the page; a swipe anywhere else, on the picture too, scrolls the page.

    A picture that is painted is the exception: there the finger paints, and beside it scrolls.
    """
    finger, tried = Finger(phone), set()
    text = phone.page.query_selector("article p")
    text.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    box = text.bounding_box()
    assert abs(finger.drag((box["x"] + 20, box["y"] + 5), TRAVEL)) > 50, "a swipe on the text does not scroll the page"
    for figure in phone.figures():
        if figure.kind == "Predict":
            continue  # nothing there is dragged
        figure.begin()
        for control in figure.of("handle", "range", "surface"):
            if (control.kind, control.panel) not in tried:
                tried.add((control.kind, control.panel))
                TOUCHED[control.kind](control, finger)
        for panel in figure.place.query_selector_all(".ol-panel"):
            kind = ("panel", panel.get_attribute("class"))
            if kind not in tried:
                tried.add(kind)
                swipe(figure, panel, finger)
    assert any(kind == "panel" for kind, _ in tried)
    phone.quiet()


def touch_handle(handle, finger):
    x, y = handle.centre()
    dx, dy = handle.inward(40)
    # Upwards or downwards most of all, where a page would scroll.
    by = finger.drag((x, y), (dx, 3 * dy))
    assert by == 0, f"{handle}: dragging it scrolls the page by {by} px"
    handle.must_change(handle.figure.initial, "dragging it by touch")
    handle.figure.reset()


def touch_slider(slider, finger):
    x, y = slider.centre()
    box = slider.element.bounding_box()
    at = slider.element.evaluate("e => (e.value - e.min) / (e.max - e.min)")
    thumb = box["x"] + 8 + at * (box["width"] - 16)
    finger.drag((thumb, y), ((0.6 if at < 0.5 else -0.6) * box["width"], 0))  # far enough for one with few levels
    slider.must_change(slider.figure.initial, "dragging it by touch")
    slider.figure.reset()


def touch_surface(surface, finger):
    box = surface.element.bounding_box()
    u, v = free(surface.element, (0.6, 0.3), (0.35, 0.65))
    surface.element.tap(position={"x": u * box["width"], "y": v * box["height"]})
    surface.must_change(surface.figure.initial, "a tap")
    surface.figure.reset()


TOUCHED = {"handle": touch_handle, "range": touch_slider, "surface": touch_surface}


def free(element, *spots):
    """Return the first of the spots where no handle lies."""
    element.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
    found = [spot for spot in spots if not element.evaluate("probe.covered", list(spot))]
    assert found, "handles lie on all of its spots"
    return found[0]


def swipe(figure, panel, finger):
    """A swipe over the panel scrolls the page; over a painted one it paints, and the sentence below scrolls."""
    u, v = free(panel, (0.45, 0.55), (0.3, 0.7), (0.6, 0.3), (0.3, 0.3))
    box = panel.bounding_box()
    scrolled = abs(finger.drag((box["x"] + u * box["width"], box["y"] + v * box["height"]), TRAVEL))
    if "ol-paintable" in panel.get_attribute("class"):
        assert scrolled == 0, f"{figure.name}: painting scrolls the page by {scrolled} px"
        assert figure.rested() != figure.initial, f"{figure.name}: a finger paints nothing"
        figure.reset()
        panel = figure.place.query_selector(".ol-say, figcaption")
        panel.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
        box = panel.bounding_box()
        scrolled = abs(finger.drag((box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"]), TRAVEL))
    assert scrolled > 50, f"{figure.name}: a swipe on the picture does not scroll the page"


# Over a slow line -----------------------------------------------------------------------------------------------------


SET = """() => {
  const found = {}, walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!element.closest(".katex-html")) continue;
    const { fontFamily, fontWeight, fontStyle } = getComputedStyle(element);
    const face = [fontFamily.split(",")[0].replaceAll('"', ""), fontWeight, fontStyle].join(" ");
    found[face] = (found[face] ?? "") + walker.currentNode.data;
  }
  return found; }"""


def test_fonts_have_what_is_set_in_them(bare, notebook, site):
    """The site's fonts are reduced: a character of a formula which its font had, it has still."""
    faces = {}
    for face in re.findall(r"@font-face\s*\{([^}]*KaTeX[^}]*)\}", (site / "_static/site.css").read_text(encoding="utf-8")):
        look = dict(re.findall(r"(font-[a-z]+): *\"?([\w-]+)", face))
        faces[" ".join(look[f"font-{part}"] for part in ("family", "weight", "style"))] = re.search(r"fonts/([^)]*)", face)[1]
    missing = []
    found = bare(notebook).evaluate(SET)
    assert found or 'class="katex-html"' not in (site / notebook).read_text(encoding="utf-8"), f"{notebook}: no formula found"
    for face, text in found.items():
        served, whole = (TTFont(folder / faces[face]).getBestCmap() for folder in (site / "_static/fonts", KATEX))
        missing += [f"{face}: {character}" for character in sorted(set(text)) if ord(character) in whole.keys() - served.keys()]
    assert not missing, f"{notebook}: the site's fonts lack characters that are set in them: {missing}"


def test_a_chapter_is_light(wide, chapter):
    """All that a first visit loads, from the first line to the last, compressed as Pages does."""
    weights = wide.weights
    total = sum(weights.values())
    table = "\n".join(f"{size:>9,}  {path}" for path, size in sorted(weights.items(), key=lambda item: -item[1]))
    assert total <= MOST, f"{chapter} weighs {total:,} bytes, {total - MOST:,} too many:\n{table}"
    assert total > 20_000 and chapter in weights, f"this cannot be a whole visit:\n{table}"
