"""What each page says of itself, and that every link, anchor and picture on it exists. Reads the files, needs no browser."""

import re
from collections import defaultdict
from urllib.parse import unquote, urljoin, urlsplit

import built
import pytest
import yaml

CONFIG = yaml.safe_load((built.ROOT / "_config.yml").read_text(encoding="utf-8"))
HOME = CONFIG["html"]["baseurl"]
HEAVY = "_esm fontawesome.js mathjax MathJax require.js requirejs html-manager thebe cdn. unpkg jsdelivr".split()
FILES = "file:///"  # stands for the root of the site while addresses are resolved


@pytest.fixture
def text(page):
    return built.document(page)


def canonical(text):
    found = [a["href"] for a, _ in text.all("link", rel="canonical")]
    assert len(found) == 1, f"canonical addresses: {found}"
    return found[0]


def local(address):
    """Return the path in the site that a published address stands for."""
    assert address.startswith(HOME), f"{address} is not below {HOME}"
    return unquote(urlsplit(address.removeprefix(HOME)).path) or "index.html"


def test_language_title_and_heading(text, page):
    assert text.all("html")[0][0].get("lang") == "en"
    assert text.all("html")[0][1], "a page without text"
    titles = [words for _, words in text.all("title")]
    assert titles and titles[0], "no title"
    headings = [words for _, words in text.all("h1")]
    assert len(headings) == 1, f"level-1 headings: {headings}"
    if page != "search.html":  # its title says Search, and so does its heading
        assert headings[0].rstrip("#").strip().split()[0] in titles[0]


def test_titles_are_unique(site):
    """Two pages with one title must be one page at two addresses, and say so."""
    pages = defaultdict(set)
    for page in built.pages():
        text = built.document(page)
        pages[text.all("title")[0][1]].add(tuple(a["href"] for a, _ in text.all("link", rel="canonical")))
    twice = {title: addresses for title, addresses in pages.items() if len(addresses) > 1}
    assert not twice, twice


def test_descriptions_are_unique(site):
    pages = defaultdict(set)
    for page in filter(built.source, built.originals()):
        text = built.document(page)
        pages[tuple(text.meta("description"))].add(canonical(text))
    twice = {description: addresses for description, addresses in pages.items() if len(addresses) > 1}
    assert not twice, twice


def test_front_matter_for_search_engines_and_previews(text, page, site):
    if not built.source(built.original(page)):  # the index and the search page are made by Sphinx and not for search engines
        assert not built.live_figures(page)
        return
    for key, least in (("description", 40), ("og:title", 3), ("og:description", 40), ("og:image:alt", 5), ("og:site_name", 5)):
        found = text.meta(key)
        assert len(found) == 1, f"{key}: {found}"
        assert len(found[0]) >= least, f"{key} is too short: {found[0]!r}"
    images = text.meta("og:image")
    assert images, "no picture for previews"
    for image in images:
        assert (site / local(image)).is_file(), f"og:image {image} is not in the site"
    assert (site / local(canonical(text))).is_file(), f"canonical {canonical(text)} is not in the site"
    assert text.meta("og:url") == [canonical(text)]
    assert text.all("link", rel="icon"), "no icon"


@pytest.mark.slides_too
def test_links_and_anchors(text, page, site):
    """Whatever the page loads or leads to within the site exists, down to the anchor."""
    broken = []
    for address in dict.fromkeys(text.addresses()):
        where = urlsplit(urljoin(FILES + page, address))
        if where.scheme in ("http", "https", "mailto", "data", "javascript"):
            continue
        path = unquote(where.path).lstrip("/")
        path += "index.html" if path.endswith("/") or not path else ""
        if not (site / path).is_file():
            broken.append(f"{address}: no such file")
        elif where.fragment and path.endswith(".html"):
            anchor = unquote(where.fragment).partition("?")[0]  # what follows is a figure's state
            if anchor not in built.document(path).ids:
                broken.append(f"{address}: {path} has no such anchor")
    assert not broken, "\n".join(broken)


