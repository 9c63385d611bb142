"""Series that go step by step: a recursion, and a sequence that the reader paints."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import translate
from ._scope import arguments, call, is_number, known_color, rounded

ENDS = ("last", "max", "min")  # of what a sequence draws: its names in sentences end so


@dataclass(frozen=True, eq=False)
class Sequence:
    """A recursion: `step(t, *state, *, names…)` returns the next state, a tuple or one number, for t = low + 1, low + 2, …

    The axis has step=1 and begins at the start's t. start: the state there, numbers or names of sliders and points.
    Drawn is the first state variable, or `show(t, *state, *, names…)`. given: name -> numbers, one a step, kept to six
    digits, of which `step` and `show` get that of their step (`show` at the start that of the first). So they do of a
    `Painted` sequence. In sentences {step_last}, {step_max} and {step_min} are of what is drawn; the function's name
    comes first.

    >>> def halve(t, x, *, lr=0.5):
    ...     return x - lr * x
    >>> from optlib.widgets import Axis
    >>> print(Sequence(halve, start=(8,)).arrays(Axis("t", 0, 3, step=1), {"lr": 0.5}, {})[1][0])
    [8. 4. 2. 1.]
    """

    step: Any
    start: Any = (0,)
    show: Any = None
    label: str = ""
    color: str = "ink"
    dashed: bool = False
    dots: bool = False
    given: dict = field(default_factory=dict)

    carried, each = (), None

    def __post_init__(self):
        start = (self.start,) if isinstance(self.start, str) or is_number(self.start) else tuple(self.start)
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "given", {key: np.array(rounded(np.asarray(v, float), 6)) for key, v in self.given.items()})
        for value in start:
            if not (isinstance(value, str) or is_number(value)):
                raise ValueError(f"{self.name}: start has {value!r}; expected finite numbers or names of sliders and points")
        for f in filter(None, (self.step, self.show)):
            names, _ = arguments(f)
            if len(names) != 1 + len(start):
                raise ValueError(
                    f"{f.__name__}({', '.join(names)}): expected the step t and then {len(start)} state variables, as many as "
                    f"start={start!r} has; what else it depends on stands after a star"
                )
        for key, table in self.given.items():
            if table.ndim != 1 or not np.isfinite(table).all():
                raise ValueError(f"{self.name}: given[{key!r}] has shape {table.shape}; expected finite numbers, one a step")
        known_color(self)

    @property
    def name(self):
        return self.step.__name__

    def asks(self):
        """Yield its functions, with the names that they get without a slider."""
        yield from ((f, set(self.given)) for f in (self.step, self.show) if f is not None)

    def rows(self, points):
        return [(None, self.color)]

    def arrays(self, axis, scope, points):
        """Return x, the one curve, and None twice for the spread that a recursion does not have."""
        x = axis.grid()
        tables = {key: np.asarray(v) for key, v in {**points, **self.given}.items() if np.ndim(v)}
        for key, table in tables.items():
            if (
                key in {**arguments(self.step)[1], **(arguments(self.show)[1] if self.show else {})}
                and len(table) != len(x) - 1
            ):
                raise ValueError(f"{self.name}: {key!r} has {len(table)} numbers; the axis has {len(x) - 1} steps")
        state = tuple(float(scope[v] if isinstance(v, str) else v) for v in self.start)
        shown = []
        for i, t in enumerate(x):
            now = scope | {key: float(table[max(0, i - 1)]) for key, table in tables.items() if len(table) == len(x) - 1}
            if i:
                state = call(self.step, now, np.float64(t), *map(np.float64, state), several=True)
                if len(state) != len(self.start):
                    raise ValueError(f"{self.name} returns {len(state)} numbers; expected the state again, {len(self.start)}")
            shown.append(state[0] if self.show is None else call(self.show, now, np.float64(t), *map(np.float64, state)))
        return x, [np.array(shown, float)], None, None

    def describe(self, points):
        """Return the series as plain data for the page."""
        show = self.show and translate.to_js(self.show)
        data = {"kind": "sequence", "name": self.name, "js": translate.to_js(self.step), "show": show, "each": None}
        given = {key: table.tolist() for key, table in self.given.items()}
        style = {"label": self.label, "colors": [self.color], "dashed": self.dashed, "dots": self.dots}
        return {**data, "start": list(self.start), "given": given, **style}

    def results(self, axis, scope, points):
        """Return the last, the largest and the smallest number drawn, by name."""
        _, (y,), _, _ = self.arrays(axis, scope, points)
        y = y[~np.isnan(y)]
        ends = (y[-1], y.max(), y.min()) if y.size else 3 * (np.nan,)
        return {f"{self.name}_{end}": float(v) for end, v in zip(ENDS, ends, strict=True)}


@dataclass(frozen=True)
class Painted:
    """A sequence, the list `name` in points, that the reader paints over the panel: one number a step, from `low` to `high`.

    By default the axis says how low and how high. A `Sequence` asks for it by its name. The step at which the brush stands
    is the point `<name>_at`.
    """

    points: str
    label: str = ""
    color: str = "accent"
    low: float | None = None
    high: float | None = None

    each, dots, dashed = None, False, False

    def __post_init__(self):
        for what, value in (("low", self.low), ("high", self.high)):
            if value is not None and not is_number(value):
                raise ValueError(f"Painted({self.points!r}): {what} is {value!r}; expected a finite number, or None")
        known_color(self)

    @property
    def name(self):
        return self.points

    @property
    def carried(self):
        return self.points, self.brush

    @property
    def brush(self):
        return f"{self.points}_at"

    def asks(self):
        return ()

    def rows(self, points):
        return [(None, self.color)]

    def arrays(self, axis, scope, points):
        x, y = axis.grid()[1:], np.asarray(points[self.points], float)
        if len(x) != len(y):
            raise ValueError(f"points[{self.points!r}] has {len(y)} numbers; the axis {axis.label!r} has {len(x)} steps")
        return x, [y], None, None

    def describe(self, points):
        data = {
            "kind": "painted",
            "name": self.points,
            "brush": self.brush,
            "each": None,
            "label": self.label,
            "colors": [self.color],
        }
        return {**data, "low": self.low, "high": self.high, "dashed": False}

    def results(self, axis, scope, points):
        y = points[self.points]
        return {f"{self.points}_{end}": float(v) for end, v in zip(ENDS, (y[-1], max(y), min(y)), strict=True)}
