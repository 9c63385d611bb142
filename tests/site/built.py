"""The built site as files, and a server for it that compresses as GitHub Pages does. Needs no browser."""

import contextlib
import gzip
import json
import re
import threading
from functools import cache
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
STATE = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
SUB_PATH = "/some/sub/path/"
PACKED = (".html", ".css", ".js", ".json", ".svg", ".txt", ".xml", ".ttf", ".inv", ".ipynb", ".md")  # what Pages compresses
MISSING = f"No built site: {HTML.relative_to(ROOT) / 'index.html'} does not exist. Run `make book` first."


def pages(site=HTML):
    """Return the paths of all pages, relative to the site: what Sphinx wrote, no static snippets, no JupyterLite, no slides.

    404.html is not among them: it is made for the published address alone, and has tests of its own.
    """
    return sorted(set(written(site)) - set(decks(site)) - {"404.html"})


def decks(site=HTML):
    """Return the paths of all decks of slides."""
    return [path for path in written(site) if is_deck(site / path)]


@cache
def is_deck(path):
    with path.open(encoding="utf-8") as file:
        return 'class="deck"' in file.read(200)


def written(site):
    found = (p.relative_to(site) for p in site.rglob("*.html"))
    return sorted(p.as_posix() for p in found if p.parts[0] not in ("_static", "lite"))


@cache
def original(page, site=HTML):
    """Return the page that `page` is a copy of, or itself: the root of the site shows the first page."""
    body = (site / page).read_bytes()
    twins = [p for p in pages(site) if (site / p).stat().st_size == len(body) and (site / p).read_bytes() == body]
    return next((p for p in twins if source(p, site)), page)


def originals(site=HTML):
    """Return all pages without those that are copies of others."""
    return [page for page in pages(site) if original(page, site) == page]


def source(page, site=HTML):
    """Return the path of the text that `page` was made from, or None: the index of words and the search page have none."""
    # A page written as text with cells has a notebook made from it beside its text.
    found = [site / "_sources" / f"{page.removesuffix('.html')}{kind}" for kind in (".md", ".ipynb")]
    return next((path for path in found if path.exists()), None)


def prose(page, site=HTML):
    """Return the text that `page` was made from, without code."""
    text = source(page, site).read_text(encoding="utf-8")
    if source(page, site).suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"] if cell["cell_type"] == "markdown")
    return re.sub(r"^(```+).*?^\1|`[^`]*`", "", text, flags=re.S | re.M)


def live_figures(page, site=HTML):
    """Return {model id: (kind, traits)} for the places of live figures on `page`, in order."""
    text = (site / page).read_text(encoding="utf-8")
    states = {}
    for body in re.findall(rf'<script type="{re.escape(STATE)}">(.*?)</script>', text, re.S):
        states |= json.loads(body)["state"]
    places = re.findall(r'<div class="live-figure" data-kind="(\w*)" data-model="(\w+)"', text)
    return {model: (kind, states[model]["state"]) for kind, model in places}


def widget_views(page, site=HTML):
    """Return how many live figures the code behind `page` showed when it ran."""
    code = code_cells(site / "_sources" / f"{page.removesuffix('.html')}.ipynb")
    sources = ["".join(cell["source"]) for cell in code]
    for path in (site.parent / ".jupyter_cache" / "executed").glob("*/base.ipynb"):
        executed = code_cells(path)
        if ["".join(cell["source"]) for cell in executed] == sources:
            return sum(VIEW in output.get("data", {}) for cell in executed for output in cell["outputs"])
    raise AssertionError(f"{page}: the code of its source was never run; the site is older than its source, run `make book`")


def code_cells(path):
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]


# A page's HTML --------------------------------------------------------------------------------------------------------


