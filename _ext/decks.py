"""Slides from the chapters' notebooks: one deck a chapter, and one of its questions, with the figures of the page.

`slide_plan.py` says which cells stand on which slide, `slide_content.py` what is seen of them; here the slides become the
pages of the decks, and the list of all decks.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from jinja2 import Environment, FileSystemLoader
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

import policy
from notebooks import cells_of, page_scripts, source
from slide_content import Slide, Writer, unstyled
from slide_plan import Misplaced, has_deck, is_question, minutes_of, plan, total
from store import Store
from table_nodes import table, text_row

logger = logging.getLogger(__name__)
TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=False, trim_blocks=True, lstrip_blocks=True)


# The slides of a deck -------------------------------------------------------------------------------------------------


def deck(writer):
    """Return the sections of a chapter's deck, as lists of slides."""
    cells, clock, made, title = writer.cells, 0, [], ""
    for section in plan(cells):
        slides, question, begins = [], None, cells[section[0][0][0]]
        headed = source(begins).startswith("#")
        minutes = minutes_of(begins) if headed else 0
        for planned in section:
            slide = Slide([cells[n]["id"] if n is not None else f"the answer to {cells[question]['id']}" for n, _ in planned])
            for number, kind in planned:
                slide.fragment = kind == "fragment"
                if number is None:
                    writer.answer(question, slide)
                elif cells[number]["cell_type"] == "markdown":
                    writer.markdown(number, slide, kind)
                else:
                    writer.code(number, slide, kind)
                    question = number if is_question(cells[number]) else question
            title = slide.title if slide.title and slide.level in (1, 2) else title
            slide.eyebrow = "" if slide.title else title
            slides.append(slide)
        if headed:
            first, end = slides[0], clock + minutes
            first.notes.insert(0, f'<p class="clock">{minutes} min, from {clock} to {end}.</p>' if minutes else "")
            if first.objective:
                first.notes.insert(1, f"<p>At the end they can: {unstyled(first.objective)}.</p>")
            clock = end
        for slide in slides:
            slide.seconds = round(60 * minutes / len(slides))
        made.append(slides)
    return made


def questions(writer):
    """Return the slides of a chapter's questions: each question, then its answer, what is wrong with the others beside it."""
    cells, made, title = writer.cells, [], ""
    opening = Slide([cells[0]["id"]])
    writer.markdown(0, opening, "notes")
    opening.add('<p class="chapter-question">Questions for the room</p>')
    opening.notes = []
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "markdown" and source(cell).startswith("## "):
            title = next(writer.inline(node.children) for level, node in writer.blocks[number] if level)
        if is_question(cell):
            ask, tell = Slide([cell["id"]]), Slide([f"the answer to {cell['id']}"])
            writer.code(number, ask, "-")
            writer.answer(number, tell)
            ask.eyebrow = tell.eyebrow = title
            made.append([ask, tell])
    return [[opening], *made]


# The pages ------------------------------------------------------------------------------------------------------------


def addresses(docname):
    """Return the pages of a chapter's deck and of its questions, without the suffix."""
    name = docname.rpartition("/")[2]
    return f"lectures/{name}", f"lectures/{name}_questions"


def write_decks(app, pagename, templatename, context, doctree):
    """Write the decks of a chapter when its page is written: its nodes are resolved by then."""
    if doctree is None or app.builder.format != "html":
        return
    cells = cells_of(app.env, pagename)
    if not has_deck(cells):
        return
    states = json.loads(page_scripts(app, pagename)["ipywidgets_state"][1]["body"])["state"]
    writer = Writer(app, pagename, doctree, cells, states)
    title = context["title"]
    try:
        made = zip(
            addresses(pagename), (f"{title}: slides", f"{title}: questions"), (deck(writer), questions(writer)), strict=True
        )
        for address, name, sections in made:
            write_deck(app, address, name, title, writer.page, sections, context)
    except Misplaced as error:
        logger.warning("no slides: %s", error, location=pagename)
        return
    if "header_buttons" in context:
        button = {"type": "link", "url": f"../{addresses(pagename)[0]}.html", "text": "Slides", "label": "slides-button"}
        context["header_buttons"].insert(0, {**button, "icon": "fas fa-person-chalkboard", "tooltip": "Slides of this chapter"})