@pytest.mark.slides_too
def test_states_in_links_name_settings_of_the_figure(text, page, site):
    """A link such as #valley?lr=0.21 names a live figure, and settings that it has."""
    wrong = []
    for address in text.addresses():
        where = urlsplit(urljoin(FILES + page, address))
        anchor, found, query = unquote(where.fragment).partition("?")
        if where.scheme != "file" or not found:
            continue
        traits = {t.get("name"): t for _, t in built.live_figures(unquote(where.path).lstrip("/")).values()}
        if anchor not in traits:
            wrong.append(f"{address}: no live figure {anchor!r}")
            continue
        known = re.findall(r'"key": ?"([^"]+)"|"([^"]+)":', built.json.dumps(traits[anchor]))
        names = {name for pair in known for name in pair if name}
        for setting in query.split("&"):
            if setting.partition("=")[0].rpartition(".")[2] not in names:
                wrong.append(f"{address}: {anchor} has no setting {setting!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.slides_too
def test_anchors_are_unique(text):
    ids = text.ids
    twice = sorted({name for name in ids if ids.count(name) > 1})
    assert not twice, f"ids that occur twice: {twice}"


@pytest.mark.slides_too
def test_pictures_have_descriptions(text):
    """Every picture has an alt text; only one inside something with a name of its own may leave it empty."""
    bare = [a.get("src") for a, _ in text.all("img") if "alt" not in a]
    assert not bare, f"pictures without alt: {bare}"
    silent = [a["src"] for a, _ in text.all("img") if not a["alt"].strip() and "_images/" in a["src"]]
    assert not silent, f"pictures whose description is empty: {silent}"
    hashed = [a["alt"] for a, _ in text.all("img") if re.search(r"[0-9a-f]{16}|\.(svg|png|jpe?g)$", a["alt"])]
    assert not hashed, f"descriptions that are file names: {hashed}"


def without_partner(text):
    """Return the pictures of a page that a dark page shows as they were drawn for a light one."""
    article = re.search(r"<article\b.*</article>", text, re.S)
    images = built.Document(re.sub(r"<noscript>.*?</noscript>", "", article[0] if article else "", flags=re.S)).all("img")
    lone, light = [], None
    for a, _ in images:
        classes = a.get("class", "").split()
        if light and "on-dark" in classes and a["src"].endswith("-dark.svg") and a["alt"] == light["alt"]:
            light = None
            continue
        lone += [light["src"]] if light else []
        light = a if "on-light" in classes else None
        if light is None and ("dark-light" not in classes or "on-dark" in classes):  # dark-light alone suits both
            lone.append(a["src"])
    return lone + ([light["src"]] if light else [])


def test_every_static_picture_has_its_dark_partner(page, site):
    """Whatever it is made of and wherever it stands; live figures draw themselves anew."""
    lone = without_partner((site / page).read_text(encoding="utf-8"))
    assert not lone, f"on a dark page these stay light: {lone}"


@pytest.mark.slides_too
def test_nothing_heavy_is_left(text, page, site):
    """No module of a figure in the page, no icon script, no other loader of widgets, no mathematics set by the reader."""
    source = (site / page).read_text(encoding="utf-8")
    for name in HEAVY:
        assert name not in source, f"{name} is in the page"
    assert not list((site / "_static").rglob("fontawesome*.js"))
    assert "$$" not in text.all("body")[0][1]


@pytest.mark.slides_too
def test_what_a_page_loads_is_its_own(text):
    """Scripts, styles, pictures and fonts come from the site itself; only links lead elsewhere."""
    outside = [
        a.get("src") or a.get("href")
        for tag, a, _ in text.elements
        if tag in ("script", "link", "img", "iframe", "source", "video", "audio")
        and (a.get("src") or a.get("href", "")).startswith(("http:", "https:", "//"))
        and a.get("rel") != "canonical"
    ]
    assert not outside, outside


def test_buttons_of_a_notebook(notebook):
    """Each notebook opens in Colab and on Binder, can be downloaded, and shows its source."""
    addresses, notebook = list(built.document(notebook).addresses()), notebook.removesuffix(".html") + ".ipynb"
    repository = CONFIG["repository"]["url"]
    for start in ("https://colab.research.google.com/", "https://mybinder.org/", repository):
        found = [a for a in addresses if a.startswith(start) and notebook.rpartition("/")[2] in unquote(a)]
        assert found, f"no link to {start}… for {notebook}"
    assert any(a.endswith(notebook) and not a.startswith("http") for a in addresses), "the notebook cannot be downloaded"