class Document(HTMLParser):
    """The elements of a page as (tag, attributes, texts), and its ids."""

    VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
    UNREAD = frozenset(("script", "style", "template", "annotation"))

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open = [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        element = (tag, {name: value or "" for name, value in attributes}, [])
        self.elements.append(element)
        if tag not in self.VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        while any(element[0] == tag for element in self.open) and self.open.pop()[0] != tag:
            pass

    def handle_data(self, text):
        if not any(element[0] in self.UNREAD for element in self.open):
            for element in self.open:
                element[2].append(text)

    def all(self, tag, **wanted):
        """Return (attributes, text) of each element `tag` that has the attributes `wanted`."""
        return [
            (attributes, " ".join("".join(texts).split()))
            for name, attributes, texts in self.elements
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]

    def meta(self, key):
        """Return the contents of the <meta> elements whose name or property is `key`."""
        return [a.get("content", "") for a, _ in self.all("meta") if key in (a.get("name"), a.get("property"))]

    @property
    def ids(self):
        found = [a["id"] for _, a, _ in self.elements if a.get("id")]
        return found + [a["name"] for tag, a, _ in self.elements if tag == "a" and a.get("name")]

    def addresses(self):
        """Yield the addresses of everything that the page loads or leads to."""
        for tag, a, _ in self.elements:
            # The canonical address is that of the published site, not of this copy.
            if a.get("href") and not (tag == "link" and a.get("rel") == "canonical"):
                yield a["href"]
            for name in ("src", "action", "formaction", "poster", "data", "xlink:href"):
                if a.get(name):
                    yield a[name]
            for part in filter(None, a.get("srcset", "").split(",")):
                yield part.split()[0]
            yield from re.findall(r"url\([\"']?([^\"')]+)", a.get("style", ""))


@cache
def document(page, site=HTML):
    return Document((site / page).read_text(encoding="utf-8"))


def article(page, site=HTML):
    """Return what stands between the navigation of a page as a document."""
    return Document(re.search(r"<article\b.*</article>", (site / page).read_text(encoding="utf-8"), re.S)[0])


def anchors(page, site=HTML):
    """Return the ids of a page that others may link to: without Sphinx's counters, and what a chapter cites."""
    passing = r"id\d+|bibliography" + ("" if page == "appendices/references.html" else r"|ref-.*")
    return [name for name in article(page, site).ids if not re.fullmatch(passing, name)]


# A server -------------------------------------------------------------------------------------------------------------


class Server:
    """Serves `site` under a sub-path of a free local port; `sent` lists (path in the site, bytes of the body).

    As Pages does, it compresses, and answers a missing address with 404.html.
    """

    def __init__(self, site=HTML, path=SUB_PATH):
        self.site, self.path, self.sent, self.replaced = Path(site), path, [], {}
        self._packed = {}
        self._answering = threading.Event()
        self._answering.set()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        self.address = self.origin + path

    def close(self):
        self._http.shutdown()
        self._http.server_close()

    def body(self, path):
        """Return (bytes, whether they are compressed) of a file of the site."""
        if path in self.replaced:
            return self.replaced[path], False
        if path not in self._packed:
            data, pack = (self.site / path).read_bytes(), path.endswith(PACKED)
            self._packed[path] = (gzip.compress(data, 6, mtime=0) if pack else data), pack
        return self._packed[path]

    @contextlib.contextmanager
    def replacing(self, files):
        """Serve other contents for some files for a while: {path: bytes}."""
        self.replaced = files
        try:
            yield
        finally:
            self.replaced = {}

    @contextlib.contextmanager
    def hanging(self):
        """Take requests and answer none for a while, neither with a file nor with a failure."""
        self._answering.clear()
        try:
            yield
        finally:
            self._answering.set()

    def _handler(server):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                server._answering.wait()
                target = unquote(urlsplit(self.path).path)
                path = target.removeprefix(server.path)
                if path.endswith("/") or not path:
                    path += "index.html"
                found = target.startswith(server.path) and (path in server.replaced or (server.site / path).is_file())
                asked, path = path if found else target, path if found else "404.html"
                data, packed = server.body(path)
                server.sent.append((asked, len(data)))
                self.send_response(200 if found else 404)
                kind = guess_type(path)[0] or "application/octet-stream"
                self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
                self.send_header("Content-Length", str(len(data)))
                if packed:
                    self.send_header("Content-Encoding", "gzip")
                self.end_headers()
                with contextlib.suppress(ConnectionError):  # a reader who left before the end
                    self.wfile.write(data)

            def log_message(self, *arguments):
                pass

        return Handler


def received(server):
    """Return {path: bytes sent} since `server.sent` was cleared; bodies only, without headers."""
    weights = {}
    for path, size in server.sent:
        weights[path] = weights.get(path, 0) + size
    return weights


def weigh(server, browser, page):
    """Return {path: bytes sent} of a first visit to `page`, scrolled to its end; bodies only, without headers."""
    server.sent.clear()
    context = browser.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    try:
        visit = context.new_page()
        visit.goto(server.address + page, wait_until="networkidle")
        visit.evaluate(
            "async () => { for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {"
            " scrollTo({ top: y, behavior: 'instant' }); await new Promise((done) => setTimeout(done, 20)); } }"
        )
        visit.wait_for_load_state("networkidle")
    finally:
        context.close()
    return received(server)
