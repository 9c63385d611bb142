"""What a reader gets where a page cannot be had: 404.html for a missing address, and the store for readers without a network.

GitHub Pages answers every missing address, at any depth, with 404.html, so its links begin with the path of the site. The
service worker, sw.js, stands at the root of the site, since it serves what lies below it; `worker.js` says what it does.
"""

import hashlib
import json
import re
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from collected import CHAPTERS

WORKER = Path(__file__).with_name("worker.js")
RELATIVE = re.compile(r'\b(href|src|action|data-content_root)="(?![#/]|[a-z]+:)(?:\./)?')
APART = ("lite/", "downloads/", "_sources/")  # large, and not pages: JupyterLite has a worker of its own
NOT_INDEXED = '<meta name="robots" content="noindex" />\n'
NOT_HERE = """<section id="not-here"><h1>This page is not here</h1>
<p>The address was mistyped, or what it named has moved.
The addresses of sections, figures and exercises are meant to last: if a link brought you here, please report it.</p>
<form class="bd-search d-flex" action="search.html" method="get" role="search" aria-label="Search the book">
<input class="form-control" type="search" name="q" placeholder="Search the book" aria-label="Words to search for" required>
<button class="btn" type="submit">Search</button></form>
<h2>Chapters</h2>
<ol class="chapters">{chapters}</ol>
<p>Or begin at the <a href="index.html">first page</a>.</p></section>"""
# The worker fills in the list of what is stored.
NOT_STORED = """<section id="not-stored"><h1>This page is not on your device</h1>
<p>There is no network, and this page was not stored before.
When the network is back, reload the page.</p>
<!-- stored -->
<p>Your browser keeps each page of the book that you visit.
Once you have stayed on one for a while it keeps the rest of the book too.</p>
</section>"""


def pages(app):
    """Yield the two pages, which look like the others."""
    address = app.builder.get_target_uri
    items = [
        f'<li><p><a href="{address(name)}"><strong>{escape(found["title"])}</strong></a> {escape(found["question"])}</p></li>'
        for name, found in sorted(CHAPTERS.of(app.env).items())
    ]
    for name, body in (("404", NOT_HERE.format(chapters="".join(items))), ("offline", NOT_STORED)):
        title = re.search("<h1>(.*?)</h1>", body)[1]
        yield name, {"title": title, "body": body, "metatags": NOT_INDEXED}, "page.html"


def rooted(text, root):
    """Return a page of the site's root with addresses that hold at any depth."""
    return RELATIVE.sub(lambda match: f'{match[1]}="{root}', text)


def finish(app, error):
    if error is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    missing = out / "404.html"
    missing.write_text(rooted(missing.read_text(encoding="utf-8"), urlsplit(app.config.html_baseurl).path), encoding="utf-8")
    book = [app.builder.get_target_uri(name) for name in contents(app.env, app.config.root_doc)]
    fonts = sorted(path.relative_to(out).as_posix() for path in (out / "_static" / "fonts").glob("*.woff2"))
    values = {
        "BUILD": digest(out),
        "BOOK": ["index.html", *book, "search.html", *fonts],
        "APART": APART,
        "RELATIVE": RELATIVE.pattern,
    }
    code = WORKER.read_text(encoding="utf-8")
    for name, value in values.items():
        code = code.replace(f"/* {name} */", json.dumps(value))
    (out / "sw.js").write_text(code, encoding="utf-8")


def contents(env, docname):
    """Yield a page and those below it, in the order of the table of contents."""
    yield docname
    for name in env.toctree_includes.get(docname, []):
        yield from contents(env, name)


def digest(out):
    """Return a hash of all that the worker may store."""
    found = hashlib.sha256()
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        if path.is_file() and name != "sw.js" and not name.startswith((*APART, ".")):
            found.update(name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def setup(app):
    app.connect("html-collect-pages", pages)
    app.connect("build-finished", finish, priority=990)  # when nothing changes any more
    return {"parallel_read_safe": True, "parallel_write_safe": True}
