"""The whole book as a PDF, which `make pdf` prints, and one chapter printed from the browser."""

import json
import re
import sys
import unicodedata

import built
import drive
import pypdfium2
import pytest
import yaml
from pypdf import PdfReader

sys.path.insert(0, str(built.ROOT / "tools"))
import book_pdf
import edition

CONFIG = yaml.safe_load((built.ROOT / "_config.yml").read_text(encoding="utf-8"))
PAGES = list(book_pdf.pages((built.ROOT / "_toc.yml").read_text(encoding="utf-8")))
MOST = 25e6  # bytes
PLAIN = re.compile(r"[^$`*\[\]{}()<>|\\:_\n]{30,}")  # words between mathematics, code and links


def squeezed(text):
    """Return the letters and digits of a text: where lines and words are broken is no matter."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text)))


def stands(words, whole):
    """Whether the words are in a squeezed text, in one piece or in two: a page may end between them."""
    words = squeezed(words)
    return any(words[:cut] in whole and words[cut:] in whole for cut in range(len(words)))


@pytest.fixture(scope="module")
def book():
    if not book_pdf.TARGET.is_file():
        pytest.fail(f"No book: {book_pdf.TARGET} does not exist. Run `make pdf` first.", pytrace=False)
    return PdfReader(book_pdf.TARGET)


def read(path):
    """Return the text of each page of a PDF, without its foot."""
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_bounded(bottom=50) for page in document]


@pytest.fixture(scope="module")
def texts(book):
    return read(book_pdf.TARGET)


@pytest.fixture(scope="module")
def outline(book):
    """(level from 1, title, page number from 1) of all entries of the outline."""
    with pypdfium2.PdfDocument(book_pdf.TARGET) as document:
        return [(entry.level + 1, entry.get_title(), entry.get_dest().get_index() + 1) for entry in document.get_toc()]


def headings(page, tag):
    """Return the headings of a built page, without the sign for their link."""
    return [text.removesuffix("#") for _, text in built.article(page).all(tag)]


def test_every_page_and_section_is_in_the_outline(outline):
    expected = [(1, "Contents")]
    for page in PAGES:
        number = f"{page.number} " if page.number else ""
        (title,) = headings(page.path, "h1")
        expected.append((1, number + title))
        expected += [(2, heading) for heading in headings(page.path, "h2")]
    entries = {(level, squeezed(title)) for level, title, _ in outline}
    missing = [title for level, title in expected if (level, squeezed(title)) not in entries]
    assert not missing, f"the outline ({len(outline)} entries) lacks {len(missing)} of {len(expected)} headings: {missing[:5]}"
    found = [(level, squeezed(title)) for level, title, _ in outline if level < 3]
    assert found == [(level, squeezed(title)) for level, title in expected], "more entries than headings, or another order"


def test_the_contents_say_on_which_page_each_begins(outline, texts):
    assert len(outline) > len(PAGES), f"the outline has {len(outline)} entries: the contents cannot be found by it"
    contents = texts[outline[0][2] - 1 : outline[1][2] - 1]
    listed = [(title, number) for level, title, number in outline[1:] if level < 3]
    whole = squeezed(" ".join(contents))
    assert not [title for title, _ in listed if squeezed(title) not in whole]
    # The numbers were printed over the contents: each page's text ends with its own.
    printed = squeezed("".join(re.search(r"[\d\s]*$", text)[0] for text in contents))
    for title, number in listed:
        assert printed.startswith(str(number)), f"{title!r}: outline page {number}, the contents go on {printed[:3]}…"
        printed = printed.removeprefix(str(number))
    assert not printed, f"the contents have more page numbers than entries: {printed}"


def solutions(page):
    """Yield (exercise, a plain sentence of its solution, a line of its last cell of code) for a chapter."""
    heading, said, code = None, None, None
    for cell in json.loads(built.source(page).read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        title = re.search(r"^#{2,3} (.*)$", source, re.M)
        if title and heading:
            yield heading, said, code
        if title:
            heading, said, code = (title[1] if title[1].startswith("Exercise ") else None), None, None
        solution = re.search(r"<summary>Solution</summary>(.*?)</details>", source, re.S)
        if solution:
            said = max(PLAIN.findall(solution[1]), key=len, default=None)
        if cell["cell_type"] == "code":
            code = max(source.splitlines(), key=len)


@pytest.mark.parametrize("printed", [page.path for page in PAGES if page.number])
def test_every_solution_is_there_in_words_and_code(printed, texts):
    whole = squeezed(" ".join(texts))
    found = list(solutions(printed))
    assert len(found) >= 5, "fewer exercises than a chapter has"
    for exercise, said, code in found:
        assert said and stands(said, whole), f"{exercise}: the solution's sentence {said!r} is not there"
        assert code is None or stands(code, whole), f"{exercise}: the solution's code {code!r} is not there"


def test_every_figure_and_question_is_there_with_its_address(texts):
    whole = squeezed(" ".join(texts))
    site = CONFIG["html"]["baseurl"].removeprefix("https://")
    for page in PAGES:
        for kind, traits in built.live_figures(page.path).values():
            said = traits["question" if kind == "Predict" else "caption"]
            words = max(PLAIN.findall(said) or [said], key=len)
            assert stands(words, whole), f"{page.path}: {kind} {words!r}"
            if traits.get("name"):
                address = f"{site}{page.path}#{traits['name']}"
                assert stands(address, whole), address


def test_links_lead_somewhere(book):
    inner, outer = 0, set()
    known = book.named_destinations
    for page in book.pages:
        for link in page.get("/Annots", ()):
            link = link.get_object()
            if "/Dest" in link:
                assert link["/Dest"] in known, link["/Dest"]
                inner += 1
            elif link["/Subtype"] == "/Link":
                outer.add(link["/A"]["/URI"])
    assert inner > 10 * len(PAGES)
    assert not [address for address in outer if not address.startswith(("https://", "http://", "mailto:"))]
    # What is linked on the published site exists in the built one.
    site = CONFIG["html"]["baseurl"]
    ours = {address.removeprefix(site) for address in outer if address.startswith(site)}
    assert not [name for name in ours if not (built.HTML / (name.split("#")[0] or "index.html")).exists()]


def test_no_page_is_blank_and_none_has_what_only_a_screen_shows(book, texts):
    assert len(texts) > 20 * sum(page.number is not None for page in PAGES)
    blank = [number for number, text in enumerate(texts, 1) if len(squeezed(text)) < 60]
    assert not blank, f"pages {blank} say next to nothing"
    whole = " ".join(texts)
    for words in ("Hide code", "Report a mistake", "On this page", "Show the code", "How optlib is found"):
        assert words not in whole, words


def test_title_author_language_and_size(book):
    """What a reader of PDF shows in its window and reads aloud; it opens with the outline beside the text."""
    root, said = book.trailer["/Root"], book.metadata
    found = {
        "title": said.title,
        "author": said.author,
        "subject": (said.subject or "").partition(",")[0],
        "language": root.get("/Lang"),
        "opens with": root.get("/PageMode"),
        "tagged": root.get("/MarkInfo", {}).get("/Marked"),
        "title in the window": root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"),
    }
    assert found == {
        "title": CONFIG["title"],
        "author": CONFIG["author"],
        "subject": f"Version {edition.version()}",
        "language": "en",
        "opens with": "/UseOutlines",
        "tagged": True,
        "title in the window": True,
    }
    assert [round(float(side)) for side in book.pages[0].mediabox[2:]] == [595, 842]
    assert book_pdf.TARGET.stat().st_size < MOST


# One page, printed by its reader --------------------------------------------------------------------------------------


def test_a_chapter_on_paper(browser, server, tmp_path):
    """Printed as it was opened, by a reader in the dark."""
    page = next(page.path for page in PAGES if page.number == 4)
    with drive.Visit(browser, server.address, page, theme="dark") as visit:
        visit.page.pdf(path=tmp_path / "chapter.pdf", format="A4", prefer_css_page_size=True, print_background=True)
    paper = PdfReader(tmp_path / "chapter.pdf")
    texts = read(tmp_path / "chapter.pdf")
    whole = squeezed(" ".join(texts))
    (title,) = headings(page, "h1")
    assert squeezed(texts[0]).startswith(squeezed(title))
    for exercise, said, code in solutions(page):
        assert said and stands(said, whole), exercise
        assert code is None or stands(code, whole), exercise
    for words in ("Report a mistake", "On this page", "Search", "Copy link", "Hide code", "Start over", "Show the code"):
        assert squeezed(words) not in whole, words
    figures = [(kind, traits) for kind, traits in built.live_figures(page).values() if kind != "Predict"]
    for kind, traits in figures:
        assert squeezed(max(PLAIN.findall(traits["caption"]), key=len)) in whole, kind
    assert "momentum β:" in " ".join(texts), "the settings of the figures are not there"
    assert sum(len(sheet.images) for sheet in paper.pages) >= len([kind for kind, _ in figures if kind == "Landscape"])
    assert 25 <= len(texts) <= 60
    assert min(len(squeezed(text)) for text in texts) > 60
