"""The ways in which a page is visited: a few openings of it serve all tests.

Once a page was looked at as it is, what stands around its figures is condensed before their controls are moved: a browser asks
twenty thousand pieces of code and formulas at every click whether it is theirs (`probe.condense`).
"""

import contextlib

import built
import drive
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Error

# Where the page comes from, the window, the theme that the reader wants. Each pair of settings occurs once; the last way is no
# opening of its own: the window of the third is made small and the reader's theme light, as on a device that is turned.
FIRST = "server, wide, light"
PHONE = "server, phone, dark"
FILE = "file, wide, dark"
TURNED = "file, phone, light"
WAYS = {
    FIRST: ("server", drive.WIDE, "light"),
    PHONE: ("server", drive.PHONE, "dark"),
    FILE: ("file", drive.WIDE, "dark"),
    TURNED: ("file", drive.PHONE, "light"),
}
LEAST_TEXT, LEAST_TARGET = 11, 24  # pixels; the target is that of WCAG 2.2, 2.5.8
# Axe's rules whose answer depends on the theme, or else on the size of the window.
COLORS = ["color-contrast", "link-in-text-block"]
WHOLE = ["page-has-heading-one", "landmark-one-main", "bypass", "skip-link", "region"]  # these ask for the article
VARYING = [*COLORS, "scrollable-region-focusable"]
PLACES = {"figure": 1, "wide": 1, "phone": 2, "paper": 3, "bare": 5}  # fixtures, in the order of the visits that they need


def order(fixtures, way):
    """Return the place of a test among those of its page, from the fixtures that it asks for and its way."""
    if way:
        return 1 + list(WAYS).index(way)
    return next((place for name, place in PLACES.items() if name in fixtures), 0)


class Tour:
    """Visits of pages; one is open at a time."""

    def __init__(self, browser, server, site):
        self.browser, self.server, self.bases = browser, server, {"server": server.address, "file": site.as_uri() + "/"}
        self.at, self.open, self.bare, self.contexts = None, None, None, {}

    def close(self):
        self.leave()
        for context in (*self.contexts.values(), *([self.bare.context] if self.bare else [])):
            context.close()

    def leave(self):
        visit, self.at, self.open = self.open, None, None
        if isinstance(visit, drive.Visit):
            with contextlib.suppress(Error):
                visit.leave()

    def visit(self, page, way):
        """Return a visit of the page in one way, looked at when it was opened; what the look raised is raised every time."""
        if self.at != (page, way):
            if way == TURNED:
                visit = self.visit(page, FILE)
                self.open, self.at = None, None
            else:
                self.leave()
                visit = None
            self.at = (page, way)
            try:
                self.open = self._open(page, way, visit)
            except Exception as error:  # noqa: BLE001 it is raised below, and again for whoever asks
                self.open = error
        if isinstance(self.open, Exception):
            raise self.open
        return self.open

    def _open(self, page, way, visit):
        origin, size, theme = WAYS[way]
        if way == FIRST:  # in a context of its own, so that it loads all that a first visit does
            return first_visit(self.browser, self.server, page)
        if way == TURNED:
            visit.page.set_viewport_size(size)
            visit.page.emulate_media(color_scheme=theme)
            visit.page.evaluate("async () => { for (let i = 0; i < 4; i++) await probe.frame(); }")
            visit.seen = look(visit, arrive=False)  # everything is drawn, and is to be drawn anew wherever it stands
            return visit
        if way not in self.contexts:
            touch = {"has_touch": True, "is_mobile": True} if way == PHONE else {}
            self.contexts[way] = drive.new_context(self.browser, size, theme, **touch)
        visit = drive.Visit(self.browser, self.bases[origin], page, context=self.contexts[way])
        visit.paper = on_paper(visit) if way == FILE else None
        visit.seen = look(visit)
        if way == PHONE:
            visit.page.evaluate("probe.condense()")
        return visit

    def without_javascript(self, page):
        """Return the page without JavaScript."""
        if self.bare is None:
            self.bare = self.browser.new_context(viewport=drive.WIDE, java_script_enabled=False).new_page()
        if self.bare.url != self.server.address + page:
            self.bare.goto(self.server.address + page)
        return self.bare


def first_visit(browser, server, page):
    """Visit a page for the first time, look through it; `weights` has {path: bytes sent, compressed, without headers}."""
    server.sent.clear()
    visit = drive.Visit(browser, server.address, page, permissions=drive.CLIPBOARD)
    try:
        visit.seen = look(visit)
        visit.page.wait_for_load_state("networkidle")
        visit.page.evaluate("probe.condense()")
    except BaseException:
        visit.leave()
        raise
    visit.weights = built.received(server)
    return visit


def look(visit, arrive=True):
    """Return what is wrong on a page after scrolling through it, and with everything folded away opened."""
    if arrive:
        visit.arrive()
    seen = visit.page.evaluate(LOOK, [LEAST_TEXT, LEAST_TARGET])
    visit.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    visit.page.evaluate("async () => { await probe.frame(); await probe.frame(); }")
    seen["overflow"] += visit.page.evaluate("[...probe.overflowing(), ...probe.beheaded()]")
    seen["ends"] = visit.page.evaluate("probe.looseEnds()")
    seen["troubles"] = list(visit.troubles)
    return seen


