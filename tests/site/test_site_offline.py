"""Without a network: what was visited is there, what was not is said so, a new publication replaces the old one.

And a missing address, which GitHub Pages answers with 404.html at any depth, at the path of the published site.
"""

import json
import re
import time
from urllib.parse import parse_qs, urljoin, urlsplit

import built
import drive
import pytest
import yaml
from playwright.sync_api import TimeoutError as PlaywrightTimeout

CONFIG = yaml.safe_load((built.ROOT / "_config.yml").read_text(encoding="utf-8"))
STORED = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const request of await (await caches.open(name)).keys()) found.push([name, request.url]);
  return found;
}"""
WAITED = """() => {
  const [{ fetchStart, responseStart }] = performance.getEntriesByType("navigation");
  return responseStart - fetchStart;
}"""
SAVES_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });\n"
ANOTHER = "another"
DEEP = "chapters/none/of/these.html"


class Reader:
    """A browser that keeps a service worker; `new_publication` of its server changes the worker and a page."""

    def __init__(self, browser, site, **settings):
        self.server = built.Server(site)
        self.context = drive.new_context(browser, service_workers="allow", **settings)
        self.page = self.context.new_page()
        self.troubles = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        live = [page for page in built.originals(site) if built.live_figures(page, site)]
        self.first, self.second, self.third = sorted(live, key=lambda p: (site / p).stat().st_size)[:3]

    def go(self, page):
        self.page.goto(self.server.address + page, wait_until="load")

    def stored(self):
        """Return {address in the site: name of the store}."""
        return {url.removeprefix(self.server.address): name for name, url in self.page.evaluate(STORED)}

    def wait_for(self, *pages, seconds=30):
        """Wait until these pages and files are stored."""
        for _ in range(10 * seconds):
            missing = set(pages) - set(self.stored())
            if not missing:
                return
            time.sleep(0.1)
        raise AssertionError(f"not stored: {sorted(missing)}")

    def wait_until_quiet(self):
        """Wait until nothing was sent for a second: what the worker stores beside the open page comes when it likes."""
        before = None
        while before != len(self.server.sent):
            before = len(self.server.sent)
            time.sleep(1)

    def wait_for_new_publication(self):
        """Wait until the worker of `republished` has taken over."""
        names = []
        for _ in range(300):  # to look into a store while it is removed would make it anew, so only its name is asked for
            names = self.page.evaluate("() => caches.keys()")
            if len(names) == 1 and names[0].endswith(f" {ANOTHER}"):
                return
            time.sleep(0.1)
        raise AssertionError(f"the stores are {names}, expected one, of the new publication")

    def loaded(self):
        """Return the files of the site that the open page has loaded."""
        names = self.page.evaluate("() => performance.getEntriesByType('resource').map((entry) => entry.name)")
        return [name.removeprefix(self.server.address) for name in names if name.startswith(self.server.address)]

    def moves_a_figure(self):
        model, place = next(
            (model, place)
            for place in self.page.query_selector_all(".live-figure:not([data-kind=Predict])")
            if (model := place.get_attribute("data-model"))
        )
        place.evaluate("(place) => probe.arrive(place)")
        visit = type("Open", (), {"page": self.page})
        figure = drive.Figure(visit, model).begin()
        figure.of("range", "handle")[0].nudge()
        assert figure.ask("probe.changes", figure.initial, 2000) != figure.initial, "it does not move"

    def close(self):
        self.context.close()
        self.server.close()


@pytest.fixture
def reader(browser, site):
    readers = []

    def open_reader(**settings):
        readers.append(Reader(browser, site, **settings))
        return readers[-1]

    yield open_reader
    for each in readers:
        each.close()


def heading(page):
    return page.text_content("h1").rstrip("#").strip()


def test_what_was_visited_is_there_without_a_network(reader):
    """The page that was open, reloaded, with its figures; another one that was visited; and no file of theirs is missing."""
    reader = reader()
    reader.go(reader.first)
    reader.wait_for(reader.first, *reader.loaded())
    reader.go(reader.second)
    reader.wait_for(reader.second, *reader.loaded())
    reader.wait_until_quiet()
    reader.context.set_offline(True)
    missing = []
    reader.page.on("requestfailed", lambda request: request.failure != "net::ERR_ABORTED" and missing.append(request.url))
    reader.page.reload()
    reader.moves_a_figure()
    reader.go(reader.first)
    reader.moves_a_figure()
    assert reader.page.evaluate("() => [...document.fonts].every((font) => font.status !== 'error')"), "a font is missing"
    assert not reader.troubles, reader.troubles
    assert not missing, f"not there without a network: {missing}"


def test_what_was_not_visited_is_said_to_be_missing(reader):
    """At any depth, in the look of the book, with a list of what is stored; and a stored page opens from it."""
    reader = reader()
    reader.go(reader.first)
    reader.wait_for(reader.first, *reader.loaded())
    reader.context.set_offline(True)
    for address in (reader.third, DEEP):
        reader.go(address)
        assert heading(reader.page) == "This page is not on your device"
        assert reader.page.evaluate("() => getComputedStyle(document.querySelector('article h1')).fontSize") == "38.4px"
    titles = reader.page.locator("ul.stored a").all_text_contents()
    assert titles == [built.document(reader.first).all("h1")[0][1].rstrip("#").strip()]
    reader.page.click("ul.stored a")
    reader.moves_a_figure()


def test_where_the_line_hangs_what_is_stored_comes_soon(reader):
    """It neither answers nor fails: a stored page comes after a while, the next at once; where it answers again, the newest."""
    reader = reader()
    for page in (reader.first, reader.second):
        reader.go(page)
        reader.wait_for(page, *reader.loaded())
    with reader.server.hanging():
        for page, patience in ((reader.first, 6), (reader.second, 2)):
            try:
                reader.go(page)
            except PlaywrightTimeout:
                pytest.fail(f"{page} is stored, and does not come on a line that hangs: the worker waits for the network")
            waited = reader.page.evaluate(WAITED) / 1000
            assert waited < patience, f"{page} is stored, and comes after {waited:.1f} s, expected less than {patience} s"
            reader.moves_a_figure()
    with reader.server.replacing({reader.first: mark((reader.server.site / reader.first).read_text(encoding="utf-8"))}):
        reader.go(reader.first)
        assert heading(reader.page).startswith("New:"), "the line answers again, and an old page is shown"
    assert not reader.troubles, reader.troubles


def test_a_reader_who_stays_gets_the_whole_book(reader, site):
    """Each chapter and the search are there for one who was on a single page for a while; no JupyterLite, no download."""
    reader = reader()
    reader.page.clock.install()
    reader.go(reader.first)
    reader.page.clock.run_for(2_000)
    reader.wait_for(reader.first)
    assert reader.third not in reader.stored(), "it is there before the reader has stayed"
    reader.page.clock.run_for(30_000)
    sources = [page for page in built.originals(site) if built.source(page, site)]
    reader.wait_for(*sources, "search.html", "searchindex.js")
    assert not [name for name in reader.stored() if name.startswith(("lite/", "downloads/", "_sources/"))]
    reader.page.clock.resume()
    reader.context.set_offline(True)
    reader.go(reader.third)
    reader.moves_a_figure()
    reader.go(f"search.html?q={built.document(reader.third).all('h1')[0][1].split()[0]}")
    reader.page.wait_for_selector(f"#search-results a[href*='{reader.third}']")


def test_a_reader_who_saves_data_gets_what_was_visited(reader, site):
    """Not the rest of the book after a while, and not what was stored of the old publication when there is a new one."""
    reader = reader()
    reader.context.add_init_script(SAVES_DATA)
    worker = SAVES_DATA.encode() + (site / "sw.js").read_bytes()  # the worker has a navigator of its own
    with reader.server.replacing({"sw.js": worker}):
        reader.page.clock.install()
        reader.go(reader.first)
        reader.page.clock.run_for(2_000)
        reader.wait_for(reader.first)
        reader.server.sent.clear()
        reader.page.clock.run_for(60_000)
        # What the page had asked for by now would be asked of the server before this one.
        asked = reader.server.address + reader.second
        reader.page.evaluate("url => navigator.serviceWorker.controller.postMessage({ keep: [url] })", asked)
        reader.wait_for(reader.second)
        more = {name for name, _ in reader.server.sent if name.endswith(".html")} - {reader.second}
        assert not more, f"for a reader who saves data the worker fetches what is not visited: {sorted(more)}"
    with reader.server.replacing({"sw.js": SAVES_DATA.encode() + republished(site)["sw.js"]}):
        reader.page.clock.resume()
        reader.go(reader.second)
        reader.wait_for_new_publication()
        reader.wait_for(reader.second)
        more = {name for name in reader.stored() if name.endswith(".html")} - {"offline.html", reader.second}
        assert not more, f"for a reader who saves data a new publication fetches what was stored before: {sorted(more)}"


def test_a_new_publication_replaces_the_old_one(reader, site):
    """The open page is new at once; a page that was stored before is new without a visit; the old store is gone."""
    reader = reader()
    reader.go(reader.first)
    reader.wait_for(reader.first)
    reader.go(reader.second)
    reader.wait_for(reader.second)
    with reader.server.replacing(republished(site, reader.first, reader.second)):
        reader.go(reader.second)
        assert heading(reader.page).startswith("New:"), "with a network, an old page is shown"
        reader.wait_for_new_publication()
        reader.wait_for(reader.first, reader.second)
        reader.context.set_offline(True)
        for page in (reader.first, reader.second):
            reader.go(page)
            assert heading(reader.page).startswith("New:"), f"{page} is the old one"
            reader.moves_a_figure()


def republished(site, *pages):
    """Return {path: bytes} of what is another in a new publication: the worker, and the first heading of these pages."""
    worker = (site / "sw.js").read_text(encoding="utf-8")
    another, found = re.subn(r'(const BUILD = )"\w+"', rf'\1"{ANOTHER}"', worker)
    assert found == 1, "the worker does not say which publication it is of"
    return {page: mark((site / page).read_text(encoding="utf-8")) for page in pages} | {"sw.js": another.encode()}


def mark(text):
    return re.sub(r"<h1>", "<h1>New: ", text).encode()


def test_a_file_has_no_worker(browser, site):
    """From file:// nothing is registered, and nothing complains."""
    with drive.Visit(browser, site.as_uri() + "/", "index.html", service_workers="allow") as visit:
        visit.page.wait_for_timeout(1500)
        visit.quiet()


