"""What a figure of curves is made of: axes, lines from functions, recorded tables, marks and sentences."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .. import plotting, translate
from ..naming import nearest
from ._scope import arguments, call, fill, is_number, known_color, rounded
from ._sequence import ENDS, Painted, Sequence

QUARTILES, RANGE = "quartiles", "range"
HUGE = 1e308  # stands for infinity in the page's data, which has no word for it: beyond every window


@dataclass(frozen=True)
class Axis:
    """An axis from `low` to `high`, "linear" or "log"; with `step=1` functions are drawn at 0, 1, 2, … only."""

    label: str
    low: float
    high: float
    scale: str = "linear"
    step: float | None = None

    def __post_init__(self):
        where = f"Axis({self.label!r})"
        if self.scale not in ("linear", "log"):
            raise ValueError(f"{where}: the scale {self.scale!r} does not exist; choose 'linear' or 'log'")
        if not (is_number(self.low) and is_number(self.high) and self.low < self.high):
            raise ValueError(f"{where}: the range {self.low!r} to {self.high!r} is empty; give finite low < high")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"{where}: a log axis cannot start at {self.low!r}; give low > 0 or scale='linear'")
        if self.step is not None and not (is_number(self.step) and 0 < self.step <= self.high - self.low):
            raise ValueError(f"{where}: step is {self.step!r}; expected a positive number within the range, or None")

    def grid(self, n=401):
        """Return the numbers at which a function is drawn in a still picture.

        >>> Axis("step", 0, 3, step=1).grid()
        array([0, 1, 2, 3])
        """
        if self.step:
            return self.step * np.arange(math.ceil(self.low / self.step), math.floor(self.high / self.step) + 1)
        return (np.geomspace if self.scale == "log" else np.linspace)(self.low, self.high, n)


@dataclass(frozen=True)
class Line:
    """The graph of `function`; `points` names the points that are dragged along it. The label stands at its end."""

    function: Any
    label: str = ""
    color: str = "ink"
    points: Any = ()
    dashed: bool = False

    def __post_init__(self):
        names, _ = arguments(self.function)
        if not 1 <= len(names) <= 2:
            raise ValueError(
                f"{self.name}({', '.join(names)}): expected the horizontal variable, at most one name of a list in points, "
                "and sliders after a star"
            )
        if self.carried and len(names) == 2:
            raise ValueError(f"{self.name} has a curve for each {names[1]}; points can only be dragged along a single one")
        known_color(self)

    @property
    def name(self):
        return self.function.__name__

    @property
    def carried(self):
        """The names of the points that are dragged along the line."""
        return (self.points,) if isinstance(self.points, str) else tuple(self.points)

    def asks(self):
        """Yield its function, and None: every name that it asks for is a slider, a point or a quantity."""
        yield self.function, None

    @property
    def each(self):
        """The name of the list of points of which each has its own curve, or None."""
        return (*arguments(self.function)[0], None)[1]

    def rows(self, points):
        """Return (name of the row in labels, colour) for every curve."""
        if self.each is None:
            return [(None, self.color)]
        return list(zip(points[self.each], _ramp(len(points[self.each])), strict=True))

    def arrays(self, axis, scope, points):
        """Return x, the curves, and None twice for the spread that a function does not have."""
        x = axis.grid()
        given = [()] if self.each is None else [(p,) for p in points[self.each]]
        return x, [np.broadcast_to(call(self.function, scope, x, *p), x.shape) for p in given], None, None

    def describe(self, points):
        """Return the series as plain data for the page."""
        tints = {key: _ramp(np.size(points[key])) for key in self.carried}
        colors = [color for _, color in self.rows(points)]
        data = {"kind": "line", "js": translate.to_js(self.function), "each": self.each, "label": self.label}
        return {**data, "colors": colors, "dashed": self.dashed, "points": list(self.carried), "pointColors": tints}


@dataclass(frozen=True, eq=False)
class Recorded:
    """Data computed when the chapter ran: `table` of shape (one axis per key of `by`, [runs,] len(x)).

    The reader moves through `by`, numbers on a slider, names by buttons; the key named in `lines` is drawn all at once.
    `spread` says that the table has an axis of runs, shown as its median and the "quartiles" or the "range" around it.
    """

    x: Any
    table: Any
    by: dict = field(default_factory=dict)
    lines: str | None = None
    spread: str | None = None
    label: str = ""
    color: str = "ink"
    dots: bool = False

    carried = ()
    dashed = False

    def asks(self):
        return ()

    def __post_init__(self):
        put = object.__setattr__
        if self.spread not in (None, QUARTILES, RANGE):
            raise ValueError(f"Recorded: spread is {self.spread!r}; choose {QUARTILES!r}, {RANGE!r} or None")
        if self.lines is not None and self.lines not in self.by:
            keys = ", ".join(self.by) or "none"
            raise ValueError(f"Recorded: lines={self.lines!r} is no key of by; {nearest(self.lines, self.by)}keys: {keys}")
        known_color(self)
        put(self, "by", {key: np.asarray(v).tolist() for key, v in self.by.items()})
        put(self, "label", self.label or (f"{{{self.lines}}}" if self.lines else ""))
        x, table = np.asarray(self.x, float), np.asarray(self.table, float)
        runs = [table.shape[-2] if table.ndim > 1 else 1] if self.spread else []
        shape = (*map(len, self.by.values()), *runs, x.size)
        if x.ndim != 1 or table.shape != shape or not table.size:
            axes = [f"{len(v)} of {key!r}" for key, v in self.by.items()] + ["runs"] * len(runs) + [f"{x.size} of x"]
            raise ValueError(f"Recorded: the table has shape {table.shape}; expected the axes ({', '.join(axes)})")
        table = np.where(np.isnan(table), np.nan, np.clip(table, -HUGE, HUGE))
        at = {QUARTILES: [0.5, 0.25, 0.75], RANGE: [0.5, 0, 1]}.get(self.spread)
        put(self, "x", x)
        put(self, "parts", (table, None, None) if at is None else tuple(np.quantile(table, at, axis=-2)))

    @property
    def name(self):
        return self.label

    @property
    def each(self):
        """The key of which each value has its own curve, or None."""
        return self.lines

    def rows(self, points):
        """Return (name of the row in labels, colour) for every curve; a method has its own colour."""
        names = self.by[self.lines] if self.lines else []
        tints = zip(names, _ramp(len(names)), strict=True)
        return [(name, name if name in plotting.COLORS else tint) for name, tint in tints] or [(None, self.color)]

    def arrays(self, axis, scope, points):
        """Return x, the curves, and the lower and upper ends of the spread or None."""
        at = tuple(slice(None) if key == self.lines else v.index(scope[key]) for key, v in self.by.items())
        return self.x, *(None if part is None else np.atleast_2d(part[at]) for part in self.parts)

    def describe(self, points):
        """Return the series as plain data for the page: the middle to 4 significant digits, the spread to 3."""
        middle, low, high = (None if p is None else rounded(p, n) for p, n in zip(self.parts, (4, 3, 3), strict=True))
        names, colors = zip(*self.rows(points), strict=True)
        data = {"kind": "recorded", "x": rounded(self.x, 6), "middle": middle, "low": low, "high": high, "dots": self.dots}
        return {**data, "keys": list(self.by), "lines": self.lines, "names": names, "label": self.label, "colors": colors}


@dataclass(frozen=True)
class Mark:
    """A reference line at `x` or at `y`, a number or a function of the sliders; `shade` fills the side it names."""

    label: str = ""
    x: Any = None
    y: Any = None
    color: str = "muted"
    shade: str | None = None

    def __post_init__(self):
        sides = ("left", "right") if self.y is None else ("above", "below")
        if (self.x is None) == (self.y is None):
            raise ValueError(f"Mark({self.label!r}): give either x or y")
        if self.shade not in (None, *sides):
            raise ValueError(f"Mark({self.label!r}): shade is {self.shade!r}; choose {' or '.join(map(repr, sides))}")
        if not callable(self.at) and not is_number(self.at):
            raise ValueError(f"Mark({self.label!r}) stands at {self.at!r}; expected a finite number or a function")
        known_color(self)

    @property
    def axis(self):
        return "x" if self.y is None else "y"

    @property
    def at(self):
        return self.x if self.y is None else self.y

    def describe(self, at):
        """Return the mark as plain data, standing at the number or the function `at`."""
        return {"axis": self.axis, "at": at, "label": self.label, "color": self.color, "shade": self.shade}


@dataclass(frozen=True)
class Panel:
    """One pair of axes with its series (`Line`, `Recorded`, `Sequence`, `Painted`) and its marks.

    probe: the name of a single number in points, which the reader drags along the horizontal axis to read off values.
    """

    x: Axis
    y: Axis
    series: Any
    marks: Any = ()
    probe: str | None = None

    def __post_init__(self):
        kinds = Line, Recorded, Sequence, Painted
        for what, given, known in (("series", self.series, kinds), ("marks", self.marks, Mark)):
            for item in given:
                if not isinstance(item, known):
                    raise ValueError(
                        f"Panel: {item!r} is not for {what}; "
                        "series takes Line, Recorded, Sequence and Painted, marks takes Mark"
                    )
        for s in self.series:
            if isinstance(s, (Sequence, Painted)) and self.x.step is None:
                raise ValueError(f"{s.name} goes step by step; give the axis {self.x.label!r} step=1")

    # What `Curves` asks of every kind of panel

    def asks(self):
        """Yield each function with the names that it gets without a slider, None where it cannot ask for a painted one."""
        for s in self.series:
            yield from s.asks()
        yield from ((m.at, None) for m in self.marks if callable(m.at))

    def parameters(self):
        """Return further sliders, name -> default."""
        return {}

    @property
    def carried(self):
        """The names of the points that the reader drags here."""
        return {key for s in self.series for key in s.carried} | ({self.probe} - {None})

    def brushes(self):
        """Return the points that are there without being given, name -> start: where a brush stands."""
        steps = self.x.grid()[1:] if self.x.step else []
        return {s.brush: float(steps[(len(steps) - 1) // 2]) for s in self.series if isinstance(s, Painted)}

    def tables(self):
        """Return what was recorded."""
        return [s for s in self.series if isinstance(s, Recorded)]

    def check(self, points):
        """Raise ValueError where a list of points is needed and a number given, or the other way round."""
        if self.probe is not None and not is_number(points.get(self.probe)):
            raise ValueError(f"Panel: probe={self.probe!r} needs a single number: points={{{self.probe!r}: …}}")
        for s in self.series:
            if isinstance(s, Painted) and not isinstance(points.get(s.name), list):
                raise ValueError(f"Painted({s.name!r}): give points={{{s.name!r}: […]}}, one number a step")
            if isinstance(s, Line) and s.each is not None and not isinstance(points.get(s.each), list):
                raise ValueError(f"{s.name}: {s.each!r} is no list of points; give points={{{s.each!r}: […]}}")
            for key in s.carried:
                if key not in points:
                    raise ValueError(
                        f"{s.name}: points={key!r} does not exist; {nearest(key, points)}give points={{{key!r}: …}}"
                    )

    def describe(self, points):
        """Return the panel as plain data for the page."""
        marks = [m.describe(translate.to_js(m.at) if callable(m.at) else m.at) for m in self.marks]
        series = [s.describe(points) for s in self.series]
        return {
            "kind": "panel",
            "x": asdict(self.x),
            "y": asdict(self.y),
            "series": series,
            "marks": marks,
            "probe": self.probe,
        }

    def publishes(self):
        """Return the names that the panel adds for the sentences."""
        return {f"{s.name}_{end}" for s in self.series if isinstance(s, (Sequence, Painted)) for end in ENDS}

    def results(self, scope, points):
        """Return what the panel adds for the sentences, by name."""
        found = {}
        for s in self.series:
            if isinstance(s, (Sequence, Painted)):
                found |= s.results(self.x, scope, points)
        return found

    def still(self, scope, points):
        """Return what the panel shows now as plain data for `plotting.curves`."""
        curves, dots = [], []
        for s in self.series:
            x, rows, low, high = s.arrays(self.x, scope, points)
            for i, (name, color) in enumerate(s.rows(points)):
                label = fill(s.label, {**scope, s.each: name} if s.each else scope)
                spread = {"low": None if low is None else low[i], "high": None if high is None else high[i]}
                style = {"color": color, "dots": getattr(s, "dots", False), "dashed": s.dashed}
                curves.append({"x": x, "y": rows[i], "label": label, **spread, **style})
            for key in s.carried if isinstance(s, Line) else ():
                at, colors = np.ravel(points[key]), s.describe(points)["pointColors"][key]
                dots.append({"x": at, "y": call(s.function, scope, at), "colors": colors})
        marks = [m.describe(float(call(m.at, scope)) if callable(m.at) else m.at) for m in self.marks]
        marks = [{**m, "label": fill(m["label"], scope)} for m in marks]
        return {"kind": "panel", "x": self.x, "y": self.y, "curves": curves, "dots": dots, "marks": marks}


@dataclass(frozen=True)
class Say:
    """A sentence below the figure; {names} are filled in. With `when`, a function, it is said only where that is > 0."""

    text: str
    when: Any = None
    otherwise: str = ""


def _ramp(n):
    return [plotting.ramp(i, n) for i in range(n)]
