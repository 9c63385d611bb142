"""Every page, from a server under a sub-path and from a file, light and dark, wide and on a phone."""

import functools

import built
import drive
import pytest
from axe_playwright_python.base import AXE_SCRIPT

# Each pair of settings occurs once.
WAYS = {
    "server, wide, light": ("server", drive.WIDE, "light"),
    "server, phone, dark": ("server", drive.PHONE, "dark"),
    "file, wide, dark": ("file", drive.WIDE, "dark"),
    "file, phone, light": ("file", drive.PHONE, "light"),
}
# From the server axe applies all its rules; from a file only those of colour, for what a phone does not show in the dark.
COLORS = ["color-contrast", "link-in-text-block"]
LEAST_TEXT, LEAST_TARGET = 11, 24  # pixels; the target is that of WCAG 2.2, 2.5.8


@pytest.fixture(scope="module")
def visited(browser, server, site):
    """Visit a page in one way, look at everything there, and remember it."""
    bases = {"server": server.address, "file": site.as_uri() + "/"}

    @functools.cache
    def look(page, way):
        origin, size, theme = WAYS[way]
        with drive.Visit(browser, bases[origin], page, size=size, theme=theme) as visit:
            return inspect(visit)

    return look


def inspect(visit):
    """Return what is wrong on a page after scrolling through it, and with everything folded away opened."""
    figures = visit.arrive()
    seen = {
        "figures": len(figures),
        "flaws": [f"{f.name}: {flaw}" for f in figures if (flaw := f.ask("probe.flaw"))],
        "small": [f"{f.name}: {text}" for f in figures for text in f.ask("probe.smallText", LEAST_TEXT)],
        "misplaced": [f"{f.name}: {flaw}" for f in figures for flaw in f.ask("probe.misplaced", LEAST_TARGET)],
        "overflow": visit.page.evaluate("probe.overflowing()"),
        "dark": visit.page.evaluate("probe.isDark(document.body)"),
        "dark figures": [f.ask("place => probe.isDark(place)") for f in figures],
    }
    visit.page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    visit.page.evaluate("async () => { await probe.frame(); await probe.frame(); }")
    seen["overflow"] += visit.page.evaluate("probe.overflowing()")
    seen["troubles"] = list(visit.troubles)
    if visit.page.url.startswith("http") or visit.page.viewport_size == drive.WIDE:
        visit.page.evaluate("probe.condense()")
        seen["axe"] = violations(visit.page)
    return seen


def violations(page):
    """Return what axe-core finds wrong, a line for each element."""
    page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"]}
    if page.url.startswith("file:"):
        options |= {"runOnly": COLORS, "preload": False}  # from a file it may not read style sheets as text
    found = page.evaluate("options => axe.run(document, options).then(r => r.violations)", options)
    return [
        f"{rule['id']} ({rule['help']}): {' '.join(map(str, node['target']))} {node['html'][:160]}\n"
        f"    {node.get('failureSummary', '')}"
        for rule in found
        for node in rule["nodes"]
    ]


def listed(problems):
    return "\n".join(problems)


@pytest.fixture(params=WAYS, ids=lambda way: way.replace(", ", "-"))
def way(request):
    return request.param


def test_loads_without_error_or_outside_request(visited, page, way):
    seen = visited(page, way)
    assert not seen["troubles"], listed(seen["troubles"])


def test_every_figure_draws_its_first_frame(visited, chapter, way):
    """As many figures as the notebook showed when it ran, each drawn without any input, in the page's theme."""
    seen = visited(chapter, way)
    assert not seen["flaws"], listed(seen["flaws"])
    assert seen["figures"] == built.widget_views(chapter)
    dark = WAYS[way][2] == "dark"
    assert seen["dark"] == dark, f"the page is {'dark' if seen['dark'] else 'light'} for a reader who wants it {WAYS[way][2]}"
    assert seen["dark figures"] == [dark] * seen["figures"]


def test_nothing_scrolls_sideways(visited, page, way):
    seen = visited(page, way)
    assert not seen["overflow"], listed(seen["overflow"])


def test_figures_can_be_read_and_hit(visited, chapter, way):
    seen = visited(chapter, way)
    assert not seen["small"], listed(seen["small"])
    assert not seen["misplaced"], listed(seen["misplaced"])


@pytest.mark.parametrize("way", [way for way in WAYS if way != "file, phone, light"], ids=lambda way: way.replace(", ", "-"))
def test_accessible(visited, page, way):
    seen = visited(page, way)
    assert not seen["axe"], listed(seen["axe"])


def test_no_page_lost_its_figures(site):
    """Each notebook that showed live figures has them on its page."""
    notebooks = [p for p in built.originals() if (site / "_sources" / f"{p.removesuffix('.html')}.ipynb").exists()]
    assert notebooks
    counts = {page: (built.widget_views(page), len(built.live_figures(page))) for page in notebooks}
    assert all(shown == there for shown, there in counts.values()), f"page: (shown by its code, on the page): {counts}"


def test_search_finds_a_chapter(browser, server, site):
    """The search page, whose scripts are its own, finds each chapter by its title."""
    titles = {page: built.document(page).all("h1")[0][1].rstrip("#") for page in built.originals() if built.live_figures(page)}
    for page, title in titles.items():
        with drive.Visit(browser, server.address, "search.html?q=" + title) as visit:
            visit.page.wait_for_selector(f"#search-results a[href*='{page}']")
            visit.quiet()


def test_theme_switch(browser, server, chapter):
    """The page's own switch turns page and figures dark, and they are drawn anew."""
    with drive.Visit(browser, server.address, chapter) as visit:
        figures = [f for f in visit.figures() if f.kind != "Predict"][:3]
        for figure in figures:
            figure.begin()
        before = [f.rested() for f in figures]
        for _ in range(3):
            visit.page.locator("button.theme-switch-button:visible").first.click()
            if visit.page.evaluate("document.documentElement.dataset.theme") == "dark":
                break
        assert visit.page.evaluate("probe.isDark(document.body)")
        for figure, light in zip(figures, before, strict=True):
            figure.ask("probe.arrive")
            assert figure.ask("place => probe.isDark(place)"), f"{figure.name} stays light"
            if light["canvases"]:
                assert figure.rested()["canvases"] != light["canvases"], f"{figure.name} is not drawn anew in the dark"
        visit.quiet()
