"""Slides from the chapters' notebooks: one deck a chapter, and one of its questions, with the figures of the page.

The mark-up is the metadata of the cells; CONTRIBUTING.md describes it. JupyterLab's slides read `slideshow.slide_type`
too: slide, subslide, fragment, notes, skip; a cell without it continues the slide. `lecture` says what of a cell it shows:

    {"show": [1, 4]}      of a Markdown cell's prose, these sentences (lines), or "all"; the prose goes to the speaker's notes
    {"blocks": [1]}       of its displayed equations, tables, lists and boxes, these; without it all of them
    {"part": "output"}    of a code cell, its "output", its "code" or "both"; without it what the page shows
    {"minutes": 2}        for the first cell of a section that has no line "*2 minutes · …*", or another time in a lecture
"""

import json
import re
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from jinja2 import Environment, FileSystemLoader
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

import policy
from notebooks import cell_number, cells_of, elements, is_element, page_scripts, sentences, source
from optlib.widgets.predict import _inline as inline_markup
from store import Store
from table_nodes import table, text_row

logger = logging.getLogger(__name__)
TYPES = ("slide", "subslide", "fragment", "notes", "skip", "-", "")
KEYS = {"show", "blocks", "part", "minutes"}
PARTS = ("output", "code", "both")
BLOCKS = (nodes.math_block, nodes.table, nodes.bullet_list, nodes.enumerated_list, nodes.definition_list)
BLOCKS += (nodes.literal_block, nodes.block_quote, nodes.figure, nodes.image, nodes.Admonition)
LINE = re.compile(r"(\d+) minutes? · (.*)", re.S)
TEMPLATES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=False, trim_blocks=True, lstrip_blocks=True)


# The plan: what the metadata say --------------------------------------------------------------------------------------


class Misplaced(Exception):
    """Metadata that no deck can follow; the message names the cell, the value and what was expected."""


def slide_type(cell):
    return cell["metadata"].get("slideshow", {}).get("slide_type", "-") or "-"


def lecture(cell):
    return cell["metadata"].get("lecture", {})


def is_question(cell):
    return cell["cell_type"] == "code" and re.search(r"^Predict\(", source(cell), re.M) is not None


def has_deck(cells):
    return any(slide_type(cell) == "slide" for cell in cells)


def plan(cells):
    """Return the sections of a deck: a list of lists of slides, each slide a list of pairs (number of the cell, its type).

    After a question comes the slide of its answer, marked by a cell None; what follows with "-" continues on that one.
    """
    sections, left_out = [], False
    for number, cell in enumerate(cells):
        kind = checked(cell)
        head = re.match(r"##? ", source(cell)) if cell["cell_type"] == "markdown" else None
        if head:
            left_out = kind == "skip"
            if kind not in ("slide", "skip"):
                raise Misplaced(f"cell {cell['id']!r} begins a section: its slide_type is {kind!r}, expected 'slide' or 'skip'")
        elif left_out and kind != "skip":
            raise Misplaced(f"cell {cell['id']!r} is {kind!r}, but the first cell of its section is skipped: skip this one too")
        if kind == "skip":
            continue
        if kind == "slide":
            sections.append([])
        elif not sections:
            raise Misplaced(f"cell {cell['id']!r} is {kind!r} before the first slide; expected 'slide' or 'skip'")
        if kind in ("slide", "subslide"):
            sections[-1].append([])
        if is_question(cell) and kind in ("fragment", "notes"):
            raise Misplaced(f"cell {cell['id']!r} asks a question: its slide_type is {kind!r}, expected 'subslide', or '-'")
        sections[-1][-1].append((number, kind))
        if is_question(cell):
            sections[-1].append([(None, "-")])
    return sections


