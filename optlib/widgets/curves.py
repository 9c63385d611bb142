"""Curves that depend on sliders, on points that the reader drags, or on data recorded when the chapter ran.

A function says by the names of its arguments what it depends on:

    def error(t, lam, *, lr=0.1): ...

`t` is the variable of the panel's horizontal axis, `lam` a list of points (the curve is then drawn once for each), `lr` a
slider. After the star may also stand the name of a recorded table's key, of a quantity (a function of such names alone),
of a single point, and `lam_min`, `lam_max`: the extremes of a list of points.
"""

import inspect

import numpy as np
import traitlets

from .. import plotting, translate
from ..naming import nearest
from . import _bundle
from ._figure import Figure
from ._knobs import choices, knob
from ._panels import Axis, Line, Mark, Panel, Recorded, Say
from ._plane import Plane
from ._scope import arguments, call, fill, is_number
from ._sequence import Painted, Sequence

__all__ = ["Axis", "Curves", "Line", "Mark", "Painted", "Panel", "Recorded", "Say", "Sequence"]
KINDS = Panel, Plane
EMPTY = inspect.Parameter.empty


class Curves(Figure):
    """A live figure of panels of curves. `values` holds the sliders and choices, `points` what can be dragged.

    values: name -> where a slider or a choice starts, by default the function's own default or the first recorded value.
    sliders: name -> (low, high) or (low, high, scale), where the usual range does not fit, or {label: number}, a choice
    among these numbers; labels: name -> its label.
    points: name -> a number, or a list of numbers. quantities: functions of sliders, points and earlier quantities; their
    names can be used like a slider's, also in labels and sentences. say: sentences, or one; see `Say`.

    >>> def shrink(lam, *, lr=0.1):
    ...     return abs(1 - lr * lam)
    >>> axes = {"x": Axis("λ", 0, 12), "y": Axis("factor", 0, 2)}
    >>> figure = Curves(Panel(**axes, series=[Line(shrink)]), values={"lr": 0.5})
    >>> lam, y = figure.curve("shrink")
    >>> print(lam[100], y[100])
    3.0 0.5
    """

    _esm = _bundle.esm("curves.js")
    changes = ("values", "points")
    spec = traitlets.Dict(read_only=True).tag(sync=True)
    values = traitlets.Dict(help="name -> the number of a slider, or the name chosen").tag(sync=True)
    points = traitlets.Dict(help="name -> a number, or a list of numbers").tag(sync=True)

    def __init__(
        self, *panels, values=None, sliders=None, labels=None, points=None, quantities=(), say=(), name="", caption=""
    ):
        if not panels or not all(isinstance(p, KINDS) for p in panels):
            raise ValueError("Curves takes one or more Panel(x=Axis(…), y=Axis(…), series=[…]) or Plane(…)")
        self.panels = panels
        self._quantities = {f.__name__: f for f in quantities}
        self._say = [s if isinstance(s, Say) else Say(s) for s in ([say] if isinstance(say, (str, Say)) else say)]
        brushes = {key: at for p in panels if isinstance(p, Panel) for key, at in p.brushes().items()}
        points = self._start = _points({**(points or {}), **brushes})
        self._levels, defaults = self._recorded(), {}
        self._check_panels(points)
        for p in panels:
            defaults |= {k: v for k, v in p.parameters().items() if k not in {*points, *self._quantities, *self._levels}}
        for f, supplied in self._functions(points):
            for key, default in self._asks_for(f, supplied, points).items():
                if defaults.get(key, EMPTY) is EMPTY:
                    defaults[key] = default
        defaults |= {key: levels[0] for key, levels in self._levels.items()}
        for what, given in (("values", values), ("sliders", sliders), ("labels", labels)):
            for key in given or {}:
                if key not in defaults:
                    known = ", ".join(defaults) or "none"
                    raise ValueError(f"{what}: no function or table has {key!r}; {nearest(key, defaults)}known: {known}")
        start = {**defaults, **(values or {})}
        for key, value in start.items():
            if value is EMPTY:
                raise ValueError(f"values: {key!r} starts nowhere; give values={{{key!r}: …}} or a default in the function")
        self._knobs = [self._knob(key, (sliders or {}).get(key), (labels or {}).get(key)) for key in start]
        super().__init__(name=name, caption=caption, values=start, points=points)
        self.set_trait("spec", self._describe())
        self.still_panels()  # this and the next line call everything once: a mistake shows here and not on the page
        scope = self.scope() | self.results()
        for text in (t for s in self._say for t in (s.text, s.otherwise)):
            fill(text, scope)

    def _recorded(self):
        """Return the keys of the recorded tables with their values, which must agree."""
        found = {}
        for series in (s for p in self.panels for s in p.tables()):
            for key, v in series.by.items():
                if key != series.lines and found.setdefault(key, v) != v:
                    raise ValueError(f"Recorded: two tables differ in {key!r}: {found[key]} and {v}")
        return found

    def _check_panels(self, points):
        for panel in self.panels:
            panel.check(points)
        for key in points.keys() - {key for p in self.panels for key in p.carried}:
            raise ValueError(f"points: nothing carries {key!r}; give the Line that it moves along points={key!r}")

    def _functions(self, points):
        """Yield every function of the figure, with the names that it gets without a slider."""
        lists = {key for key, p in points.items() if isinstance(p, list)}
        for panel in self.panels:
            yield from ((f, () if supplied is None else supplied | lists) for f, supplied in panel.asks())
        yield from ((f, ()) for f in self._quantities.values())
        published = {name for p in self.panels for name in p.publishes()}
        yield from ((s.when, published) for s in self._say if s.when)

    def _asks_for(self, f, supplied, points):
        """Return the keyword-only names of `f` that must be sliders, with their defaults."""
        found = {}
        for key, default in arguments(f)[1].items():
            if key in supplied:
                continue
            if isinstance(points.get(key), list):
                raise ValueError(f"{f.__name__}: {key!r} is a list of points; ask for {key}_min or {key}_max after the star")
            if not all(map(is_number, self._levels.get(key, ()))):
                raise ValueError(f"{f.__name__}: {key!r} is a choice among names, no number; take it out of the arguments")
            extremes = {f"{k}_{end}" for k, p in points.items() if isinstance(p, list) for end in ("min", "max")}
            if key not in {*points, *extremes, *self._levels, *self._quantities}:
                found[key] = default
        return found

    def _knob(self, key, bounds, label):
        if isinstance(bounds, dict):
            return choices(key, bounds, label)
        if key not in self._levels:
            return knob(key, bounds, label)
        kind = "levels" if all(map(is_number, self._levels[key])) else "options"
        levels = self._levels[key] if kind == "levels" else [{"value": v, "label": v} for v in self._levels[key]]
        return {"key": key, "label": label or key, kind: levels}

    def _describe(self):
        """Return the figure as plain data for the page."""
        panels = [p.describe(self.points) for p in self.panels]
        say = [{"text": s.text, "when": s.when and translate.to_js(s.when), "otherwise": s.otherwise} for s in self._say]
        # Pairs, since each may use those before it: a stored notebook brings the keys of an object into another order.
        quantities = [[key, translate.to_js(f)] for key, f in self._quantities.items()]
        return {"panels": panels, "knobs": self._knobs, "quantities": quantities, "say": say}

    @traitlets.validate("values")
    def _check_values(self, proposal):
        values, names = proposal["value"], [k["key"] for k in self._knobs]
        if odd := sorted(values.keys() ^ set(names)):
            raise ValueError(
                f"values: {', '.join(map(repr, odd))} missing or unknown; the names are {', '.join(names) or 'none'}"
            )
        options = {k["key"]: [o["value"] for o in k["options"]] for k in self._knobs if "options" in k}
        for key, value in values.items():
            if value not in self._levels.get(key, [value]):
                raise ValueError(f"values[{key!r}] is {value!r}; nothing is recorded there, choose one of {self._levels[key]}")
            if value not in options.get(key, [value]):
                raise ValueError(f"values[{key!r}] is {value!r}; choose one of {options[key]}")
            if key not in self._levels and not is_number(value):
                raise ValueError(f"values[{key!r}] is {value!r}; expected a finite number")
        return values

    @traitlets.validate("points")
    def _check_points(self, proposal):
        points = _points(proposal["value"])
        if {k: np.shape(p) for k, p in points.items()} != {k: np.shape(p) for k, p in self._start.items()}:
            raise ValueError(f"points: {points!r} does not fit; expected as many numbers as in {self._start!r}")
        return points

    def scope(self):
        """Return every name that a function or a sentence can use, with its present value."""
        names = dict(self.values)
        for key, p in self.points.items():
            names |= {f"{key}_min": min(p), f"{key}_max": max(p)} if isinstance(p, list) else {key: p}
        for key, f in self._quantities.items():
            missing = [name for name in arguments(f)[1] if name not in names]
            if missing:
                raise ValueError(f"quantities: {key} asks for {', '.join(missing)}, which must stand before it")
            names[key] = float(call(f, names))
        return names

    def results(self):
        """Return what the panels add for the sentences, such as `step_last` of a `Sequence`."""
        scope, found = self.scope(), {}
        for p in self.panels:
            found |= p.results(scope, self.points)
        return found

    def curve(self, name):
        """Return (x, y) of the series whose function or label is `name`, now; y has a row for each point or line."""
        known = {n: (p, s) for p in self.panels if isinstance(p, Panel) for s in p.series for n in (s.label, s.name)}
        if name not in known:
            names = ", ".join(filter(None, known))
            raise ValueError(f"curve {name!r} does not exist; {nearest(name, known)}known: {names}")
        panel, series = known[name]
        x, rows, _, _ = series.arrays(panel.x, self.scope(), self.points)
        return x, np.array(rows) if series.each else rows[0]

    def sentences(self):
        """Return what the figure says now."""
        scope = self.scope() | self.results()
        said = (s.text if s.when is None or call(s.when, scope) > 0 else s.otherwise for s in self._say)
        return " ".join(fill(text, scope) for text in said if text)

    def still_panels(self):
        """Return what the figure shows now as plain data: what `optlib.plotting.curves` draws."""
        scope = self.scope()
        return [p.still(scope, self.points) for p in self.panels]

    def still(self):
        """Return the figure as it stands as the text of an SVG file."""
        return plotting.curves(self.still_panels(), title=self.caption)


def _points(points):
    """Return points as numbers and lists of numbers, or say which of them is neither."""
    for key, p in points.items():
        if not (is_number(p) or (isinstance(p, (list, tuple, np.ndarray)) and len(p) and all(map(is_number, p)))):
            raise ValueError(f"points[{key!r}] is {p!r}; expected a finite number or a list of them")
    return {key: float(p) if is_number(p) else [float(v) for v in p] for key, p in points.items()}
