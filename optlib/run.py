"""The loop: it owns the clock, evaluates schedules, keeps the path and says why it stopped."""

import inspect
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import count, islice

import numpy as np


@dataclass(frozen=True)
class Run:
    """What a run did: `x` where it ended, `path` from start to end (None from `final`), and what it cost.

    `path` has shape (steps + 1, *x.shape). `evaluations` counts gradients. `stopped` says in words why the run ended;
    `diverged` is the first step after which a coordinate was no longer finite, or None.
    """

    rule: str
    hyper: dict
    x: np.ndarray
    steps: int
    evaluations: int
    diverged: int | None
    path: np.ndarray | None = field(default=None, repr=False)
    value: np.ndarray | None = None

    @property
    def stopped(self):
        """Why the run ended."""
        return f"diverged at step {self.diverged}" if self.diverged is not None else f"took all {self.steps} steps"

    def __str__(self):
        if self.diverged is not None:
            return f"{self.rule}, {self.steps} steps: {self.stopped}"
        loss = "" if self.value is None or np.ndim(self.value) else f"loss {self.value:.1e} "
        with np.printoptions(precision=3):
            return f"{self.rule}, {self.steps} steps: {loss}at {self.x}"


def iterate(rule, loss, x, **hyper):
    """Yield (x, *state) before the first step and after every step, for ever.

    `loss` is a loss with a `grad` method, or the gradient itself as a function of x. `x` is the start, an array of any
    shape (integers become float64, float32 stays). Each hyperparameter is a number, an array that broadcasts against x
    (a sweep: for a point of two coordinates give x the shape (2, 1) and lr the shape (k,)), or a schedule t -> number,
    asked with t = 1 before the first step.

    Raises TypeError for a hyperparameter that the rule does not have, ValueError for a start, a hyperparameter or a
    gradient that cannot be used.

    >>> from optlib import rules
    >>> for x, v in islice(iterate(rules.momentum, lambda x: x, 1.0, lr=0.5, beta=0.5), 3):
    ...     print(x, v)
    1.0 0
    0.5 1.0
    0.0 1.0
    """
    grad = getattr(loss, "grad", loss)
    if not callable(grad):
        raise TypeError(f"loss is {loss!r}: give a loss of optlib.losses, or a function x -> gradient")
    x, hyper = _prepare(rule, x, hyper)
    state = [p.default for p in _parameters(rule) if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty]
    yield x, *state
    for t in count(1):
        now = {name: _number(name, v(t), x.dtype, f" at t = {t}") if callable(v) else v for name, v in hyper.items()}
        # A diverging run overflows; the record says so (`diverged`), a warning per step would not add to it.
        with np.errstate(over="ignore", invalid="ignore"):
            g = np.asarray(grad(x))
            if g.shape != x.shape:
                raise ValueError(
                    f"the gradient has shape {g.shape} at x of shape {x.shape}: return one number for each coordinate of x"
                )
            x, *state = rule(x, g, t, *state, **now)
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
    path = np.stack([x for x, *_ in islice(iterate(rule, loss, x, **hyper), _natural(steps) + 1)])
    finite = np.isfinite(path).reshape(len(path), -1).all(axis=1)
    return _record(rule, loss, path[-1], steps, hyper, None if finite.all() else int(finite.argmin()), path)


def final(rule, loss, x, steps, **hyper):
    """Take `steps` steps from `x` and return a `Run` without the path, for large sweeps; arguments as in `iterate`.

    A diverged cell of a sweep is NaN or infinite in `x`; `diverged` is then the last step, since no path was kept.

    >>> from optlib import rules
    >>> final(rules.sgd, lambda x: x, [[1.0]], steps=10, lr=np.array([0.1, 1.0, 2.0])).x.round(3)
    array([[0.349, 0.   , 1.   ]])
    """
    (x, *_) = next(islice(iterate(rule, loss, x, **hyper), _natural(steps), None))
    return _record(rule, loss, x, steps, hyper, None if np.isfinite(x).all() else steps)


def _record(rule, loss, x, steps, hyper, diverged, path=None):
    with np.errstate(over="ignore", invalid="ignore"):
        value = loss(x) if hasattr(loss, "grad") else None
    return Run(_name(rule), hyper, x, steps, steps, diverged, path, value)


def _name(rule):
    return getattr(rule, "__name__", None) or getattr(getattr(rule, "func", rule), "__name__", repr(rule))


def _parameters(rule):
    return list(inspect.signature(rule).parameters.values())[3:]


def _natural(steps):
    if isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 0:
        raise ValueError(f"steps is {steps!r}: give a whole number, 0 or more")
    return int(steps)


def _prepare(rule, x, hyper):
    """Check and convert the start and the hyperparameters; broadcast the start to the shape of a sweep."""
    known = [p.name for p in _parameters(rule) if p.kind is p.KEYWORD_ONLY]
    for name in hyper:
        if name not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.3)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{_name(rule)} has no hyperparameter {name!r}{hint} It takes {', '.join(known) or 'none'}")
    x = np.asarray(x)
    if x.dtype.kind not in "fiu":
        raise ValueError(f"the start x is {x!r}: give real numbers, one for each coordinate")
    if x.dtype.kind != "f":
        x = x.astype(float)
    if not np.isfinite(x).all():
        raise ValueError(f"the start x is {x}: every coordinate must be finite")
    defaults = {p.name: p.default for p in _parameters(rule) if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}
    hyper = {
        name: v if callable(v) else _number(name, v, x.dtype) for name, v in {**defaults, **hyper}.items()
    }
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


def _number(name, value, dtype, when=""):
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise ValueError(f"{name} is {value!r}{when}: give a number, an array of numbers, or a schedule t -> number")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} is {value!r}{when}: it must be finite")
    if name == "lr" and (array < 0).any():
        raise ValueError(f"lr is {value!r}{when}: a learning rate is 0 or more; the rule itself steps downhill")
    if array.ndim == 0 and dtype != np.float64:
        return float(array)  # numpy keeps float32 arrays in float32 only beside Python's own floats
    # An array even for one number: numpy's power of arrays and Python's differ in the last digit,
    # and a cell of a sweep must equal its single run.
    return array.astype(float)
