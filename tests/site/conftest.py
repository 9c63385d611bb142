"""One server and one tour of the pages for all tests of the built site. Pages and figures are found, never listed.

Tests of one page stand together, whatever module they are in, and in the order of the ways in which it is visited, so that each
way opens the page once (`tour`). Distributed over several processes, a page is the unit (`sharding.py`).
"""

import signal

import built
import pytest
import visits


def pytest_configure(config):
    config.addinivalue_line("markers", "kinds(*names): only live figures of these kinds")
    config.addinivalue_line("markers", "without(*names): no live figures of these kinds")
    config.addinivalue_line("markers", "needs(*words): a page with a figure in whose traits these words stand")
    config.addinivalue_line("markers", "slides_too: of the slides as well as of the pages")
    config.addinivalue_line("markers", "parting: changes the page, so it comes after the other tests that visit it in this way")


def pytest_generate_tests(metafunc):
    """What a test asks for by an argument's name: `page` every page, `original` those that are no copies of others, `chapter`
    every one with live figures, `notebook` every one made from a notebook, `figure_at` every live figure as (page, model id),
    `deck` every deck of slides, `lecture` those that are no questions.
    """
    live = {page: built.live_figures(page) for page in built.originals()}
    only, without = (
        {kind for mark in metafunc.definition.iter_markers(name) for kind in mark.args} for name in ("kinds", "without")
    )

    def of(page, value=None, name=None):
        return pytest.param(value or page, id=name or page)

    found = {
        "page": [
            of(page) for page in built.pages() + (built.decks() if metafunc.definition.get_closest_marker("slides_too") else [])
        ],
        "deck": [of(page) for page in built.decks()],
        "lecture": [of(page) for page in built.decks() if not page.endswith("_questions.html")],
        "original": [of(page) for page in live],
        "chapter": [of(page) for page in live if live[page]],
        "notebook": [of(page) for page in live if str(built.source(page)).endswith(".ipynb")],
        "figure_at": [
            of(page, (page, model), f"{page}#{traits.get('name') or model}")
            for page in live
            for model, (kind, traits) in live[page].items()
            if kind not in without and (kind in only or not only)
        ],
    }
    for name, values in found.items():
        if name in metafunc.fixturenames:
            # Where nothing is found there is still one test, and it fails.
            metafunc.parametrize(name, values or [pytest.param(None, id="none")])


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    yield
    pages = {page: number for number, page in enumerate(built.pages())}

    def place(item):
        """Where a test of a page stands: by page, by the way of visiting it, by figure, and what changes the page last."""
        given = item.callspec.params if hasattr(item, "callspec") else {}
        named = (value for value in given.values() if isinstance(value, str) and value in pages)
        page, model = given.get("figure_at") or (next(named, None), "")
        if page not in pages:
            return (-1,)
        needed = visits.order(item.fixturenames, given.get("way"))
        figures = list(built.live_figures(page))
        parting = item.get_closest_marker("parting") is not None
        return pages[built.original(page)], needed, parting, figures.index(model) if model in figures else len(figures)

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def site():
    """The folder of the built site."""
    if not (built.HTML / "index.html").is_file():
        pytest.fail(built.MISSING, pytrace=False)
    return built.HTML


@pytest.fixture(autouse=True)
def something(request):
    """A site without pages, or without live figures, is no site."""
    for name in ("page", "original", "chapter", "notebook", "figure_at", "deck", "lecture"):
        if name in request.fixturenames and request.getfixturevalue(name) is None:
            pytest.fail(f"the built site has nothing for {name!r}", pytrace=False)


@pytest.fixture(autouse=True)
def patience():
    """A page that does not answer is a failure, not an endless wait."""

    def give_up(*_):
        raise TimeoutError("no answer from the page in 180 s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(180)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def server(site):
    server = built.Server(site)
    yield server
    server.close()


@pytest.fixture(scope="session")
def tour(browser, server, site):
    """Visit pages one after the other, each in several ways."""
    tour = visits.Tour(browser, server, site)
    yield tour
    tour.close()


@pytest.fixture
def wide(tour, chapter):
    """A page with figures on a wide screen, light, from a server, on a first visit."""
    return tour.visit(chapter, visits.FIRST)


@pytest.fixture
def figure(tour, figure_at, request):
    """A live figure on its page on a wide screen, with its first frame drawn."""
    page, model = figure_at
    visit, failed = tour.visit(page, visits.FIRST), request.session.testsfailed
    yield visit.figure(model)
    if request.session.testsfailed > failed:  # what a broken figure leaves behind must not trouble the next one
        visit.anew()
