"""Links that no page shows as a relative address: to the published site, to the repository, from pictures, styles and scripts,
from figures' words, from the search index, from the notebooks, and from the repository's own texts.
"""

import json
import re
import subprocess
from functools import cache
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import built
import pytest
import yaml

CONFIG = yaml.safe_load((built.ROOT / "_config.yml").read_text(encoding="utf-8"))
HOME, REPOSITORY, BRANCH = CONFIG["html"]["baseurl"], CONFIG["repository"]["url"], CONFIG["repository"]["branch"]
ANOTHER = "ada/book"  # a repository that is not this one
MARKDOWN = re.compile(r"(?<!!)\[[^\]]*\]\(<?([^()\s>]+)>?\)|!\[[^\]]*\]\(<?([^()\s>]+)>?\)")
IN_TEXT = re.compile(r"https?://[^\s<>\"'`)\]}]*[^\s<>\"'`)\]},;]")  # a comma after an address is the sentence's
FILES = "file:///"  # stands for the root of the site, or of the repository, while addresses are resolved


@cache
def tracked():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    return frozenset(subprocess.run(command, cwd=built.ROOT, capture_output=True, text=True, check=True).stdout.splitlines())


def trouble_on_site(path, fragment, site):
    """Return what is wrong with an address in the site, or None."""
    path = unquote(path).lstrip("/")
    path += "index.html" if path.endswith("/") or not path else ""
    if not (site / path).is_file():
        return f"the site has no {path}"
    anchor = unquote(fragment).partition("?")[0]  # what follows is a figure's state
    if anchor and path.endswith(".html") and anchor not in built.document(path, site).ids:
        return f"{path} has no anchor {anchor!r}"
    return None


def trouble(address, site):
    """Return what is wrong with an address of the published site or of a file of the repository, None for any other."""
    address, fragment = urldefrag(address)
    if address.startswith(HOME.rstrip("/")):
        return trouble_on_site(address.removeprefix(HOME.rstrip("/")), fragment, site)
    found = re.match(rf"{re.escape(REPOSITORY)}/(?:blob|tree|edit|raw)/{re.escape(BRANCH)}/([^?]*)", address)
    if found and unquote(found[1]) not in tracked() and not (built.ROOT / unquote(found[1])).is_dir():
        return f"the repository has no {found[1]}"
    services = r"https://(?:colab\.research\.google\.com/github/[^/]+/[^/]+/blob/[^/]+/|mybinder\.org/.*?lab/tree/)([^?]+)"
    found = re.match(services, address)
    if found and not (built.ROOT / unquote(found[1])).exists():
        return f"the repository has no {found[1]}"
    return None


def broken(addresses, site):
    return [f"{address}: {why}" for address in dict.fromkeys(addresses) if (why := trouble(address, site))]


def test_absolute_links_to_site_and_repository(page, site):
    """Canonical and preview addresses too, in the head and in the text of a page."""
    text = (site / page).read_text(encoding="utf-8")
    wrong = broken((address.replace("&amp;", "&") for address in IN_TEXT.findall(text)), site)
    assert not wrong, "\n".join(wrong)


def test_links_in_the_words_of_live_figures(chapter, site):
    """Captions, sentences, questions and answers hold no link that is broken."""
    wrong = []
    for _, traits in built.live_figures(chapter, site).values():
        for found in re.finditer(r"\]\(([^()\s\"\\]+\.(?:html|ipynb)[^()\s\"\\]*)\)|href=\\?\"([^\"\\]+)", json.dumps(traits)):
            where = urlsplit(urljoin(FILES + chapter, found[1] or found[2]))
            if where.scheme == "file" and (why := trouble_on_site(where.path, where.fragment, site)):
                wrong.append(f"{traits.get('name')}: {why}")
    assert not wrong, "\n".join(wrong)


def test_links_in_pictures_and_styles(site):
    """What an SVG or a style sheet in use refers to is in the site, or in the file itself."""
    wrong = []
    sheets = [site / "_static" / name for name in ("site.css", "figures.css")]
    for path in (*sorted((site / "_images").glob("*.svg")), *sheets):
        text = path.read_text(encoding="utf-8")
        found = re.findall(r"""url\(["']?([^"')]+)""", text) + re.findall(r'(?:xlink:)?href="([^"]+)"', text)
        for address in dict.fromkeys(found):
            where = urlsplit(address)
            if address.startswith("#"):
                if not re.search(rf'id="{re.escape(address[1:])}"', text):
                    wrong.append(f"{path.name}: nothing is {address}")
            elif where.scheme not in ("data", "http", "https") and not (path.parent / unquote(where.path)).is_file():
                wrong.append(f"{path.name}: {address}")
    assert not wrong, "\n".join(wrong)