def write_deck(app, address, name, chapter, page, sections, context):
    models = {key: state for section in sections for slide in section for key, state in slide.models.items()}
    state = json.dumps({"state": models}, separators=(",", ":")).replace("</", "<\\/")
    slides = [slide for section in sections for slide in section]
    for number, slide in enumerate(slides, 1):
        slide.number = number
    text = TEMPLATES.get_template("deck.html").render(
        name=re.sub("<[^>]*>", "", name), chapter=chapter, page=page, book=app.config.html_title, sections=sections,
        count=len(slides), state=state,
        site=re.sub(r"^https?://|/$", "", app.config.html_baseurl), description=(context["meta"] or {}).get("description", ""),
        language=app.config.language or "en",
    )  # fmt: skip
    path = Path(app.outdir, f"{address}.html")
    path.parent.mkdir(exist_ok=True)
    path.write_text(policy.secured(text, allowed(Path(app.srcdir, "_assets", "reveal", "notes.js"))), encoding="utf-8")


def allowed(notes):
    """Return what slides need beyond a page's policy, from the source of the speaker's window.

    It is a page without an address, ruled by the policy of the slides, and holds a script; it and reveal.js add styles.
    """
    page = re.search(r"document\.write\(`(.*?)</html>`\)", notes.read_text(encoding="utf-8"), re.S)[1]
    scripts = re.findall(r"<script>(.*?)<\\/script>", page, re.S)
    hashes = [policy.digest(re.sub(r"\\(.)", r"\1", script)) for script in scripts]
    return {"script-src": hashes, "style-src-elem": ["'unsafe-inline'"]}


# The list of decks ----------------------------------------------------------------------------------------------------


class decks(nodes.General, nodes.Element):
    """Where the list of all decks will stand."""


class Decks(Directive):
    def run(self):
        return [decks()]


CHAPTERS = Store("decks_of_chapters", decks)


def collect(app, doctree):
    """Keep the minutes and the number of slides of a chapter's deck."""
    cells = cells_of(app.env, app.env.docname)
    if has_deck(cells):
        try:
            minutes, slides = total(cells)
        except Misplaced:
            return  # said when the deck is written
        asked = sum(map(is_question, cells))
        title = next(doctree.findall(nodes.title)).astext()
        CHAPTERS.of(app.env)[app.env.docname] = {"title": title, "minutes": minutes, "slides": slides, "questions": asked}


class Insert(SphinxPostTransform):
    """Put the list of decks into its place."""

    default_priority = 2

    def run(self, **kwargs):
        for place in list(self.document.findall(decks)):
            columns = {"Slides": 40, "Minutes": 20, "Slides in all": 20, "Questions": 20}
            made, body = table(columns, classes=["decks"], ids=["table-decks"])
            for docname, found in sorted(CHAPTERS.of(self.env).items()):
                slides, asked = (self.link(docname, address) for address in addresses(docname))
                slides += nodes.Text(found["title"])
                asked += nodes.Text(f"{found['questions']} questions")
                body += text_row([[slides], [nodes.Text(str(found["minutes"]))], [nodes.Text(str(found["slides"]))], [asked]])
            place.replace_self(made)

    def link(self, docname, address):
        if self.app.builder.format != "html":
            return nodes.inline()
        up = "../" * self.env.docname.count("/")
        return nodes.reference("", "", internal=True, refuri=f"{up}{address}.html")


def setup(app):
    app.add_node(decks)
    app.add_directive("decks", Decks)
    app.connect("doctree-read", collect)
    CHAPTERS.connect(app)
    app.connect("html-page-context", write_decks, priority=950)  # after the theme has made its buttons
    app.add_post_transform(Insert)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