LOOK = """([text, target]) => {
  const places = [...document.querySelectorAll(".live-figure[data-model]")];
  const links = [...document.querySelectorAll("article a:not(.headerlink, .btn)")];
  const named = (place, flaws) => [flaws].flat().filter(Boolean).map((flaw) => `${place.id || place.dataset.model}: ${flaw}`);
  const of = (ask) => places.flatMap((place) => named(place, ask(place)));
  return {
    figures: places.length, flaws: of(probe.flaw), small: of((p) => probe.smallText(p, text)),
    misplaced: of((p) => probe.misplaced(p, target)), unscaled: of(probe.unscaled), overflow: probe.overflowing(),
    links: [...new Set(links.map((a) => getComputedStyle(a).color))],
    dark: probe.isDark(document.body), "dark figures": places.map(probe.isDark) };
}"""


def on_paper(visit):
    """Return what is printed of a page that was only opened: nothing was scrolled to."""
    page = visit.page
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    page.evaluate("async () => { await probe.frame(); await probe.frame(); await probe.pause(100); }")
    figures = visit.figures()
    controls = "place => [...place.querySelectorAll('input[type=range], .ol-button, .ol-tools')].filter(probe.shown).length"
    paper = {
        "flaws": [f"{f.name}: {flaw}" for f in figures if (flaw := f.ask("probe.flaw"))],
        "dark": [f.name for f in figures if f.ask("place => probe.isDark(place)")],
        "controls": [f.name for f in figures if f.ask(controls)],
        "printed": page.evaluate(PRINTED),
        # Code that is folded away stays so, but for that of the exercises: on paper it is the text that counts.
        "folded": page.evaluate(FOLDED),
    }
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    paper["dark again"] = page.evaluate("probe.until(() => probe.isDark(document.body), 1000)")
    return paper


FOLDED = """() => document.querySelectorAll(
  "article details:not([open], .hide), article section[id^=exercise] details:not([open])").length"""
PRINTED = """() => [...document.querySelectorAll("header, nav, [role=navigation], .bd-sidebar, .prev-next-footer")]
  .filter((e) => !e.closest("article") && probe.shown(e) && e.getBoundingClientRect().height > 1)
  .map((e) => e.className || e.tagName)"""


def violations(page, way=FIRST):
    """Return what axe-core finds wrong, a line for each element.

    On the first visit by all its rules. On the phone, whose page is the same, by all around the article, and by those of
    `VARYING` everywhere; in the third way by those of colour around the article, which leaves the page as it is. Colours are
    looked at once for each look that a text has (`probe.thin`): element, colour, size, weight, and all that is behind it.
    """
    page.evaluate(AXE_SCRIPT)
    others, found = {"rules": {name: {"enabled": False} for name in COLORS}}, []
    around = {"rules": {name: {"enabled": False} for name in (*COLORS, *WHOLE)}}
    if way != FIRST:  # a checker looks through the whole page whatever it is asked, so the article is taken out for a moment
        page.evaluate("probe.takeOut(document.querySelector('article'))")
        found += asked(page, **around) if way == PHONE else asked(page, runOnly=COLORS)
        page.evaluate("probe.putBack()")
    if way != FILE:
        page.evaluate("probe.condense()")  # once more is once
        found += asked(page, **others, preload=True) if way == FIRST else []
        page.evaluate("probe.thin()")
        found += asked(page, runOnly=COLORS if way == FIRST else VARYING)
    return found


def slide_violations(page, **options):
    """Return what axe-core finds wrong on the slide that is shown, a line for each element: by all rules, as on a page.

    The other slides and all notes, which nobody sees, are taken out for a moment: a checker would look through them, too.
    What stays is condensed as a page is: axe-core takes a head of a table for empty that has nothing but a formula's MathML.
    """
    page.evaluate("'axe' in window") or page.evaluate(AXE_SCRIPT)
    # What fades in is pale until it is there.
    page.wait_for_function("() => !document.getAnimations().some((a) => a instanceof CSSTransition)")
    page.evaluate("() => probe.takeOut(...document.querySelectorAll('.slides aside, section[data-cells]:not(.present)'))")
    page.evaluate("probe.condense()")
    found = asked(page, **options)
    page.evaluate("probe.putBack()")
    return found


def asked(page, **options):
    """Return what axe-core finds with these options, a line for each element."""
    options = {"resultTypes": ["violations"], "preload": False} | options
    found = page.evaluate("options => axe.run(document, options).then(r => r.violations)", options)
    return [
        f"{rule['id']} ({rule['help']}): {' '.join(map(str, node['target']))} {node['html'][:160]}\n"
        f"    {node.get('failureSummary', '')}"
        for rule in found
        for node in rule["nodes"]
    ]
