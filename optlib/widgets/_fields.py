"""What can colour a plane: a function of the point, where an iteration from each point ends, or a recorded table."""

import inspect
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import translate
from ._scope import arguments, call, is_number, rounded

LOCAL = ("f", "g1", "g2", "h11", "h12", "h22")  # what a function in a plane may ask of the plane's loss at its point
ELSEWHERE = "elsewhere"


def local(loss, names, x, y):
    """Return the value, gradient and Hessian of `loss` at (x, y), as far as `names` ask for them.

    >>> from optlib.losses import Quadratic
    >>> local(Quadratic(kappa=10), ["g2", "lr"], 1.0, 2.0)["g2"]
    np.float64(20.0)
    """
    found = {}
    if loss is None or not any(name in LOCAL for name in names):
        return found
    point = np.stack(np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float)))
    with np.errstate(all="ignore"):
        if "f" in names:
            found["f"] = loss(point)
        if "g1" in names or "g2" in names:
            found["g1"], found["g2"] = loss.grad(point)
        if {"h11", "h12", "h22"} & set(names):
            (found["h11"], found["h12"]), (_, found["h22"]) = loss.hess(point)
    return found


def evaluate(function, scope, loss, x, y, *given, several=False):
    """Return `function` of `given`, with what it asks of `loss` at (x, y) among the names of `scope`."""
    return call(function, {**scope, **local(loss, arguments(function)[1], x, y)}, *given, several=several)


def begin(step):
    """Return the state in which the iteration `step(t, x, y, *state, …)` begins: the defaults of its arguments, or 0."""
    names, _ = arguments(step)
    if len(names) < 3:
        raise ValueError(f"{step.__name__}({', '.join(names)}): expected the step t, the point x, y, then what else it carries")
    state = []
    for name, parameter in list(inspect.signature(step).parameters.items())[3 : len(names)]:
        value = 0 if parameter.default is parameter.empty else parameter.default
        if not is_number(value):
            raise ValueError(f"{step.__name__}: {name} begins as {value!r}; give a finite number as its default")
        state.append(float(value))
    return state


def advance(step, scope, loss, t, point):
    """Return the point and state that `step` makes of `point` = [x, y, *state] at step `t`."""
    after = evaluate(step, scope, loss, *point[:2], t, *point, several=True)
    if len(after) != len(point):
        names = ", ".join(arguments(step)[0][1:])
        raise ValueError(f"{step.__name__} returns a tuple of {len(after)}; expected {len(point)}: ({names})")
    return list(after)


@dataclass(frozen=True)
class Basins:
    """Colours each point by where `step`, iterated `steps` times from there, ends: at which of `targets`, or elsewhere.

    step: a function step(t, x, y, *state, *, names…) that returns (x, y, *state); the state begins with its defaults.
    targets: points (x, y), by default the minima of the plane's loss. reach: how near an end must be to its target, by
    default half the way between the two closest ones. `kinds` of the plane names them in order, then `elsewhere`.
    """

    step: Any
    steps: int = 40
    targets: Any = None
    reach: float | None = None

    def __post_init__(self):
        begin(self.step)
        if not is_number(self.steps) or self.steps != int(self.steps) or self.steps < 1:
            raise ValueError(f"Basins: steps is {self.steps!r}; expected a whole number, 1 or more")
        if self.reach is not None and not (is_number(self.reach) and self.reach > 0):
            raise ValueError(f"Basins: reach is {self.reach!r}; expected a positive number, or None")
        for target in self.targets or ():
            if np.shape(target) != (2,) or not all(map(is_number, target)):
                raise ValueError(f"Basins: targets holds {target!r}; expected pairs of numbers (x, y)")

    @property
    def function(self):
        return self.step

    def goals(self, loss):
        """Return the targets as an array of shape (n, 2)."""
        return np.array(self.targets if self.targets is not None else loss.minima, float).reshape(-1, 2)

    def distance(self, goals, width):
        """Return how near an end must be to one of `goals` in a plane of that width."""
        apart = [math.dist(a, b) for i, a in enumerate(goals) for b in goals[:i]]
        return self.reach or (min(apart) / 2 if apart else width / 10)

    def values(self, plane, scope, loss, x, y):
        """Return for each point the index of the target where it ends, or the number of targets for elsewhere."""
        goals = self.goals(loss)
        point = [x, y, *begin(self.step)]
        for t in range(1, int(self.steps) + 1):
            point = advance(self.step, scope, loss, t, point)
        with np.errstate(all="ignore"):
            x, y = np.broadcast_arrays(*point[:2])
            far = np.stack([(x - a) ** 2 + (y - b) ** 2 for a, b in goals])
        reach = self.distance(goals, plane.x.high - plane.x.low)
        return np.where(far.min(axis=0) <= reach**2, far.argmin(axis=0), len(goals)).astype(float)

    def describe(self, plane):
        data = {"kind": "basins", "js": translate.to_js(self.step), "steps": int(self.steps), "state": begin(self.step)}
        targets = None if self.targets is None else self.goals(None).tolist()
        return {**data, "targets": targets, "reach": self.reach}


