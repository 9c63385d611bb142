"""A panel of two dimensions: a map of a loss or a coloured field, points that the reader drags, and paths drawn on it.

    def descend(t, x, y, *, g1, g2, lr=0.1):
        return x - lr * g1, y - lr * g2

    Plane(Axis("x₁", -2, 2), Axis("x₂", -1, 1), Quadratic(kappa=10), points=("a", "b"), series=[Trail(descend, ("a", "b"))])

Functions of a plane with a loss may ask after the star for f, g1, g2, h11, h12, h22: its value, gradient and Hessian at
their point. A field and a step have their own point; a `Trace` and an `Arrow` have the plane's first pair of points.
"""

import inspect
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .. import plotting
from ..catalogue import LOSSES
from ..naming import nearest
from ._fields import ELSEWHERE, LOCAL, Basins, Formula, Grid
from ._panels import Axis
from ._scope import arguments, fill, is_number
from ._trails import Arrow, Cloud, Trace, Trail, pair, value

FAR = 1e3  # a path has left for good when it is so many times the window's size away from its middle
EMPTY = inspect.Parameter.empty


@dataclass(frozen=True)
class Plane:
    """Two dimensions, beside the panels of a `Curves` figure: a background, points to drag, and `series` drawn on it.

    loss: its contours; its parameters are sliders, except those in `fixed`. field: a function f(x, y, *, names…), `Basins`
    or `Grid`, drawn in colours from `low` to `high`, with contour lines at `levels`, numbers or pairs (number, label); or
    in `kinds`, {name: colour of the palette}, of which the field gives the index 0, 1, 2 … points: a pair of names of
    single points, or several, that are dragged; also a click moves the nearest one. In sentences {field_here}, with the
    name of the field's function first, is its value or the name of its kind at the first pair.

    >>> from optlib.losses import Quadratic
    >>> def descend(t, x, y, *, g1, g2, lr=0.1):
    ...     return x - lr * g1, y - lr * g2
    >>> plane = Plane(Axis("x₁", -2, 2), Axis("x₂", -1, 1), Quadratic(kappa=10), series=[Trail(descend, (1, 0.5), steps=2)])
    >>> plane.results({"lr": 0.1, "kappa": 10.0, "angle": 0.0}, {})["descend_x"]
    0.81
    """

    x: Axis
    y: Axis
    loss: Any = None
    field: Any = None
    kinds: Any = None
    low: float | None = None
    high: float | None = None
    levels: Any = ()
    points: Any = ()
    series: Any = ()
    fixed: Any = ()

    def __post_init__(self):
        put = object.__setattr__
        for what, axis in (("x", self.x), ("y", self.y)):
            if not isinstance(axis, Axis):
                raise ValueError(f"Plane: {what} is {axis!r}; expected an Axis(label, low, high)")
        if self.loss is not None and LOSSES.get(type(self.loss).__name__) is not type(self.loss):
            raise ValueError(f"Plane: loss is {self.loss!r}; expected a loss of optlib such as Quadratic(kappa=10), or None")
        known = {} if self.loss is None else vars(self.loss)
        put(self, "fixed", (self.fixed,) if isinstance(self.fixed, str) else tuple(self.fixed))
        for name in self.fixed:
            if name not in known:
                hint = f"{nearest(name, known)}known: {', '.join(known) or 'none'}"
                raise ValueError(f"Plane: fixed has {name!r}, which is no parameter of the loss; {hint}")
        single = len(self.points) == 2 and all(isinstance(p, str) for p in self.points)
        put(self, "points", tuple(pair("Plane: points", p, names=True) for p in ((self.points,) if single else self.points)))
        for name in self.carried:
            if name in self.parameters():
                raise ValueError(
                    f"Plane: {name!r} is a point and a parameter of the loss; rename it, or give fixed=({name!r},)"
                )
        for item in self.series:
            if not isinstance(item, (Trail, Trace, Arrow, Cloud)):
                raise ValueError(f"Plane: {item!r} is not for series; it takes Trail, Trace, Arrow and Cloud")
        if self.field is not None and not isinstance(self.field, (Basins, Grid)):
            put(self, "field", Formula(self.field))
        self._name_kinds()
        self._check_colors()
        for function, supplied in self.asks():
            for name in LOCAL:
                if name in arguments(function)[1] and name not in supplied:
                    needs = "a loss: loss=…" if self.loss is None else "a place: points=(…, …), or at=(…, …) in the series"
                    raise ValueError(f"Plane: {function.__name__} asks for {name!r}, which needs {needs}")

    def _name_kinds(self):
        """Give the targets of `Basins` their names and colours, where the author did not."""
        if not isinstance(self.field, Basins):
            return
        if self.field.targets is None and (self.loss is None or not self.loss.minima):
            raise ValueError("Basins: there is no loss with minima to end at; give targets=[(x, y), …]")
        goals = self.field.goals(self.loss)
        names = self.kinds or {_spoken(goal): plotting.ramp(i, len(goals)) for i, goal in enumerate(goals)}
        if len(names) not in (len(goals), len(goals) + 1):
            raise ValueError(f"Plane: kinds has {len(names)} names for {len(goals)} targets; one more may name elsewhere")
        object.__setattr__(self, "kinds", dict(names) if len(names) > len(goals) else {**names, ELSEWHERE: "muted"})

    def _check_colors(self):
        put, levels = object.__setattr__, []
        if self.field is None and (self.kinds or len(self.levels)):
            raise ValueError("Plane: kinds and levels describe a field; give field=")
        if self.kinds and len(self.levels):
            raise ValueError("Plane: a field of kinds has no levels; drop one of them")
        for color in (self.kinds or {}).values():
            if color not in plotting.COLORS:
                hint = f"{nearest(color, plotting.COLORS)}known: {', '.join(plotting.COLORS)}"
                raise ValueError(f"Plane: kinds has the color {color!r}, which does not exist; {hint}")
        if isinstance(self.field, Grid) and not self.kinds:
            put(self, "low", float(np.nanmin(self.field.table)) if self.low is None else self.low)
            put(self, "high", float(np.nanmax(self.field.table)) if self.high is None else self.high)
        ordered = is_number(self.low) and is_number(self.high) and self.low < self.high
        if self.field is not None and not self.kinds and not ordered:
            raise ValueError(
                f"Plane: the colours go from low={self.low!r} to high={self.high!r}; give finite low < high, or kinds"
            )
        for level in self.levels:
            level = tuple(level) if isinstance(level, (tuple, list)) else (level, f"{level:g}")
            if len(level) != 2 or not is_number(level[0]) or not isinstance(level[1], str):
                raise ValueError(f"Plane: levels has {level!r}; expected a number or a pair (number, label)")
            levels.append(level)
        put(self, "levels", tuple(levels))

    # What `Curves` asks of every kind of panel

    def asks(self):
        """Yield each function with the names that it gets without a slider."""
        here = set(LOCAL) if self.loss is not None else set()
        if isinstance(self.field, (Basins, Formula)):
            yield self.field.function, here
        for s in self.series:
            if isinstance(s, Trail):
                yield s.function, here | set(s.given)
            elif s.function:
                yield s.function, here if self.at(s) else set()

    def parameters(self):
        """Return the names that are sliders though no function asks: the loss's parameters, starts and numbers of steps."""
        names = {} if self.loss is None else {k: v for k, v in vars(self.loss).items() if k not in self.fixed}
        for name in (name for s in self.series for name in s.needs()):
            if name not in self.carried:
                names.setdefault(name, EMPTY)
        return names

    @property
    def carried(self):
        """The names of the points that the reader drags here."""
        return {name for p in self.points for name in p}

    def tables(self):
        """Return what was recorded."""
        return [item for item in (self.field, *self.series) if isinstance(item, (Grid, Cloud))]

    def check(self, points):
        """Raise ValueError where a single point is needed and none is given, or a list asked for that does not go by steps."""
        for name in self.carried:
            if not is_number(points.get(name)):
                raise ValueError(f"Plane: points has {name!r}, which needs a single number: points={{{name!r}: …}}")
        for function, _ in self.asks():
            for name in arguments(function)[1]:
                if isinstance(points.get(name), list) and function not in [
                    s.function for s in self.series if isinstance(s, Trail)
                ]:
                    raise ValueError(
                        f"{function.__name__}: {name!r} is a list of points; only the step of a Trail may ask for it"
                    )

    def describe(self, points):
        """Return the plane as plain data for the page."""
        loss = self.loss and {"name": type(self.loss).__name__, "params": vars(self.loss), "fixed": list(self.fixed)}
        data = {"kind": "plane", "x": asdict(self.x), "y": asdict(self.y), "loss": loss, "field": None}
        if self.field is not None:
            known = {"low": self.low, "high": self.high, "levels": self.levels, "kinds": list((self.kinds or {}).items())}
            name = None if isinstance(self.field, Grid) else self.field.function.__name__
            data["field"] = {**self.field.describe(self), **known, "label": self._label(), "name": name}
        style = [{"label": s.label, "color": s.color, "name": name} for s, name in self._named()]
        data["series"] = [{**s.describe(self), **more} for s, more in zip(self.series, style, strict=True)]
        data["points"] = [{"names": p, "color": color} for p, color in zip(self.points, self._colors(), strict=True)]
        return data

    def publishes(self):
        """Return the names that the plane adds for the sentences."""
        names = {f"{name}_{end}" for s, name in self._named() for end in s.tells if end != "f" or self.loss is not None}
        return names | ({f"{self.field.function.__name__}_here"} if self._tells() else set())

    def results(self, scope, points):
        """Return what the plane adds for the sentences, by name."""
        loss, found = self.present(scope), {}
        for s, name in self._named():
            found |= {f"{name}_{end}": v for end, v in s.results(self, {**points, **scope}, loss).items()}
        if self._tells():
            at = [np.float64(scope[name]) for name in self.points[0]]
            here = float(self.field.values(self, scope, loss, *at))
            found[f"{self.field.function.__name__}_here"] = self.kind(here) if self.kinds else here
        return found

    def still(self, scope, points):
        """Return what the plane shows now as plain data for `plotting.curves`."""
        loss, scope = self.present(scope), {**points, **scope}
        rough, mesh = (np.meshgrid(self.x.grid(n), self.y.grid(n * 3 // 4)) for n in (49, 113 if self.kinds else 61))
        with np.errstate(all="ignore"):
            height = None if loss is None else (*rough, np.asarray(loss(np.stack(rough))))
        minima = [] if loss is None else [(float(a), float(b), float(loss([a, b]))) for a, b in loss.minima]
        data = {"kind": "plane", "x": self.x, "y": self.y, "mesh": mesh, "height": height, "minima": minima}
        data["field"] = None if self.field is None else self.field.values(self, scope, loss, *mesh)
        data |= {"kinds": self.kinds, "low": self.low, "high": self.high, "label": self._label()}
        data["levels"] = [(level, fill(label, scope)) for level, label in self.levels]
        style = [{"label": fill(s.label, scope), "color": s.color} for s in self.series]
        data["shapes"] = [{**s.still(self, scope, loss), **more} for s, more in zip(self.series, style, strict=True)]
        data["handles"] = [(scope[a], scope[b], color) for (a, b), color in zip(self.points, self._colors(), strict=True)]
        return data

    # What its parts ask of it

    def present(self, scope):
        """Return the loss with its present parameters."""
        if self.loss is None:
            return None
        known = vars(self.loss)
        return type(self.loss)(**{**known, **{name: scope[name] for name in known if name not in self.fixed}})

    def at(self, series):
        """Return the pair at which a Trace or an Arrow stands, or None."""
        return list(series.at or (self.points[0] if self.points else ())) or None

    def place(self, series, scope):
        """Return that pair as numbers."""
        return tuple(np.float64(value(v, scope)) for v in self.at(series) or (np.nan, np.nan))

    def near(self, x, y):
        """Return whether a path at (x, y) is still to be followed."""
        sides = ((x, self.x), (y, self.y))
        return all(abs(v - (axis.low + axis.high) / 2) <= FAR * (axis.high - axis.low) for v, axis in sides)

    def kind(self, index):
        """Return the name of the kind with that index."""
        names = list(self.kinds)
        return names[round(index)] if -0.5 <= index < len(names) - 0.5 else "none of these"

    def _tells(self):
        return isinstance(self.field, (Basins, Formula)) and bool(self.points)

    def _named(self):
        """Yield each series with the name that its results have: the second of a name has a 2 behind it."""
        seen = {}
        for s in self.series:
            seen[s.name] = seen.get(s.name, 0) + 1
            yield s, s.name + (str(seen[s.name]) if seen[s.name] > 1 else "")

    def _label(self):
        """Return what the field's colours mean, in words."""
        if self.field is None or isinstance(self.field, Grid):
            return getattr(self.field, "label", "")
        f = self.field.function
        return (inspect.getdoc(f) or f.__name__.replace("_", " ")).splitlines()[0].rstrip(".")

    def _colors(self):
        """Return for each pair the colour of what begins there."""
        starts = {tuple(s.start): s.color for s in reversed(self.series) if isinstance(s, Trail)}
        return [starts.get(p, "ink") for p in self.points]


def _spoken(point):
    return "({}, {})".format(*(f"{v:.3g}".replace("-", "−") for v in point))
