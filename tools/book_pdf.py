"""Print the built website as one PDF, _build/html/downloads/optimization-live.pdf.

make pdf

The articles of all pages come, in the order of _toc.yml, into one document; `book_pdf.js` puts them together in Chromium, which
has the HTML parser, and `book_pdf.css` lays them out. Live figures are there as the still pictures that the pages carry for
browsers without scripts. Slides stay out: they say what the chapters say.

Chromium knows no page numbers of link targets. The contents are therefore printed twice: with the book, from which the numbers
are read, and alone with nothing but these numbers, which are laid over the first.
"""

import re
import sys
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

import matplotlib
import yaml
from pypdf import PdfReader, PdfWriter

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
TARGET = SITE / "downloads" / "optimization-live.pdf"
WORK = ROOT / "_build" / "pdf"  # for the style sheet and the document that Chromium opens
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")  # the same on every machine
FAMILIES = {
    "Book Serif": ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    "Book Sans": ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique"),
    "Book Mono": ("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique"),
}
LICENCE = "https://creativecommons.org/licenses/by/4.0/"

sys.path[:0] = [str(ROOT / "_ext"), str(ROOT / "tests" / "site")]
import drive  # noqa: E402

import edition  # noqa: E402


@dataclass(frozen=True)
class Page:
    """A page of the site that is printed; `part` is the heading under which it stands in the contents, "" before the first."""

    path: str
    part: str
    number: int | None  # of a chapter

    @property
    def name(self):
        """The prefix of the page's ids in the whole document."""
        return self.path.removesuffix(".html").replace("/", "-")


def pages(toc):
    """Yield the pages that the text of _toc.yml lists, in its order."""

    def below(entry):
        yield entry["file"]
        for child in entry.get("sections", []):
            yield from below(child)

    tree = yaml.safe_load(toc)
    yield Page(tree["root"] + ".html", "", None)
    for first, part in enumerate(tree["parts"]):
        names = [name for entry in part["chapters"] for name in below(entry)]
        for number, name in enumerate(names, 1):
            yield Page(name + ".html", part["caption"], None if first else number)


def article(path):
    """Return the article of a built page as HTML."""
    if not path.is_file():
        raise FileNotFoundError(f"No built page: {path} does not exist. Run `make book` first.")
    return re.search(r"<article\b.*</article>", path.read_text(encoding="utf-8"), re.S)[0]


def font_faces():
    """Return the style rules of the fonts."""
    rule = '@font-face {{ font-family: "{}"; src: url("{}"); font-weight: {}; font-style: {}; }}'
    return "\n".join(
        rule.format(
            family,
            (FONTS / f"{file}.ttf").as_uri(),
            "bold" if "Bol" in file else "normal",
            "italic" if file.endswith(("Italic", "Ita", "Oblique")) else "normal",
        )
        for family, files in FAMILIES.items()
        for file in files
    )


def feet(listed):
    """Return the style rules that write each page's title at its foot."""
    rule = '@page {0} {{ @bottom-left {{ content: "{1}"; }} }}\n#{0} {{ page: {0}; }}'
    return "\n".join(rule.format(page.name, css_string(heading(page))) for page in listed)


def skeleton(config, listed):
    """Return the document with its title page, and without any article."""
    title, site = escape(config["title"]), escape(config["html"]["baseurl"])
    style = "\n".join((font_faces(), Path(__file__).with_suffix(".css").read_text(encoding="utf-8"), feet(listed)))
    return f"""<!DOCTYPE html>
<html lang="en" data-theme="light" data-content_root="{SITE.as_uri()}/">
<head><meta charset="utf-8" /><title>{title}</title>
<link rel="stylesheet" href="{(SITE / "_static" / "site.css").as_uri()}" />
<style>{style}</style></head>
<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container">
<div id="front">
<section id="title-page"><img src="{(SITE / "_static" / "logo.svg").as_uri()}" alt="" />
<p class="title">{title}</p>
<p>{escape(config["author"])}</p>
<p>{escape(edition.edition())}</p>
<p>The figures of this book are alive at<br /><a href="{site}">{site}</a></p>
<p class="licence">Text and figures <a href="{LICENCE}">CC BY 4.0</a>, code MIT.</p></section>
<section id="contents"><h1>Contents</h1></section>
</div>
<div id="book"></div>
</div></div></main></body></html>
"""


def heading(page):
    """Return the title of a built page."""
    found = re.search(r"<title>(.*?)(?: &#8212; .*)?</title>", (SITE / page.path).read_text(encoding="utf-8"))
    return found[1]


def css_string(text):
    return re.sub(r'["\\<\n]', lambda match: f"\\{ord(match[0]):x} ", text)


def compose(browser, config, listed):
    """Return Chromium's page with the whole document on it."""
    WORK.mkdir(parents=True, exist_ok=True)
    document = WORK / "book.html"
    document.write_text(skeleton(config, listed), encoding="utf-8")
    page = browser.new_page(color_scheme="light")
    page.set_default_timeout(120_000)
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.goto(document.as_uri())
    page.add_script_tag(path=Path(__file__).with_suffix(".js"))
    names = {one.path: one.name for one in listed}
    for one in listed:
        given = asdict(one) | {"name": one.name, "html": article(SITE / one.path), "names": names}
        page.evaluate("given => book.add(given)", given | {"root": SITE.as_uri() + "/", "site": config["html"]["baseurl"]})
    page.evaluate("book.finish()")
    if failed:
        raise RuntimeError(f"The book needs files that are not there: {', '.join(sorted(set(failed)))}")
    return page


def destinations(reader):
    """Return {id: number of its page, from 1} for what the document links to."""
    return {
        name.lstrip("/"): reader.get_destination_page_number(place) + 1 for name, place in reader.named_destinations.items()
    }


def main():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    listed = list(pages((ROOT / "_toc.yml").read_text(encoding="utf-8")))
    with drive.chromium_browser() as browser:
        page = compose(browser, config, listed)
        paper = {"prefer_css_page_size": True, "print_background": True}
        page.pdf(path=WORK / "book.pdf", tagged=True, outline=True, **paper)
        reader = PdfReader(WORK / "book.pdf")
        page.evaluate("numbers => book.number(numbers)", destinations(reader))
        page.pdf(path=WORK / "numbers.pdf", **paper)
    writer = PdfWriter(clone_from=reader)
    for below, numbers in zip(writer.pages, PdfReader(WORK / "numbers.pdf").pages, strict=False):
        below.merge_page(numbers)
    writer.add_metadata({"/Title": config["title"], "/Author": config["author"], "/Subject": edition.edition()})
    writer.page_mode = "/UseOutlines"
    writer.create_viewer_preferences().display_doctitle = True
    TARGET.parent.mkdir(exist_ok=True)
    part = TARGET.with_suffix(".part")
    writer.write(part)
    part.replace(TARGET)
    print(f"{TARGET} ({len(writer.pages)} pages, {TARGET.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    try:
        main()
    except (FileNotFoundError, RuntimeError) as error:
        sys.exit(str(error))
