"""What the appendices collect from the chapters as they are read: the claims with what decided them, and the exercises.

```{claims}        how many claims hold, and a table: the claim, the verdict, the number, and what its experiment printed
```{exercises}     every exercise, by chapter
"""

import re
from collections import Counter

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from notebooks import cells_of, elements, sentences
from store import Store
from table_nodes import row, table

logger = logging.getLogger(__name__)
EXCEPTION = re.compile(r"\b(at|except|for|holds|unless|when)\b")  # in a verdict that begins with "Fails"


class collected(nodes.General, nodes.Element):
    """Where a collection will stand; `kind` says of what."""


class Collected(Directive):
    def run(self):
        return [collected(kind=self.name)]


CHAPTERS = Store("collected_from_chapters", collected)


def collect(app, doctree):
    """Keep a chapter's claims and exercises, with what the claims' cells printed when they ran for this build."""
    cells = cells_of(app.env, app.env.docname)
    if cells:
        found = {"title": next(doctree.findall(nodes.title)).astext(), "claims": [], "exercises": []}
        found["question"] = next(doctree.findall(nodes.emphasis)).astext()
        deciding = evidence(cells)
        printed = {cells[i].get("id"): text for i, text in outputs(doctree)}
        for node in doctree.findall(nodes.Admonition):
            if "claim" in node["classes"]:
                found["claims"].append(claim(node, deciding, printed))
        for section in doctree.findall(nodes.section):
            title = section.next_node(nodes.title)
            if title.parent is section and re.match(r"Exercise \d", title.astext()):
                found["exercises"].append({"id": section["ids"][0], "title": title.deepcopy().children})
        CHAPTERS.of(app.env)[app.env.docname] = found


def evidence(cells):
    """Return {anchor of a claim: ids of the cells that decide it} from the metadata of a notebook's cells."""
    found = {}
    for cell in cells:
        given = cell["metadata"].get("claim", {}).get("evidence", [])
        for name in re.findall(r"^:name: (claim-[\w-]+)$", "".join(cell["source"]), re.M):
            found[name] = given
    return found


def outputs(doctree):
    """Yield (number of the cell, what it printed) for each cell that printed."""
    for cell in elements(doctree, "cell_code"):
        text = "".join(
            block.astext() + "\n"
            for output in elements(cell, "cell_code_output")
            for block in output.findall(nodes.literal_block)
        )
        if text.strip():
            yield cell["cell_index"], text.rstrip()


def claim(node, deciding, printed):
    name = node["names"][0] if node["names"] else ""
    texts = []
    for key in deciding.get(name, []):
        if key not in printed:
            logger.warning("the claim %r rests on the cell %r, which printed nothing", name, key, location=node)
        else:
            texts.append((key, printed[key]))
    title, paragraph = node.next_node(nodes.title), node.next_node(nodes.paragraph)
    verdict = paragraph.next_node(nodes.strong)
    lines = sentences(n for n in paragraph.children[paragraph.index(verdict) + 1 :] if not is_citation(n))
    measured = (line for line in lines if re.search(r"\d", re.sub(r"Exercise \d+", "", "".join(n.astext() for n in line))))
    number = next(measured, lines[0] if lines else [])
    parts = {"title": title.children, "verdict": verdict.children, "number": number}
    found = {"id": node["ids"][0], "printed": texts, "kinds": kinds(verdict)}
    return found | {key: [n.deepcopy() for n in part] for key, part in parts.items()}


def kinds(verdict):
    """Return what a verdict comes to: "holds", "depends" or "fails". A failure with an exception comes to the last two."""
    stated = verdict.astext().partition(":")[0].rstrip(".")  # what follows a colon is the reason
    if stated == "Holds":
        return ["holds"]
    if stated.startswith("Holds"):
        return ["depends"]
    if not stated.startswith("Fails"):
        logger.warning("the verdict %r begins neither with 'Holds' nor with 'Fails'", verdict.astext(), location=verdict)
    return ["fails", "depends"] if EXCEPTION.search(stated) else ["fails"]


def is_citation(node):
    return isinstance(node, addnodes.pending_xref) and node.get("refdomain") == "cite"


# The appendices -------------------------------------------------------------------------------------------------------


