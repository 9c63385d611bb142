"""The loop: it owns the clock, evaluates schedules, keeps the path and says why it stopped."""

import inspect
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice

import numpy as np

from .line_search import Stop
from .naming import nearest


@dataclass(frozen=True)
class Run:
    """What a run did: `x` where it ended, `path` from start to end (None from `final`), and what it cost.

    `path` has shape (steps + 1, *x.shape). `evaluations` counts gradients, `calls` all that was asked of the loss by name.
    `stopped` says in words why the run ended; `converged` is true where that was the gradient tolerance, `reason` is what
    the rule said, or None. `diverged` is the first step after which a coordinate was no longer finite, or None.
    `state` is the rule's last state by name, `notes` what the rule found worth saying on the way.
    """

    rule: str
    hyper: dict
    x: np.ndarray
    steps: int
    evaluations: int
    diverged: int | None
    path: np.ndarray | None = field(default=None, repr=False)
    value: np.ndarray | None = None
    reason: str | None = None
    converged: bool = False
    calls: dict = field(default_factory=dict)
    state: dict = field(default_factory=dict, repr=False)

    @property
    def notes(self):
        """What the rule noted on the way, such as an indefinite Hessian: a tuple of sentences."""
        return self.state.get("notes", ())

    @property
    def stopped(self):
        """Why the run ended."""
        if self.diverged is not None:
            return f"diverged {'at' if self.path is not None else 'by'} step {self.diverged}"
        return f"took all {self.steps} steps" if self.reason is None else f"after {self.steps} steps, {self.reason}"

    def __str__(self):
        if self.diverged is not None:
            return f"{self.rule}, {self.steps} steps: {self.stopped}"
        loss = "" if self.value is None or np.ndim(self.value) else f"loss {self.value:.1e} "
        with np.printoptions(precision=3):
            ended = f"; {self.reason}" if self.reason else ""
            noted = f"; noted {len(self.notes)} times, first at {self.notes[0]}" if self.notes else ""
            return f"{self.rule}, {self.steps} steps: {loss}at {self.x}{ended}{noted}"


class Converged(Stop):
    """Raised by the loop where the gradient is within the tolerance."""


class Counted:
    """A loss that counts what is asked of it in `calls`; what was asked at one of the last two points is not counted again.

    Two, because a trial point is compared with the point it starts from.

    >>> from optlib.losses import Quadratic
    >>> f = Counted(Quadratic())
    >>> _ = f(np.ones(2)), f(np.ones(2)), f.grad(np.ones(2))
    >>> dict(f.calls)
    {'value': 1, 'grad': 1}
    """

    def __init__(self, loss):
        self.loss, self.calls, self._known = loss, Counter(), {}

    def __call__(self, x):
        return self._ask("value", self.loss, x)

    def __getattr__(self, name):
        attribute = getattr(self.loss, name)
        return partial(self._ask, name, attribute) if callable(attribute) else attribute

    def forget(self):
        """Forget the last two points: the loss is another one now, of the next mini-batch."""
        self._known.clear()

    def _ask(self, name, function, x, *more):
        if more:  # a Hessian-vector product: each direction is another question
            self.calls[name] += 1
            return function(x, *more)
        here = self._known.pop(x.tobytes(), {})
        if name not in here:
            self.calls[name] += 1
            here[name] = function(x)
        self._known[x.tobytes()] = here  # the newest point last
        if len(self._known) > 2:
            del self._known[next(iter(self._known))]
        return here[name]


