"""Tables that directives and collections fill."""

from docutils import nodes


def table(columns, **attributes):
    """Return a table with its head, and its body for the rows; `columns` is {heading: share of the width in percent}."""
    group = nodes.tgroup(cols=len(columns))
    group += [nodes.colspec(colwidth=width) for width in columns.values()]
    group += nodes.thead("", text_row([nodes.Text(heading)] for heading in columns))
    group += (body := nodes.tbody())
    return nodes.table("", group, **attributes), body


def row(cells):
    """Return a row; each cell is a list of paragraphs and other blocks."""
    return nodes.row("", *(nodes.entry("", *cell) for cell in cells))


def text_row(cells):
    """Return a row; each cell is a list of words and links, which make one paragraph."""
    return row([nodes.paragraph("", "", *cell)] for cell in cells)
