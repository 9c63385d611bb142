"""Every page, from a server under a sub-path and from a file, light and dark, wide and on a phone, only looked at.

A page is opened three times and looked at in four ways (`visits.WAYS`, each pair of settings once): in each, the console
stays silent, nothing is asked of another host, each figure draws its first frame in the page's theme, no text is too small,
no control too small or out of the window, nothing scrolls sideways or begins left of its box, also with all that is folded
away opened. The fourth way comes from the third by changing the window and the theme of the open page. Copies of a page at
another address are opened in the first way only.

Axe applies all its rules to the light page on a wide screen. On the dark one on a phone it applies them around the article,
and in it those whose answer depends on window or theme; on the dark one on a wide screen, around the article, that of
contrast. Contrast is looked at once for each look that a text has: element, colour, size, weight, and all that is behind it.
"""

import built
import drive
import pytest
import visits


@pytest.fixture(params=visits.WAYS, ids=lambda way: way.replace(", ", "-"))
def way(request):
    return request.param


def listed(problems):
    return "\n".join(problems)


@pytest.fixture
def seen(tour, original, way):
    return tour.visit(original, way).seen


def test_loads_without_error_or_outside_request(seen):
    assert not seen["troubles"], listed(seen["troubles"])


def test_every_figure_draws_its_first_frame(seen, original, way):
    """As many figures as the notebook showed when it ran, each drawn without any input, in the page's theme."""
    assert not seen["flaws"], listed(seen["flaws"])
    assert seen["figures"] == len(built.live_figures(original))
    wanted = visits.WAYS[way][2]
    dark = wanted == "dark"
    assert seen["dark"] == dark, f"the page is {'dark' if seen['dark'] else 'light'} for a reader who wants it {wanted}"
    assert seen["dark figures"] == [dark] * seen["figures"]


def test_nothing_scrolls_sideways(seen):
    assert not seen["overflow"], listed(seen["overflow"])


def test_no_line_begins_with_a_comma(seen):
    """None ends between a formula and the comma or the full stop behind it, nor between a number and its "%"."""
    assert not seen["ends"], listed(seen["ends"])


def test_links_have_one_color(seen):
    """The theme gives those in tables another one."""
    assert len(seen["links"]) < 2, seen["links"]


def test_figures_can_be_read_and_hit(seen):
    assert not seen["small"], listed(seen["small"])
    assert not seen["unscaled"], listed(seen["unscaled"])
    assert not seen["misplaced"], listed(seen["misplaced"])


@pytest.mark.parting
@pytest.mark.parametrize("way", [way for way in visits.WAYS if way != visits.TURNED], ids=lambda way: way.replace(", ", "-"))
def test_accessible(tour, original, way):
    found = visits.violations(tour.visit(original, way).page, way)
    assert not found, listed(found)


def test_copies_load_without_error(browser, server, site):
    """The root of the site, which is a copy of the first page, finds its styles, scripts and pictures where it stands."""
    copies = set(built.pages()) - set(built.originals())
    assert "index.html" in copies
    for page in copies:
        with drive.Visit(browser, server.address, page) as visit:
            visit.arrive()
            visit.quiet()


def test_no_page_lost_its_figures(site):
    """Each notebook that showed live figures has them on its page."""
    notebooks = [p for p in built.originals() if (site / "_sources" / f"{p.removesuffix('.html')}.ipynb").exists()]
    assert notebooks
    counts = {page: (built.widget_views(page), len(built.live_figures(page))) for page in notebooks}
    assert all(shown == there for shown, there in counts.values()), f"page: (shown by its code, on the page): {counts}"


EMPTY = '<html lang="en"><body><div role="main">A page.</div></body></html>'


def reads(route):
    """Whether a script reads a page, rather than the reader."""
    return route.request.resource_type in ("fetch", "xhr")


def test_search_finds_each_chapter(browser, server, site):
    """The search page, whose scripts are its own, finds each chapter by its title; the first time with a line of each page."""
    titles = {page: built.document(page).all("h1")[0][1].rstrip("#") for page in built.originals() if built.live_figures(page)}
    context = drive.new_context(browser)
    for page, title in titles.items():  # each in a tab of its own: what the last one still fetches is not broken off
        with drive.Visit(browser, server.address, f"search.html?q={title}", context=context) as visit:
            visit.page.wait_for_selector(f"#search-results a[href*='{page}']")
            visit.page.wait_for_load_state("networkidle")  # it reads the pages that it has found, for a line of each
            visit.quiet()
        context.unroute_all()
        context.route("**/*.html", lambda route: route.fulfill(body=EMPTY) if reads(route) else route.continue_())
    context.close()


def switch(page, theme):
    """Press the page's own switch until it says this theme."""
    for _ in range(3):
        page.locator("button.theme-switch-button:visible").first.click()
        if page.evaluate("document.documentElement.dataset.theme") == theme:
            break
    page.mouse.move(1, 500)  # away from the switch, so that its hint goes
    page.evaluate(
        "async () => { document.activeElement.blur(); await probe.until(() => !document.querySelector('.tooltip')); }"
    )


def test_theme_switch(wide):
    """The page's own switch turns page and figures dark, which are drawn anew, and back to the first picture."""
    figures = [f for f in wide.figures() if f.kind != "Predict"][:3]
    figures = [wide.figure(f.model) for f in figures]
    switch(wide.page, "dark")
    assert wide.page.evaluate("probe.isDark(document.body)")
    for figure in figures:
        figure.ask("probe.arrive")
        assert figure.ask("place => probe.isDark(place)"), f"{figure.name} stays light"
        if figure.initial["canvases"]:
            assert figure.rested()["canvases"] != figure.initial["canvases"], f"{figure.name} is not drawn anew in the dark"
    switch(wide.page, "light")
    for figure in figures:
        figure.must_be(figure.initial, "dark and light again, the picture is another one")
    wide.quiet()
