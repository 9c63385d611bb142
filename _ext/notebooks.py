"""A page's notebook: its cells as they are written, and the nodes that MyST-NB makes of them."""

import json
import re
from pathlib import Path

from docutils import nodes

VIEW = "application/vnd.jupyter.widget-view+json"
LINES = 10_000  # MyST-NB numbers the lines of a cell from this times the cell's number, which it counts from 1


def cells_of(env, docname):
    """Return the cells of a page's notebook, or [] where it is none."""
    path = Path(env.doc2path(docname))
    return json.loads(path.read_text(encoding="utf-8"))["cells"] if path.suffix == ".ipynb" else []


def source(cell):
    """Return what stands in a cell, without the labels of its heading."""
    return re.sub(r"\A(\([\w-]+\)=\n)+", "", "".join(cell["source"]))


def page_scripts(app, docname):
    """Return what MyST-NB adds to the head of a page, by name."""
    return getattr(app.env, "nb_metadata", {}).get(docname, {}).get("js_files", {})


def cell_number(node):
    """Return the number of the cell, from 0, that a node was written in; None where that is not known."""
    return node.line // LINES - 1 if node.line and node.line >= LINES else None


def is_element(node, kind):
    """Whether a node is what MyST-NB makes of a cell or of a part of it: cell_code, cell_code_output, mime_bundle …"""
    return isinstance(node, nodes.container) and node.get("nb_element") == kind


def elements(node, kind):
    """Yield the nodes of that kind in a document or a part of it."""
    return node.findall(lambda each: is_element(each, kind))


def sentences(children):
    """Return the sentences of a paragraph's nodes, one a line in the source, as lists of nodes."""
    lines = [[]]
    for child in children:
        if not isinstance(child, nodes.Text):
            lines[-1].append(child)
            continue
        first, *others = child.astext().split("\n")
        lines[-1].append(nodes.Text(first))
        lines += [[nodes.Text(part)] for part in others]
    return [line for line in lines if "".join(n.astext() for n in line).strip()]