def checked(cell):
    """Return the slide type of a cell whose mark-up is right."""
    kind, given, name = slide_type(cell), lecture(cell), f"cell {cell['id']!r}"
    if kind not in TYPES:
        raise Misplaced(f"{name}: slide_type is {kind!r}; expected one of {', '.join(TYPES[:-1])}")
    if given.keys() - KEYS:
        raise Misplaced(f"{name}: lecture has {sorted(given.keys() - KEYS)}; expected {', '.join(sorted(KEYS))}")
    wrong = {"part"} if cell["cell_type"] == "markdown" else {"show", "blocks"}
    if given.keys() & wrong:
        raise Misplaced(f"{name} is a {cell['cell_type']} cell: {sorted(given.keys() & wrong)} in lecture says nothing for it")
    if given.get("part", "both") not in PARTS:
        raise Misplaced(f"{name}: lecture.part is {given['part']!r}; expected one of {', '.join(PARTS)}")
    for key in ("show", "blocks"):
        value = given.get(key, [])
        if not (value == "all" or (isinstance(value, list) and all(isinstance(n, int) and n > 0 for n in value))):
            raise Misplaced(f"{name}: lecture.{key} is {value!r}; expected numbers from 1 as [1, 4], or 'all'")
    minutes = given.get("minutes", 0)
    if not (isinstance(minutes, int) and minutes >= 0):
        raise Misplaced(f"{name}: lecture.minutes is {minutes!r}; expected whole minutes")
    return kind


def minutes_of(cell):
    """Return the minutes of the section that a cell begins: the author's for a lecture, or those of its line."""
    line = re.search(r"^\*(\d+) minutes? · ", source(cell), re.M)
    if "minutes" in lecture(cell):
        return lecture(cell)["minutes"]
    if line:
        return int(line[1])
    if source(cell).startswith("# "):
        return 0
    raise Misplaced(f"cell {cell['id']!r} begins a section on slides without a line '*2 minutes · …*': give lecture.minutes")


def total(cells):
    """Return the minutes of a chapter's deck, and how many slides it has."""
    sections = plan(cells)
    begun = [cells[slide[0][0]] for section in sections for slide in section[:1] if slide[0][0] is not None]
    return sum(minutes_of(cell) for cell in begun if source(cell).startswith("#")), sum(map(len, sections))


# The content: what stands in a cell -----------------------------------------------------------------------------------


def blocks_by_cell(doctree):
    """Return {number of the cell: [(kind, node)]} of a page, in its order; titles know their level."""
    found, current = {}, [0]

    def walk(parent, level):
        for node in parent.children:
            if isinstance(node, nodes.section):
                walk(node, level + 1)
                continue
            if is_element(node, "cell_code"):
                current[0] = node["cell_index"]
            elif cell_number(node) is not None:
                current[0] = cell_number(node)
            if isinstance(node, nodes.container) and "nb_element" not in node:  # what a table with its anchor stands in
                walk(node, level)
                continue
            found.setdefault(current[0], []).append((level if isinstance(node, nodes.title) else 0, node))

    walk(doctree, 0)
    return found


