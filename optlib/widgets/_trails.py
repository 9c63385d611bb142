"""What is drawn on a plane: paths of an iteration, curves, arrows and recorded dots."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import translate
from ._fields import advance, begin, evaluate
from ._scope import arguments, is_number, known_color, rounded


@dataclass(frozen=True, eq=False)
class Trail:
    """The path of `step(t, x, y, *state, *, names…)`, which returns (x, y, *state), from `start`, a pair of names or numbers.

    The state begins with the defaults of its arguments, or 0. steps: a number, or the name of a slider. given: name ->
    fixed numbers, one a step, of which `step` gets that of its step; so it does of a `Painted` list. line=False draws the
    dots alone. In sentences, after the name of the function: {step_x}, {step_y} where it ends, {step_f} the loss there,
    {step_steps} at which step that is, which is before the last if the path left for good.
    """

    step: Any
    start: Any
    steps: Any = 40
    label: str = ""
    color: str = "ink"
    given: dict = field(default_factory=dict)
    line: bool = True

    tells = ("x", "y", "steps", "f")

    def __post_init__(self):
        begin(self.step)
        pair(f"Trail of {self.name}: start", self.start)
        known_color(self)
        whole = is_number(self.steps) and self.steps == int(self.steps) and self.steps > 0
        if not whole and not isinstance(self.steps, str):
            raise ValueError(f"Trail of {self.name}: steps is {self.steps!r}; expected a whole number or the name of a slider")
        given = {key: np.array(rounded(np.asarray(v, float), 6), float) for key, v in self.given.items()}
        for key, v in given.items():
            if key not in arguments(self.step)[1]:
                raise ValueError(f"Trail: {self.name} does not ask for {key!r}; write it after the star, or drop it from given")
            if v.ndim != 1 or not np.isfinite(v).all():
                raise ValueError(f"Trail of {self.name}: given[{key!r}] has shape {v.shape}; expected a finite number a step")
            if is_number(self.steps) and len(v) < self.steps:
                raise ValueError(f"Trail of {self.name}: given[{key!r}] has {len(v)} numbers; {self.steps} steps need as many")
        object.__setattr__(self, "given", given)

    @property
    def function(self):
        return self.step

    name = property(lambda self: self.function.__name__)

    def needs(self):
        """Return the names that stand in place of a number."""
        return [name for name in (*self.start, self.steps) if isinstance(name, str)]

    def path(self, plane, scope, loss):
        """Return the path as an array of shape (2, steps + 1), shorter if it leaves."""
        asked = arguments(self.step)[1]
        tables = {key: v for key, v in {**scope, **self.given}.items() if key in asked and np.ndim(v)}
        most = min([round(value(self.steps, scope)), *map(len, tables.values())])
        point = [np.float64(value(v, scope)) for v in self.start] + begin(self.step)
        path = [point[:2]]
        for t in range(1, most + 1):
            point = advance(self.step, {**scope, **{key: v[t - 1] for key, v in tables.items()}}, loss, t, point)
            path.append(point[:2])
            if not plane.near(*point[:2]):
                break
        return np.array(path, float).T

    def results(self, plane, scope, loss):
        x, y = path = self.path(plane, scope, loss)
        found = {"x": float(x[-1]), "y": float(y[-1]), "steps": float(len(x) - 1)}
        with np.errstate(all="ignore"):
            return found if loss is None else {**found, "f": float(loss(path[:, -1]))}

    def still(self, plane, scope, loss):
        x, y = self.path(plane, scope, loss)
        return {"kind": "trail", "x": x, "y": y, "gone": not plane.near(x[-1], y[-1]), "line": self.line}

    def describe(self, plane):
        data = {"kind": "trail", "js": translate.to_js(self.step), "state": begin(self.step), "start": list(self.start)}
        given = {key: rounded(v, 6) for key, v in self.given.items()}
        return {**data, "steps": self.steps, "given": given, "line": self.line}


@dataclass(frozen=True)
class Trace:
    """The curve of `curve(u, *, names…)`, which returns (x, y), for u from `low` to `high`: an ellipse, say.

    The loss's f, g1, … are those at the plane's first pair of points, or at the pair `at`.
    """

    curve: Any
    low: float
    high: float
    label: str = ""
    color: str = "ink"
    dashed: bool = False
    at: Any = None

    tells = ()

    def __post_init__(self):
        names, _ = arguments(self.curve)
        if len(names) != 1:
            raise ValueError(f"Trace {self.name}({', '.join(names)}): expected one variable, and names after a star")
        if not (is_number(self.low) and is_number(self.high) and self.low < self.high):
            raise ValueError(f"Trace {self.name}: the range {self.low!r} to {self.high!r} is empty; give finite low < high")
        known_color(self)

    @property
    def function(self):
        return self.curve

    name = property(lambda self: self.function.__name__)

    def needs(self):
        return [name for name in self.at or () if isinstance(name, str)]

    def results(self, plane, scope, loss):
        return {}

    def still(self, plane, scope, loss):
        u = np.linspace(self.low, self.high, 201)
        place = plane.place(self, scope)
        x, y = _parts(self.curve, evaluate(self.curve, scope, loss, *place, u, several=True), 2)
        return {"kind": "trace", "x": np.broadcast_to(x, u.shape), "y": np.broadcast_to(y, u.shape), "dashed": self.dashed}

    def describe(self, plane):
        data = {"kind": "trace", "js": translate.to_js(self.curve), "low": self.low, "high": self.high, "at": plane.at(self)}
        return {**data, "dashed": self.dashed}


@dataclass(frozen=True)
class Arrow:
    """The arrow of `function(*, names…)` or `function(x, y, *, names…)`, which returns (x0, y0, x1, y1): from, to.

    x, y and the loss's f, g1, … are those at the plane's first pair of points, or at the pair `at`. In sentences
    {function_x}, {function_y} is where it ends.
    """

    function: Any
    label: str = ""
    color: str = "ink"
    at: Any = None

    tells = ("x", "y")

    def __post_init__(self):
        names, _ = arguments(self.function)
        if len(names) not in (0, 2):
            raise ValueError(f"Arrow {self.name}({', '.join(names)}): expected x and y or nothing, and names after a star")
        known_color(self)

    name = property(lambda self: self.function.__name__)

    def needs(self):
        return [name for name in self.at or () if isinstance(name, str)]

    def ends(self, plane, scope, loss):
        place = plane.place(self, scope)
        given = place if arguments(self.function)[0] else ()
        return [float(v) for v in _parts(self.function, evaluate(self.function, scope, loss, *place, *given, several=True), 4)]

    def results(self, plane, scope, loss):
        return dict(zip(self.tells, self.ends(plane, scope, loss)[2:], strict=True))

    def still(self, plane, scope, loss):
        x0, y0, x1, y1 = self.ends(plane, scope, loss)
        return {"kind": "arrow", "x": np.array([x0, x1]), "y": np.array([y0, y1])}

    def describe(self, plane):
        return {"kind": "arrow", "js": translate.to_js(self.function), "at": plane.at(self)}


@dataclass(frozen=True, eq=False)
class Cloud:
    """Recorded dots: `x` and `y` of shape (one axis per key of `by`, number of dots)."""

    x: Any
    y: Any
    by: dict = field(default_factory=dict)
    label: str = ""
    color: str = "ink"

    lines, function, name, tells = None, None, "", ()

    def __post_init__(self):
        put, x, y = object.__setattr__, np.asarray(self.x, float), np.asarray(self.y, float)
        put(self, "by", {key: np.asarray(v).tolist() for key, v in self.by.items()})
        shape = tuple(map(len, self.by.values()))
        if x.shape != y.shape or x.ndim != len(shape) + 1 or x.shape[:-1] != shape or not x.size:
            axes = [f"{len(v)} of {key!r}" for key, v in self.by.items()] + ["dots"]
            raise ValueError(f"Cloud: x and y have shapes {x.shape} and {y.shape}; expected the axes ({', '.join(axes)})")
        put(self, "x", x)
        put(self, "y", y)
        known_color(self)

    def needs(self):
        return []

    def results(self, plane, scope, loss):
        return {}

    def still(self, plane, scope, loss):
        at = tuple(v.index(scope[key]) for key, v in self.by.items())
        return {"kind": "cloud", "x": self.x[at], "y": self.y[at]}

    def describe(self, plane):
        return {"kind": "cloud", "x": rounded(self.x, 4), "y": rounded(self.y, 4), "keys": list(self.by)}


def pair(what, pair, names=False):
    """Return `pair`, two names or numbers, or say that it is none."""
    fine = isinstance(pair, (tuple, list)) and len(pair) == 2
    if not fine or not all(isinstance(v, str) or (is_number(v) and not names) for v in pair):
        raise ValueError(f'{what} is {pair!r}; expected a pair of names{"" if names else " or numbers"}, such as ("a", "b")')
    return pair


def _parts(function, result, many):
    if len(result) != many:
        raise ValueError(f"{function.__name__} returns a tuple of {len(result)}; expected {many}")
    return result


def value(given, scope):
    """Return the number that `given` is or names."""
    return scope[given] if isinstance(given, str) else given
