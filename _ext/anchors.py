"""Anchors that outlive a new title or order, and a "#" beside all that can be linked to.

Headings get theirs from Sphinx, live and captioned figures and claims from their names. Added here:

* `exercise-3` for the heading "Exercise 3 · …", before the one that is made from its title;
* `output-<id of the cell>` for what a notebook's cell printed or drew;
* `table-<id of the cell>`, or of the section in a page of text, for a table.

tests/site/anchors.txt lists every anchor that was ever published.
"""

import re

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from notebooks import VIEW, cell_number, cells_of, elements


class Anchors(SphinxTransform):
    default_priority = 700  # sections and names have their ids

    def apply(self, **kwargs):
        cells = [cell["id"] for cell in cells_of(self.env, self.env.docname)]
        for section in self.document.findall(nodes.section):
            found = re.match(r"Exercise (\d+)\b", section.next_node(nodes.title).astext())
            if found:
                self.name(section, f"exercise-{found[1]}")
        for node in elements(self.document, "cell_code"):
            if cells and is_result(node):
                self.name(node, f"output-{cells[node['cell_index']]}")
        for table in self.document.findall(nodes.table):
            if not table["ids"]:
                self.name(table, f"table-{owner(table, cells)}")

    def name(self, node, anchor):
        """Give a node an anchor, the first of its anchors; one that is taken gets a number."""
        number, free = 1, anchor
        while free in self.document.ids:
            number += 1
            free = f"{anchor}-{number}"
        node["ids"].insert(0, free)
        self.document.ids[free] = node


def is_result(cell):
    """Whether a cell printed or drew something without an anchor of its own: live and captioned figures have theirs."""
    kinds = {child.get("mime_type") for part in elements(cell, "mime_bundle") for child in part.children}
    shown = any(part.children for part in elements(cell, "cell_code_output"))
    return shown and VIEW not in kinds and not any(True for _ in cell.findall(nodes.figure))


def owner(node, cells):
    """Return the id of the cell that a node of a notebook was written in, of its section in a page of text."""
    while isinstance(node, nodes.Element):
        if cells and cell_number(node) is not None:
            return cells[cell_number(node)]
        if not cells and isinstance(node, nodes.section):
            return node["ids"][0]
        node = node.parent
    raise ValueError("a table outside any section")


class Links(SphinxPostTransform):
    """Put the "#" beside claims, outputs and tables; headings and captions have one."""

    default_priority = 900

    def run(self, **kwargs):
        if self.app.builder.format != "html":
            return
        for claim in self.document.findall(nodes.Admonition):
            if "claim" in claim["classes"] and claim["ids"]:
                claim.next_node(nodes.title).append(link(claim["ids"][0], "claim"))
        for cell in list(elements(self.document, "cell_code")):
            if cell["ids"]:
                cell += link(cell["ids"][0], "output")
        for table in list(self.document.findall(nodes.table)):
            if table["ids"]:
                box = nodes.container("", classes=["linked"])
                table.parent.replace(table, box)
                box += [table, link(table["ids"][0], "table")]


def link(anchor, what):
    address = f'<a class="headerlink" href="#{anchor}" title="Link to this {what}">#</a>'
    return nodes.raw("", address, format="html")


def setup(app):
    app.add_transform(Anchors)
    app.add_post_transform(Links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
