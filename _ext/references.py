"""A list of references by author and year, as the text cites them, without labels."""

from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as Plain
from pybtex.style.labels import BaseLabelStyle


class NoLabels(BaseLabelStyle):
    def format_labels(self, entries):
        return ("" for _ in entries)


class Unlabelled(Plain):
    default_sorting_style = "author_year_title"
    default_label_style = NoLabels


def setup(app):
    register_plugin("pybtex.style.formatting", "unlabelled", Unlabelled)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