class Writer:
    """Turns the nodes of one page into the HTML of its slides."""

    def __init__(self, app, docname, doctree, cells, states):
        self.builder, self.cells, self.states = app.builder, cells, states
        self.page = f"../{docname}.html"
        self.blocks = blocks_by_cell(doctree)

    def html(self, node):
        """Return a node as HTML, with the links of the page it comes from and without its anchors."""
        text = self.builder.render_partial(node.deepcopy())["fragment"]
        text = re.sub(r'<a class="headerlink".*?</a>', "", text, flags=re.S)
        text = re.sub(r'(<(?!div class="live-figure")[a-z][^>]*?) id="[^"]*"', r"\1", text)
        text = re.sub(r'href="#', f'href="{self.page}#', text)
        folder = self.page.rpartition("/")[0]
        return re.sub(r'href="(?!\w+:|\.\./|//)([^"]+)"', lambda m: f'href="{folder}/{m[1]}"', text)

    def spoken(self, node):
        """Return a node for the speaker's notes, whose window has no style sheet: its mathematics as MathML alone."""
        return unstyled(self.html(node))

    def inline(self, children):
        text = self.html(nodes.paragraph("", "", *(child.deepcopy() for child in children))).strip()
        return text.removeprefix("<p>").removesuffix("</p>")

    # Markdown

    def markdown(self, number, slide, kind):
        """Put a Markdown cell on `slide`: headings, blocks and shown sentences; its prose into the notes."""
        cell = self.cells[number]
        show, blocks = lecture(cell).get("show", []), lecture(cell).get("blocks", "all")
        said, shown, folded = 0, 0, 0
        if kind == "notes":
            show = blocks = []
        for level, node in self.blocks.get(number, []):
            if isinstance(node, nodes.citation) or (isinstance(node, nodes.raw) and "headerlink" in node.astext()):
                continue
            if isinstance(node, nodes.raw):
                folded += node.astext().count("<details") - node.astext().count("</details")
                slide.notes.append(node.astext())
            elif folded or isinstance(node, nodes.comment | nodes.target | nodes.system_message):
                slide.notes.append("" if isinstance(node, nodes.Invisible) else self.spoken(node))
            elif level:
                slide.heading(level, self.inline(node.children))
            elif isinstance(node, nodes.paragraph):
                if slide.opening(node, self.inline):
                    continue
                said = self.prose(node, show, said, slide)
            elif isinstance(node, BLOCKS):
                shown += 1
                on = blocks == "all" or shown in blocks
                if isinstance(node, nodes.Admonition) and "claim" in node["classes"]:
                    said = self.claim(node, show, said, slide, on)
                elif on:
                    slide.add(f'<div class="block">{self.html(node)}</div>')
                else:
                    slide.notes.append(self.spoken(node))
            else:
                logger.warning("cell %r: slides have no place for a %s", cell["id"], type(node).__name__, location=node)
        for key, last in (("show", said), ("blocks", shown)):
            wanted = lecture(cell).get(key, [])
            beyond = [n for n in wanted if n > last] if wanted != "all" else []
            if beyond:
                what = "sentences of prose" if key == "show" else "equations, tables, lists and boxes"
                logger.warning("cell %r: lecture.%s names %s, but it has %s %s", cell["id"], key, beyond, last, what)

    def prose(self, node, show, said, slide):
        """Put a paragraph's sentences into the notes, and those of `show` on the slide; return how many there were so far."""
        spoken, standing = [], []
        for line in sentences(node.children):
            said += 1
            text = self.inline(line)
            on = show == "all" or said in show
            spoken.append(f"<mark>{unstyled(text)}</mark>" if on else unstyled(text))
            if on:
                standing.append(text)
        if standing:
            slide.add(f'<p class="said">{" ".join(standing)}</p>')
        slide.notes.append(f"<p>{' '.join(spoken)}</p>")
        return said

    def claim(self, node, show, said, slide, on):
        """Put a claim on the slide: what is claimed at once, the verdict and the sentences of `show` on the next key."""
        title, *paragraphs = node.children
        lines = [(p, self.inline(line)) for p in paragraphs if isinstance(p, nodes.paragraph) for line in sentences(p.children)]
        standing = [text for i, (_, text) in enumerate(lines, said + 1) if i == said + 1 or show == "all" or i in show]
        if on:
            rest = "".join(f"<p>{text}</p>" for text in standing[1:])
            verdict = f'<div class="fragment"><p class="verdict">{standing[0]}</p>{rest}</div>'
            slide.add(f'<div class="claim"><p class="claimed">{self.inline(title.children)}</p>{verdict}</div>')
        slide.notes.append("".join(self.spoken(p) for p in paragraphs))
        return said + len(lines)

    # Code

    def code(self, number, slide, kind):
        """Put the code and the output of a cell on `slide`, or what the page shows of them."""
        cell = self.cells[number]
        container = next(n for _, n in self.blocks[number] if isinstance(n, nodes.container))
        tags = set(cell["metadata"].get("tags", []))
        part = lecture(cell).get("part")
        hidden = {"hide-cell", "remove-cell"} & tags
        with_code = part in ("code", "both") or (part is None and not hidden | ({"hide-input", "remove-input"} & tags))
        with_output = part in ("output", "both") or (part is None and not hidden | ({"hide-output", "remove-output"} & tags))
        made = []
        for what, wanted in (("cell_code_source", with_code), ("cell_code_output", with_output)):
            for node in elements(container, what):
                text = self.html(node)
                if 'class="live-figure"' in text:
                    text = self.figure(text, slide)
                elif text.strip():
                    text = f'<div class="{"source" if what == "cell_code_source" else "output"}">{text}</div>'
                if wanted:
                    made.append(text)
        if not made:
            logger.warning("cell %r is on a slide and shows nothing: skip it, or give lecture.part", cell["id"])
        if kind == "notes":
            slide.notes += map(unstyled, made)
        else:
            slide.add("".join(made))

    def figure(self, text, slide):
        """Return the place of a live figure; its caption goes into the notes."""
        model = re.search(r'data-model="(\w+)"', text)[1]
        state = self.states[model]["state"]
        slide.models[model] = self.states[model]
        if state.get("question"):
            slide.notes.append(f"<p><strong>The answer, on the next slide.</strong> {inline_markup(state['answer'])}</p>")
        if state.get("caption"):
            slide.notes.append(f"<p><strong>The figure.</strong> {escape(state['caption'])}</p>")
        # A finger that drags in it does not turn the slide.
        return f'<div class="figure" data-prevent-swipe>{text}</div>'

    def question(self, number):
        """Return the traits of the question that a cell asks."""
        text = "".join(self.html(node) for _, node in self.blocks[number])
        return self.states[re.search(r'data-model="(\w+)"', text)[1]]["state"]

    def answer(self, number, slide):
        """Put on `slide` what the question of a cell was, the right answer, and what each other one reveals."""
        state = self.question(number)
        rows = []
        for option, reply in state["options"]:
            right = option == state["answer"]
            rows.append(
                f'<div class="option {"right" if right else "wrong"}"><dt>{inline_markup(option)}</dt>'
                f"<dd>{inline_markup(reply)}</dd></div>"
            )
        slide.add(f'<p class="asked">{inline_markup(state["question"])}</p><dl class="answer">{"".join(rows)}</dl>')