@dataclass(frozen=True, eq=False)
class Grid:
    """Colours the plane by a recorded `table` of shape (one axis per key of `by`, rows, columns).

    The columns stand at equal distances from the left end of the horizontal axis to its right end, the rows from the low
    end of the vertical axis to its high end; on a log axis at equal factors. Between them the colour is interpolated.
    """

    table: Any
    by: dict = field(default_factory=dict)
    label: str = ""

    lines = None

    def __post_init__(self):
        put, table = object.__setattr__, np.asarray(self.table, float)
        put(self, "by", {key: np.asarray(v).tolist() for key, v in self.by.items()})
        shape = tuple(map(len, self.by.values()))
        if table.ndim != len(shape) + 2 or table.shape[:-2] != shape or min(table.shape[-2:]) < 2:
            axes = [f"{len(v)} of {key!r}" for key, v in self.by.items()] + ["rows", "columns"]
            raise ValueError(f"Grid: the table has shape {table.shape}; expected the axes ({', '.join(axes)}), 2 × 2 or more")
        put(self, "table", np.array(rounded(table, 4), float))

    def values(self, plane, scope, loss, x, y):
        """Return the table at the points: the nearest entry if the plane has kinds, else interpolated."""
        table = self.table[tuple(v.index(scope[key]) for key, v in self.by.items())]
        u, v = (fraction(axis, at) * (n - 1) for axis, at, n in ((plane.x, x, table.shape[1]), (plane.y, y, table.shape[0])))
        if plane.kinds:
            return table[np.floor(v + 0.5).astype(int), np.floor(u + 0.5).astype(int)]
        i, j = (np.minimum(np.floor(at).astype(int), n - 2) for at, n in ((u, table.shape[1]), (v, table.shape[0])))
        u, v = u - i, v - j
        low, high = (table[j + k, i] * (1 - u) + table[j + k, i + 1] * u for k in (0, 1))
        return low * (1 - v) + high * v

    def describe(self, plane):
        return {"kind": "grid", "table": rounded(self.table, 4), "keys": list(self.by)}


@dataclass(frozen=True)
class Formula:
    """Colours the plane by `function(x, y, *, names…)`."""

    function: Any

    def __post_init__(self):
        names, _ = arguments(self.function)
        if len(names) != 2:
            raise ValueError(f"field {self.function.__name__}({', '.join(names)}): expected x and y, and names after a star")

    def values(self, plane, scope, loss, x, y):
        x, y = np.broadcast_arrays(np.asarray(x, float), np.asarray(y, float))
        return np.broadcast_to(evaluate(self.function, scope, loss, x, y, x, y), x.shape).astype(float)

    def describe(self, plane):
        return {"kind": "formula", "js": translate.to_js(self.function)}


def fraction(axis, value):
    """Where `value` stands on `axis`, from 0 at its low end to 1 at its high end, and no further."""
    if axis.scale == "log":
        with np.errstate(all="ignore"):
            value, low, high = np.log(value), math.log(axis.low), math.log(axis.high)
    else:
        low, high = axis.low, axis.high
    return np.clip((value - low) / (high - low), 0, 1)
