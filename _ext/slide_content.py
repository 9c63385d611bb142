"""What stands on a slide: the cells of a page, turned from Sphinx's nodes into HTML."""

import re
from html import escape

from docutils import nodes
from sphinx.util import logging

from notebooks import cell_number, elements, is_element, sentences
from optlib.widgets.predict import _inline as inline_markup
from slide_plan import lecture

logger = logging.getLogger(__name__)
BLOCKS = (nodes.math_block, nodes.table, nodes.bullet_list, nodes.enumerated_list, nodes.definition_list)
BLOCKS += (nodes.literal_block, nodes.block_quote, nodes.figure, nodes.image, nodes.Admonition)
LINE = re.compile(r"(\d+) minutes? · (.*)", re.S)


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