class Insert(SphinxPostTransform):
    """Put the collections into their places."""

    default_priority = 2  # before references are resolved, since sentences may hold some

    def run(self, **kwargs):
        for place in list(self.document.findall(collected)):
            chapters = sorted(CHAPTERS.of(self.env).items())
            made = {"chapters": self.chapters, "claims": self.claims, "exercises": self.exercises}[place["kind"]](chapters)
            place.replace_self(made)

    def link(self, docname, anchor, *children):
        if self.app.builder.format == "html":
            address = self.app.builder.get_relative_uri(self.env.docname, docname) + f"#{anchor}".rstrip("#")
            return nodes.reference("", "", *children, internal=True, refuri=address)
        return nodes.inline("", "", *children)

    def chapters(self, chapters):
        items = [
            nodes.list_item(
                "",
                nodes.paragraph(
                    "", "", self.link(name, "", nodes.strong("", c["title"])), nodes.Text(" "), nodes.inline("", c["question"])
                ),
            )
            for name, c in chapters
        ]
        return [nodes.enumerated_list("", *items, enumtype="arabic", prefix="", suffix=".", classes=["chapters"])]

    def claims(self, chapters):
        columns = {"The claim": 32, "The verdict": 23, "The number": 45}
        made, body = table(columns, classes=["claims", "no-row-stripes"])
        for docname, chapter in chapters:
            if chapter["claims"]:
                title = nodes.strong("", "", self.link(docname, "", nodes.Text(chapter["title"])))
                body += nodes.row("", nodes.entry("", nodes.paragraph("", "", title), morecols=2), classes=["claims-chapter"])
            for each in chapter["claims"]:
                number = [nodes.paragraph("", "", *copies(each["number"]))]
                if each["printed"]:
                    number += self.printed(docname, each["printed"])
                first = nodes.paragraph("", "", self.link(docname, each["id"], *copies(each["title"])))
                body += row([[first], [nodes.paragraph("", "", *copies(each["verdict"]))], number])
                body[-1]["classes"] += [f"claim-{kind}" for kind in each["kinds"]]  # for claims.js
        # Where claims.js puts the switch that covers the verdicts.
        place = nodes.raw("", '<div class="claims-judge pst-js-only"></div>', format="html")
        return [count([each["kinds"] for _, chapter in chapters for each in chapter["claims"]]), place, made]

    def printed(self, docname, texts):
        """Return what the experiment printed, with links to where it did: folded on the website."""
        blocks = []
        for key, text in texts:
            place = self.link(docname, f"output-{key}", nodes.Text("Go to this experiment"))
            blocks += [nodes.literal_block(text, text, language="none"), nodes.paragraph("", "", place)]
        if self.app.builder.format != "html":
            return blocks
        before = nodes.raw("", "<details><summary>What the experiment printed</summary>", format="html")
        return [before, *blocks, nodes.raw("", "</details>", format="html")]

    def exercises(self, chapters):
        made = []
        for docname, chapter in chapters:
            if chapter["exercises"]:
                items = [
                    nodes.list_item("", nodes.paragraph("", "", self.link(docname, e["id"], *copies(e["title"]))))
                    for e in chapter["exercises"]
                ]
                made += [nodes.rubric("", chapter["title"]), nodes.bullet_list("", *items)]
        return made


def copies(children):
    return [child.deepcopy() for child in children]


def count(claims):
    """Return a sentence on how many claims hold, depend and fail, given the kinds of each."""
    found = Counter(first for first, *_ in claims)
    excepted = claims.count(["fails", "depends"])

    def number(kind, verb):
        return f"{found[kind]} {verb}{'s' if found[kind] == 1 else ''}"

    text = (
        f"Of {len(claims)} claims, {number('holds', 'hold')} as stated, {number('depends', 'hold')} in part or under a "
        f"condition, and {number('fails', 'fail')}, {excepted} of them with an exception."
    )
    return nodes.paragraph("", text)


def add_script(app, pagename, templatename, context, doctree):
    """Load the script that covers the verdicts, on the page that has them."""
    if doctree is not None and any("claims" in table["classes"] for table in doctree.findall(nodes.table)):
        app.add_js_file("claims.js", loading_method="defer")


def setup(app):
    app.add_node(collected)
    for name in ("chapters", "claims", "exercises"):
        app.add_directive(name, Collected)
    app.connect("doctree-read", collect)
    CHAPTERS.connect(app)
    app.connect("html-page-context", add_script)
    app.add_post_transform(Insert)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