def test_what_the_worker_stores_exists(site):
    worker = (site / "sw.js").read_text(encoding="utf-8")
    book = json.loads(re.search(r"^const BOOK = (.*);$", worker, re.M)[1])
    assert not [name for name in book if not (site / name).is_file()]
    assert {page for page in built.pages() if built.source(built.original(page))} <= set(book)
    assert not re.search(r"/\* [A-Z]+ \*/", worker), "a value was not filled in"


# A missing address ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(site):
    """The site at the path at which it is published."""
    server = built.Server(site, urlsplit(CONFIG["html"]["baseurl"]).path)
    yield server
    server.close()


def test_a_missing_address_leads_on(browser, published, site):
    """Deep down: the answer is 404, in the look of the book; its search finds a chapter; its links lead to the chapters."""
    with drive.Visit(browser, published.address, DEEP) as visit:
        visit.page.wait_for_load_state("networkidle")
        wrong = [trouble for trouble in visit.troubles if DEEP not in trouble and "status of 404" not in trouble]
        assert not wrong, wrong
        assert [trouble for trouble in visit.troubles if trouble == f"status 404: {published.address}{DEEP}"]
        assert heading(visit.page) == "This page is not here"
        logo = visit.page.evaluate("() => document.querySelector('.navbar-brand img').naturalWidth")
        assert logo > 0, "its pictures are missing"
        report = parse_qs(urlsplit(visit.page.get_attribute("a.report", "href")).query)["body"][0]
        assert f"Page: {published.address}{DEEP}\n" in report, f"a report does not name the missing address:\n{report}"
        chapters = [page for page in built.originals() if page.startswith("chapters/")]
        linked = visit.page.eval_on_selector_all("article ol.chapters a", "all => all.map((a) => a.href)")
        assert linked == [published.address + page for page in chapters]
        visit.page.fill("article input[name=q]", "momentum")
        visit.page.press("article input[name=q]", "Enter")
        visit.page.wait_for_selector("#search-results a[href*='04_momentum.html']")


def test_links_of_the_missing_page(site):
    """All of them begin with the path of the site and exist."""
    base, text = urlsplit(CONFIG["html"]["baseurl"]).path, built.document("404.html")
    broken = []
    for address in text.addresses():
        path = urlsplit(urljoin(f"file://{base}deep/down/", address))
        if path.scheme == "file" and not address.startswith("#"):
            name = path.path.removeprefix(base)
            if not path.path.startswith(base) or not (site / name).is_file():
                broken.append(address)
    assert not broken, broken