def iterate(rule, loss, x, *, tol=None, **hyper):
    """Yield (x, *state) before the first step and after every step, for ever.

    `loss` is a loss with a `grad` method, or the gradient itself as a function of x. `x` is the start, an array of any
    shape (integers become float64, float32 stays). Each hyperparameter is a number, an array that broadcasts against x
    (a sweep: for a point of two coordinates give x the shape (2, 1) and lr the shape (k,)), or a schedule t -> number,
    asked with t = 1 before the first step.

    A rule with the keyword `loss` is handed the loss; a keyword whose default is a function takes a function.

    Raises TypeError for a hyperparameter that the rule does not have, ValueError for a start, a hyperparameter or a
    gradient that cannot be used, and `Stop` where the rule cannot go on or, given `tol`, where no partial derivative is
    above it in modulus; `run` and `final` put that into their record.

    >>> from optlib import rules
    >>> for x, v in islice(iterate(rules.momentum, lambda x: x, 1.0, lr=0.5, beta=0.5), 3):
    ...     print(x, v)
    1.0 0
    0.5 1.0
    0.0 1.0
    """
    grad = getattr(loss, "grad", loss)
    if not callable(grad) or isinstance(loss, type):
        raise TypeError(f"loss is {loss!r}: give a loss such as optlib.losses.Quadratic(), or a function x -> gradient")
    functions = {p.name: hyper.pop(p.name, p.default) for p in _parameters(rule) if _takes_function(p)}
    for name, value in functions.items():
        if not callable(value):
            raise TypeError(f"{name} is {value!r}: give a function")
    if _asks(rule):
        if not hasattr(loss, "grad"):
            raise TypeError(f"{_name(rule)} asks for the loss itself, and loss is {loss!r}: give a loss with a method grad")
        functions["loss"] = loss
    x, hyper = _prepare(rule, x, hyper)
    if tol is not None and (np.ndim(tol) or not _number("tol", tol, x.dtype) >= 0):
        raise ValueError(f"tol is {tol!r}: give the largest partial derivative to stop at, 0 or more")
    state = list(_state(rule).values())
    schedules = [(name, v) for name, v in hyper.items() if callable(v)]
    hyper = hyper | functions
    yield x, *state
    for t in count(1):
        now = hyper | {name: _at(name, v, t, x) for name, v in schedules} if schedules else hyper
        g = np.asarray(grad(x))
        if g.shape != x.shape or g.dtype != x.dtype:
            g = _gradient(g, x)
        if tol is not None and np.abs(g).max() <= tol:
            raise Converged(f"no partial derivative is above the tolerance {tol:g}")
        result = rule(x, g, t, *state, **now)
        if not isinstance(result, tuple) or len(result) != 1 + len(state) or np.shape(result[0]) != x.shape:
            raise TypeError(
                f"{_name(rule)} returned {result!r}: return the tuple (x, *state), here x of shape {x.shape} and "
                f"{len(state)} state variables"
            )
        x, *state = result
        yield x, *state


def run(rule, loss, x, steps, **hyper):
    """Take `steps` steps from `x` and return a `Run` with the whole path; arguments and errors as in `iterate`.

    >>> from optlib import losses, rules
    >>> run(rules.sgd, losses.Quadratic(kappa=10), [2, 1], steps=3, lr=0.1).path.round(3)
    array([[2.   , 1.   ],
           [1.8  , 0.   ],
           [1.62 , 0.   ],
           [1.458, 0.   ]])
    """
    return _drive(rule, loss, x, steps, hyper, keep=True)


def final(rule, loss, x, steps, **hyper):
    """Take `steps` steps from `x` and return a `Run` without the path, for large sweeps; arguments as in `iterate`.

    A diverged cell of a sweep is NaN or infinite in `x`; `diverged` is then the last step, and `stopped` says "by" and
    not "at" that step, since no path was kept.

    >>> from optlib import rules
    >>> final(rules.sgd, lambda x: x, [[1.0]], steps=10, lr=np.array([0.1, 1.0, 2.0])).x.round(3)
    array([[0.349, 0.   , 1.   ]])
    """
    return _drive(rule, loss, x, steps, hyper, keep=False)


def _drive(rule, loss, x, steps, hyper, keep):
    asks = _asks(rule) and hasattr(loss, "grad") and not isinstance(loss, type)
    asked, path, taken, stop = Counted(loss) if asks else loss, [], -1, None
    walk = iterate(rule, asked, x, **hyper)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a diverging run overflows; the record says so
            for point in islice(walk, _natural(steps) + 1):
                x, *state = point
                taken += 1
                if keep:
                    path.append(x)
    except Stop as why:
        stop = why
    path = np.array(path) if keep else None
    finite = np.isfinite(path).reshape(len(path), -1).all(axis=1) if keep else np.isfinite(x)
    diverged = None if finite.all() else int(finite.argmin()) if keep else taken
    calls = dict(asked.calls) if asks else {"grad": taken + (stop is not None)}  # a rule stops after it was given one
    with np.errstate(over="ignore", invalid="ignore"):
        value = loss(x) if hasattr(loss, "grad") else None
    return Run(
        rule=_name(rule),
        hyper={name: v for name, v in hyper.items() if name != "tol"},
        x=x,
        steps=taken,
        evaluations=calls.get("grad", 0),
        diverged=diverged,
        path=path,
        value=value,
        reason=None if stop is None else str(stop),
        converged=isinstance(stop, Converged),
        calls=calls,
        state=dict(zip(_state(rule), state, strict=True)),
    )


def _name(rule):
    return getattr(rule, "__name__", None) or getattr(getattr(rule, "func", rule), "__name__", repr(rule))


