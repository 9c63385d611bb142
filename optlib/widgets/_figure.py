"""What the live figures share on the Python side."""

import anywidget
import traitlets

from . import _bundle


class Figure(anywidget.AnyWidget):
    """A live figure: `name` is its anchor on the page, `caption` stands below it, `still()` is its picture without JavaScript.

    A subclass sets `_esm`, lists in `changes` the traits that the reader changes, and draws `still()` with optlib.plotting.
    """

    name = traitlets.Unicode(help="the anchor: #name leads to the figure").tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    initial = traitlets.Dict(help="the first value of each of `changes`: what Reset returns to").tag(sync=True)

    _css = _bundle.css()
    changes = ()

    def __init__(self, **traits):
        super().__init__(**traits)
        self.initial = {key: getattr(self, key) for key in self.changes}

    def still(self):
        """Return the figure as it stands as the text of an SVG file."""
        raise NotImplementedError

    def fallback(self):
        """Return what stands in the figure's place without JavaScript, by media type."""
        return {"image/svg+xml": self.still()}

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:  # displayed without a front end for widgets
            return self.fallback()
        data, metadata = bundle
        return {**data, **self.fallback()}, metadata
