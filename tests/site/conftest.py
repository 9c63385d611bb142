"""One browser and one server for all tests of the built site. Its pages and figures are found, never listed."""

import signal

import built
import drive
import pytest


def pytest_configure(config):
    config.addinivalue_line("markers", "kinds(*names): only live figures of these kinds")
    config.addinivalue_line("markers", "without(*names): no live figures of these kinds")


def pytest_generate_tests(metafunc):
    """What a test asks for by an argument's name: `page` every page, `chapter` every one with live figures, `notebook` every
    one made from a notebook, `figure_at` every live figure as (page, model id).
    """
    pages = built.pages()
    live = {page: built.live_figures(page) for page in built.originals()}
    only, without = (
        {kind for mark in metafunc.definition.iter_markers(name) for kind in mark.args} for name in ("kinds", "without")
    )
    found = {
        "page": [pytest.param(page, id=page) for page in pages],
        "chapter": [pytest.param(page, id=page) for page in live if live[page]],
        "notebook": [pytest.param(page, id=page) for page in live if str(built.source(page)).endswith(".ipynb")],
        "figure_at": [
            pytest.param((page, model), id=f"{page}#{traits.get('name') or model}")
            for page in live
            for model, (kind, traits) in live[page].items()
            if kind not in without and (kind in only or not only)
        ],
    }
    for name, values in found.items():
        if name in metafunc.fixturenames:
            # Where nothing is found there is still one test, and it fails.
            metafunc.parametrize(name, values or [pytest.param(None, id="none")])


@pytest.fixture(scope="session", autouse=True)
def site():
    """The folder of the built site."""
    if not (built.HTML / "index.html").is_file():
        pytest.fail(built.MISSING, pytrace=False)
    return built.HTML


@pytest.fixture(autouse=True)
def something(request):
    """A site without pages, or without live figures, is no site."""
    for name in ("page", "chapter", "notebook", "figure_at"):
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
def browser():
    with drive.chromium_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def visits(browser, server):
    """Open a page; it stays open from one figure to the next."""
    kept = {}

    def close():
        for visit in kept.values():
            visit.context.close()
        kept.clear()

    def visit(page):
        if page not in kept:
            close()
            kept[page] = drive.Visit(browser, server.address, page, permissions=["clipboard-read", "clipboard-write"])
        return kept[page]

    yield visit
    close()


@pytest.fixture
def figure(visits, figure_at, request):
    """A live figure on its page, with its first frame drawn."""
    page, model = figure_at
    visit, failed = visits(page), request.session.testsfailed
    yield drive.Figure(visit, model).begin()
    if request.session.testsfailed > failed:  # what a broken figure leaves behind must not trouble the next one
        visit.page.goto("about:blank")
        visit.page.goto(visit.base + page)
        visit.troubles.clear()
