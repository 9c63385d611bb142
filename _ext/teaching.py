"""The instructor's guide takes titles and minutes from the chapters, and opens their figures in the state that a plan names.

```{plan} 04_momentum                               what to do in each section of a lecture, as a definition list:
memory                                              the id of the section's first cell …
: Raise β to {live}`0.65 <momentum-valley?beta=0.65>`.    … and what to do there
```
{live}`words <momentum-valley?beta=0.65>`           a link to a live figure, on whatever page it is, in that state
{exercise}`04_momentum 3`                           a link to an exercise, with its title
"""

import re
from urllib.parse import quote

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import split_explicit_title

import collected
from notebooks import cells_of, source
from slide_plan import minutes_of, slide_type
from store import Store

logger = logging.getLogger(__name__)


class plan(nodes.General, nodes.Element):
    """The plan of a lecture; `chapter` is the name of its notebook's page."""


class Plan(Directive):
    has_content = True
    required_arguments = 1

    def run(self):
        node = plan(chapter=f"chapters/{self.arguments[0]}")
        self.state.nested_parse(self.content, self.content_offset, node)
        node.line = self.lineno
        return [node]


class live(nodes.inline):
    """A link to a live figure; `target` is its name, with a state after a question mark."""


class Live(SphinxRole):
    def run(self):
        explicit, title, target = split_explicit_title(self.text)
        if not explicit:
            logger.warning("write {live}`words <figure?setting=value>`, not %r", self.text, location=self.get_location())
        return [live("", title, target=target)], []


class exercise(nodes.inline):
    """A link to an exercise; `target` is the name of the chapter's notebook and the exercise's number."""


class Exercise(SphinxRole):
    def run(self):
        return [exercise("", target=self.text)], []


FIGURES = Store("live_figures_of_pages", plan, live, exercise)


def sections(cells):
    """Return a chapter's sections that take minutes: {id of the first cell: (title, minutes, whether it is in the lecture)}."""
    found = {}
    for cell in cells:
        heading = re.match(r"## (.+)\n\n\*\d+ minutes? · ", source(cell)) if cell["cell_type"] == "markdown" else None
        if heading:
            found[cell["id"]] = (heading[1], minutes_of(cell), slide_type(cell) != "skip")
    return found


def anchors(doctree):
    """Return {title: anchor} of a page's sections."""
    return {s.next_node(nodes.title).astext(): s["ids"][0] for s in doctree.findall(nodes.section)}


def find_figures(app, doctree):
    """Keep the names of a page's live figures. Comes after the figures have got their anchors."""
    figures = (re.match(r'<div class="live-figure"[^>]* id="([^"]+)"', node.astext()) for node in doctree.findall(nodes.raw))
    FIGURES.of(app.env)[app.env.docname] = [name[1] for name in figures if name]


class Fill(SphinxPostTransform):
    """Put titles, minutes and addresses in."""

    default_priority = 2  # before references are resolved: titles may hold some

    def run(self, **kwargs):
        for node in list(self.document.findall(live)):
            self.link(node)
        for node in list(self.document.findall(exercise)):
            self.title(node)
        for node in list(self.document.findall(plan)):
            self.clock(node)

    def address(self, docname, anchor):
        return self.app.builder.get_relative_uri(self.env.docname, docname) + "#" + anchor

    def link(self, node):
        name, _, _ = node["target"].partition("?")
        docname = next((page for page, names in FIGURES.of(self.env).items() if name in names), None)
        if docname is None:
            logger.warning("no live figure is named %r", name, location=node)
            return node.replace_self(node.children)
        uri = self.address(docname, quote(node["target"], safe="?&=,"))
        node.replace_self(nodes.reference("", "", *node.children, internal=True, refuri=uri, classes=["live-link"]))

    def title(self, node):
        chapter, _, number = node["target"].partition(" ")
        exercises = collected.CHAPTERS.of(self.env).get(f"chapters/{chapter}", {}).get("exercises", [])
        for each in exercises:
            title = "".join(child.astext() for child in each["title"])
            if title.startswith(f"Exercise {number} "):
                uri = self.address(f"chapters/{chapter}", each["id"])
                return node.replace_self(nodes.reference("", "", *collected.copies(each["title"]), internal=True, refuri=uri))
        logger.warning("%r names no exercise: write {exercise}`04_momentum 3`", node["target"], location=node)
        node.replace_self(nodes.Text(node["target"]))

    def clock(self, node):
        """Give each entry its section's title, linked, and the minutes from the beginning of the lecture."""
        chapter = node["chapter"]
        planned = {item[0].astext(): item for item in node.findall(nodes.definition_list_item)}
        there = sections(cells_of(self.env, chapter))
        shown = [key for key, (_, _, in_lecture) in there.items() if in_lecture]
        if list(planned) != shown:
            logger.warning("the plan of %s has the sections %s, the lecture %s", chapter, list(planned), shown, location=node)
            return node.replace_self(node.children)
        anchor, now = anchors(self.env.get_doctree(chapter)), 0
        for key, item in planned.items():
            title, minutes, _ = there[key]
            section = nodes.reference("", title, internal=True, refuri=self.address(chapter, anchor[title]))
            time = nodes.inline("", f"{now}–{now + minutes} min", classes=["clock"])
            item[0].children = []
            item[0] += [time, nodes.Text(" "), section]
            now += minutes
        left_out = [title for title, _, in_lecture in there.values() if not in_lecture]
        end = f"{now} minutes" + (f", without “{'”, “'.join(left_out)}”." if left_out else ".")
        deck = self.app.builder.get_relative_uri(self.env.docname, f"lectures/{chapter.removeprefix('chapters/')}")
        slides = nodes.reference("", "The slides of this lecture", internal=True, refuri=deck)
        node.replace_self([*node.children, nodes.paragraph("", "", nodes.Text(end + " "), slides, classes=["clock"])])


def setup(app):
    app.add_node(plan)
    app.add_node(live)
    app.add_node(exercise)
    app.add_directive("plan", Plan)
    app.add_role("live", Live())
    app.add_role("exercise", Exercise())
    app.connect("doctree-read", find_figures, priority=900)  # after book_site has given the figures their places
    FIGURES.connect(app)
    app.add_post_transform(Fill)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