def _parameters(rule):
    if not callable(rule):
        raise TypeError(f"rule is {rule!r}: give the function itself, such as optlib.rules.sgd")
    return list(inspect.signature(rule).parameters.values())[3:]


def _state(rule):
    """Return the initial state by name: the positional parameters that have a default."""
    positional = [p for p in _parameters(rule) if p.kind is p.POSITIONAL_OR_KEYWORD]
    return {p.name: p.default for p in positional if p.default is not p.empty}


def _asks(rule):
    return any(p.name == "loss" and p.kind is p.KEYWORD_ONLY for p in _parameters(rule))


def _takes_function(p):
    """Return whether a keyword of a rule is a function, such as a line search, and not a number or a schedule."""
    return p.kind is p.KEYWORD_ONLY and p.name != "loss" and p.default is not p.empty and callable(p.default)


def _natural(steps, name="steps"):
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
        raise ValueError(f"{name} is {steps!r}: give a whole number, 0 or more")
    return int(steps)


def _prepare(rule, x, hyper):
    """Check and convert the start and the hyperparameters; broadcast the start to the shape of a sweep."""
    keywords = [p for p in _parameters(rule) if p.kind is p.KEYWORD_ONLY and p.name != "loss"]
    known = [p.name for p in keywords]
    for name in hyper:
        if name not in known:
            takes = ", ".join(known) or "none"
            raise TypeError(f"{_name(rule)} has no hyperparameter {name!r}; {nearest(name, known)}it takes {takes}")
    x = _real(x, "the start x", "give real numbers, one for each coordinate")
    if x.dtype.kind != "f":
        x = x.astype(float)
    if not np.isfinite(x).all():
        raise ValueError(f"the start x is {x}: every coordinate must be finite")
    defaults = {p.name: p.default for p in keywords if p.default is not p.empty and not _takes_function(p)}
    hyper = {name: v if callable(v) else _number(name, v, x.dtype) for name, v in {**defaults, **hyper}.items()}
    shapes = {name: np.shape(v) for name, v in hyper.items() if not callable(v)}
    try:
        shape = np.broadcast_shapes(x.shape, *shapes.values())
    except ValueError:
        shape = None
    if shape is None or (x.ndim and (len(shape) != x.ndim or shape[0] != x.shape[0])):
        swept = {n: s for n, s in shapes.items() if s}
        extra = max(map(len, swept.values()))
        raise ValueError(
            f"the start x has shape {x.shape}, which does not broadcast with the sweep {swept}: "
            f"give the start one axis of length 1 for each axis of the sweep, shape {x.shape[:1] + (1,) * extra}"
        )
    return np.broadcast_to(x, shape), hyper


def _real(value, what, fix):
    """Return `value` as an array of real numbers; raise an error that says what to give instead."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = None
    if array is None or array.dtype.kind not in "fiu":
        raise ValueError(f"{what} is {value!r}: {fix}")
    return array


def _gradient(g, x):
    g = _real(g, "the gradient", "return real numbers, one for each coordinate of x")
    if g.shape != x.shape:
        raise ValueError(
            f"the gradient has shape {g.shape} at x of shape {x.shape}: return one number for each coordinate of x"
        )
    return g.astype(x.dtype, copy=False)  # a float32 run stays in float32, whatever the gradient is computed in


def _fits(inner, outer):
    """Return whether an array of shape `inner` broadcasts against one of shape `outer` without enlarging it."""
    return len(inner) <= len(outer) and all(n in (1, m) for n, m in zip(inner[::-1], outer[::-1], strict=False))


def _at(name, schedule, t, x):
    value = _number(name, schedule(t), x.dtype, f" at t = {t}")
    if np.ndim(value) and not _fits(value.shape, x.shape):
        raise ValueError(
            f"{name} has shape {value.shape} at t = {t}, which does not fit x of shape {x.shape}: return a number, or give "
            "the start the axes of the sweep"
        )
    return value


def _number(name, value, dtype, when=""):
    array = _real(value, f"{name}{when}", "give a number, an array of numbers, or a schedule t -> number")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}{when} is {value!r}: it must be finite")
    if name == "lr" and (array < 0).any():
        raise ValueError(f"lr{when} is {value!r}: a learning rate is 0 or more; the rule itself steps downhill")
    if array.ndim == 0 and dtype != np.float64:
        return float(array)  # numpy keeps float32 arrays in float32 only beside Python's own floats
    # An array even for one number: numpy's power of arrays and Python's differ in the last digit,
    # and a cell of a sweep must equal its single run.
    return array.astype(dtype)