def test_files_that_scripts_ask_for(site):
    """Pages and files of the site that the site's own scripts name."""
    wrong = []
    for name in ("page.js", "afm.js", "figures.js"):
        text = (site / "_static" / name).read_text(encoding="utf-8")
        wrong += broken(IN_TEXT.findall(text), site)
        for found in re.findall(r"""["']((?:[\w-]+/)*[\w-]+\.(?:js|css|html|json))["']""", text):
            if not (site / found).is_file() and not (site / "_static" / found).is_file():
                wrong.append(f"{name}: {found}")
    assert not wrong, "\n".join(wrong)


def test_search_index(site):
    """Each page that the search may find is there."""
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    names = json.loads(index[index.index("(") + 1 : index.rindex(")")])["docnames"]
    assert len(names) == len([page for page in built.originals(site) if built.source(page, site)])
    assert not [name for name in names if not (site / f"{name}.html").is_file()]


def links_of_text(text):
    """Return the addresses that a text in Markdown leads to, without those in code."""
    text = re.sub(r"^(```+).*?^\1|`[^`\n]*`", "", text, flags=re.S | re.M)
    return [a or b for a, b in MARKDOWN.findall(text)] + IN_TEXT.findall(text) + re.findall(r'(?:href|src)="([^"]+)"', text)


@pytest.mark.parametrize(
    "name", sorted(name for name in tracked() if re.fullmatch(r"[A-Z-]+\.md|.*/README\.md|LICENSE-.*", name))
)
def test_links_of_the_repositorys_texts(name, site):
    """README and the like: files that exist, headings that exist in them, addresses of the site that exist."""
    wrong = []
    for address in links_of_text((built.ROOT / name).read_text(encoding="utf-8")):
        where = urlsplit(urljoin(FILES + name, address))
        if where.scheme in ("http", "https"):
            wrong += broken([address], site)
        elif where.scheme == "file":
            path = built.ROOT / unquote(where.path).lstrip("/")
            if not path.exists():
                wrong.append(address)
            elif where.fragment and path.suffix == ".md" and where.fragment not in slugs(path.read_text(encoding="utf-8")):
                wrong.append(f"{address}: no such heading")
    assert not wrong, "\n".join(wrong)


def slugs(text):
    """Return the anchors that the repository's host makes of the headings of a Markdown text."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_of_a_notebook(notebook, site):
    """In Jupyter, where links are relative to the notebook: other notebooks and pages exist, down to the anchor."""
    source = built.source(notebook, site)
    if source.suffix != ".ipynb":
        return
    wrong, folder = [], notebook.rpartition("/")[0]
    for address in links_of_text(built.prose(notebook, site)):
        where = urlsplit(urljoin(f"{FILES}{folder}/", address))
        if where.scheme in ("http", "https"):
            wrong += broken([address], site)
        elif where.scheme == "file" and not address.startswith("#"):
            path = unquote(where.path).lstrip("/")
            page = re.sub(r"\.(ipynb|md)$", ".html", path)
            if path not in tracked():
                wrong.append(f"{address}: the repository has no {path}")
            elif page.endswith(".html") and (why := trouble_on_site(page, where.fragment, site)):
                wrong.append(f"{address}: {why}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "address",
    [
        HOME + "chapters/none.html",
        HOME + "intro.html#none",
        f"{REPOSITORY}/blob/{BRANCH}/none.md",
        f"{REPOSITORY}/edit/{BRANCH}/chapters/none.ipynb",
        f"https://colab.research.google.com/github/{ANOTHER}/blob/{BRANCH}/chapters/none.ipynb",
        f"https://mybinder.org/v2/gh/{ANOTHER}/main?urlpath=lab/tree/chapters/none.ipynb",
    ],
)
def test_a_broken_link_is_seen(address, site):
    assert trouble(address, site)


def test_a_good_link_passes(site):
    good = [HOME, HOME.rstrip("/"), HOME + "intro.html#chapters", f"{REPOSITORY}/blob/{BRANCH}/README.md", REPOSITORY]
    assert broken([*good, "https://example.org/none"], site) == []