def unstyled(html):
    """Return KaTeX's output with its MathML alone."""
    made, rest = "", html
    while '<span class="katex">' in rest:
        before, rest = rest.split('<span class="katex">', 1)
        depth, end = 1, 0
        for tag in re.finditer(r"<(/?)span\b", rest):
            depth += -1 if tag[1] else 1
            end = tag.start()
            if not depth:
                break
        made += before + "".join(re.findall(r"<math.*?</math>", rest[:end], re.S))
        rest = rest[end:].removeprefix("</span>")
    return made + rest


class Slide:
    """One slide as it is being filled."""

    def __init__(self, cells):
        self.cells = cells  # the ids of its cells, for an author who looks for them
        self.title = self.eyebrow = self.objective = ""
        self.level, self.parts, self.notes, self.models, self.fragment = 0, [], [], {}, False
        self.pending = ""  # a heading within the slide, which waits for something below it
        self.seconds = self.number = 0

    def add(self, html):
        html, self.pending = self.pending + html, ""
        self.parts.append(f'<div class="fragment">{html}</div>' if self.fragment else html)

    def heading(self, level, html):
        if self.title:
            self.pending = f"<h3>{html}</h3>"
        else:
            self.title, self.level = html, level

    def opening(self, node, inline):
        """Take the line under a heading: a section's minutes and objective, or the question of the chapter."""
        if len(node.children) != 1 or not isinstance(node.children[0], nodes.emphasis) or not self.title:
            return False
        line = LINE.match(node.astext())
        if line:
            html = re.sub(r"^<em>\d+ minutes? · ", "", inline(node.children)).removesuffix("</em>")
            self.objective = html
        elif self.level == 1:
            self.add(f'<p class="chapter-question">{inline(node.children[0].children)}</p>')
        else:
            return False
        return True


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
