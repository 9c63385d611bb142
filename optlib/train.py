"""Training: a rule, a net and data; mini-batches, epochs, several seeds at once, and a record of what happened (chapter 9).

Nets stand on the axes behind the parameters, as everywhere in optlib: seeds first, then the axes of a sweep. theta of
shape (P, 5, 20) is five seeds at twenty learning rates, trained together; each is the same as if it were trained alone.
"""

from math import ceil
from time import perf_counter

import numpy as np

from .blocks import blockwise
from .catalogue import RULES
from .line_search import Stop
from .naming import nearest
from .run import Counted, _asks, _name, _natural, _parameters, _takes_function, iterate
from .training import Progress, Training

MANY = 2**18  # parameters, over all nets, from which blocks in cache are faster


def train(
    rule, net, data, *, epochs=None, steps=None, batch_size=32, seeds=0, init="xavier", dtype=float, wrap=None, metrics=None,
    unit="steps", plateau=None, watch="train_loss", progress=None, **hyper,
):  # fmt: skip
    """Train `net` by `rule` and return a `Training`; `**hyper` as in `iterate`: numbers, arrays (a sweep) and schedules.

    data: (x, y), or (x, y, x_test, y_test) as `optlib.data.split` gives. Give epochs or steps. batch_size: rows a step
    (None: all). Every row comes once an epoch, in an order of its own; the last batch of an epoch may be smaller.
    seeds: one whole number, or several to train at once. A seed decides the start and the order of the rows and nothing
    else does, so that two rules meet the same starts and batches. init: a scheme of `net.init`, or a function of a
    generator that returns theta (P,). dtype: float, or numpy.float32.
    wrap: loss -> loss, as `partial(clipped, max_norm=1.0)`. metrics: name -> function of theta (P, *nets), measured
    beside those that are always: the losses, and for classes the accuracies, over all rows.
    unit: what a schedule counts, "steps" (t = 1, 2, … before each step) or "epochs" (t = 1 throughout the first epoch).
    plateau: a schedule of `reduce_on_plateau`, asked after each epoch with the metric `watch`; lr is where it starts.
    progress: a line on stderr, after two seconds: True, False, or None for where a person looks on (a terminal).

    It ends early where every net has diverged, or where `iterate` does. Raises TypeError and ValueError for what cannot
    be used, as `iterate` does, naming the argument.

    >>> from optlib import rules
    >>> from optlib.data import moons, split
    >>> from optlib.nets import MLP
    >>> rng = np.random.default_rng(0)
    >>> record = train(rules.adam, MLP((2, 16, 2), "tanh", "cross_entropy"), split(*moons(rng, 400), rng), epochs=20,
    ...                seeds=[1, 2, 3], lr=0.01)
    >>> record.stopped, record.theta.shape, record["test_accuracy"].shape, record.losses.shape
    ('took all 200 steps', (82, 3), (21, 3), (200, 3))
    """
    begin = perf_counter()
    parts = _parts(data, net, dtype)
    n = len(parts["train"][0])
    batch_size = n if batch_size is None else _natural(batch_size, "batch_size")
    if not 0 < batch_size <= n:
        raise ValueError(f"batch_size is {batch_size}: give a number from 1 to that of the rows, {n}, or None for all")
    if net.norm and n % batch_size == 1:
        raise ValueError(f"batch_size is {batch_size}, which leaves one of {n} rows over: a net with norm needs two a batch")
    per_epoch = ceil(n / batch_size)
    if (epochs is None) == (steps is None):
        raise ValueError(f"epochs is {epochs!r} and steps is {steps!r}: give one of them")
    steps = _natural(steps) if epochs is None else _natural(epochs, "epochs") * per_epoch
    if unit not in ("steps", "epochs"):
        raise ValueError(f"unit is {unit!r}: schedules count 'steps' or 'epochs'")
    given = dict(hyper)
    if unit == "epochs":
        hyper = {k: _per_epoch(v, per_epoch) if callable(v) and k in _schedulable(rule) else v for k, v in hyper.items()}
    seeds = _seeds(seeds)
    rngs = [np.random.default_rng(s).spawn(2) for s in np.atleast_1d(seeds)]
    start = np.array([_start(net, init, rng) for rng, _ in rngs], dtype)  # one net a row, so that each is contiguous
    start = start.T if np.ndim(seeds) else start[0]
    sweep = _sweep({k: v for k, v in hyper.items() if k in _schedulable(rule)})
    nets = (*start.shape[1:], *sweep)
    start = np.broadcast_to(start.reshape(*start.shape, *(1,) * len(sweep)), (len(start), *nets))
    batches = _Batches(net, *parts["train"], batch_size, [rng for _, rng in rngs], np.ndim(seeds) > 0, len(sweep))
    if plateau is not None:
        plateau = _Plateau(plateau, hyper.get("lr", _schedulable(rule).get("lr")), watch, nets)
        hyper["lr"] = lambda t: plateau.lr
    loss = batches if wrap is None else wrap(batches)
    asked = Counted(loss) if _asks(rule) else loss
    fast = blockwise(rule) if start.size >= MANY and rule in RULES.values() else rule
    measured, losses, diverged = [], [], np.zeros(nets, int)
    taken, spent, reason, show = 0, 0.0, None, Progress(progress, steps)

    def measure(theta):
        row = _measure(net, theta, parts, diverged) | {k: np.array(f(theta)) for k, f in (metrics or {}).items()}
        if plateau:
            row["lr"] = plateau.after(row) if taken else plateau.lr
        measured.append((taken / per_epoch, taken, batches.rows, spent, row))

    walk = iterate(fast, asked, start, **hyper)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # a diverging net overflows; the record says so
        theta, *_ = next(walk)
        measure(theta)
        while taken < steps and reason is None:
            tick = perf_counter()
            batches.draw()
            if asked is not loss:
                asked.forget()
            try:
                theta, *_ = next(walk)
            except Stop as why:
                reason = str(why)
            else:
                taken += 1
                losses.append(batches.value)
                lost = ~np.isfinite(theta).all(axis=0) & (diverged == 0)
                if lost.any():
                    diverged[lost] = taken
                    if diverged.all():
                        reason = "every net had diverged"
            spent += perf_counter() - tick
            if (taken % per_epoch == 0 or taken == steps or reason is not None) and measured[-1][1] < taken:
                measure(theta)
            show(taken, measured[-1][-1])
    show.close()
    calls = dict(asked.calls) if asked is not loss else {"grad": batches.asked}
    epoch, step, samples, clock = (np.array(column) for column in list(zip(*measured, strict=True))[:4])
    rows = [row for *_, row in measured]
    return Training(
        rule=_name(rule), hyper={k: v for k, v in given.items() if k != "tol"}, net=net, theta=theta,
        history={k: np.array([row[k] for row in rows]) for k in rows[0]},
        epoch=epoch, step=step, samples=samples, clock=clock, losses=np.array(losses).reshape(-1, *nets), seeds=seeds,
        batch_size=batch_size, steps=taken, evaluations=calls.get("grad", 0), calls=calls, diverged=diverged,
        seconds=perf_counter() - begin, unit=unit, reason=reason,
    )  # fmt: skip


class _Batches:
    """The loss on the current mini-batch, as the loop asks for it."""

    def __init__(self, net, x, y, size, rngs, several, sweep):
        self.net, self.x, self.y, self.size, self.rngs, self.several = net, x, y, size, rngs, several
        self.rows = self.asked = 0
        self._axes, self._at, self.value, self.batch = (1,) * sweep, len(x), None, None

    def draw(self):
        """Take the next rows, each seed its own; a new order where the epoch is over."""
        self.value = None
        if self.size == len(self.x):  # all rows: their order is no matter
            self.batch = self.x, self.y
            return
        if self._at >= len(self.x):
            self._order, self._at = [rng.permutation(len(self.x)) for rng in self.rngs], 0
            self._order = np.array(self._order) if self.several else self._order[0]
        i = self._order[..., self._at : self._at + self.size]
        i, self._at = (i.reshape(len(i), *self._axes, -1) if self.several else i), self._at + self.size
        self.batch = self.x[i], self.y[i]

    def grad(self, theta):
        self.asked, self.rows = self.asked + 1, self.rows + self.batch[0].shape[-2]
        value, grad = self.net.value_and_grad(theta, *self.batch)
        self.value = value if self.value is None else self.value  # a line search asks again, further on
        return grad

    def __call__(self, theta):
        return self.net.loss(theta, *self.batch)

    def hess(self, theta):
        return self.net.hessian(theta, *self.batch)


class _Plateau:
    """A learning rate for each net, cut where its metric no longer falls."""

    def __init__(self, schedule, lr, watch, nets):
        if getattr(schedule, "timed", True):
            raise TypeError(f"plateau is {schedule!r}: give schedule(reduce_on_plateau, patience=…); others go to lr itself")
        if lr is None or callable(lr):
            raise TypeError(f"lr is {lr!r}: give the number that plateau starts from")
        self.schedule, self.watch, self.state = schedule, watch, (np.full(nets, lr, float)[()], np.inf, 0)

    @property
    def lr(self):
        return self.state[0]

    def after(self, row):
        if self.watch not in row:
            raise ValueError(f"watch is {self.watch!r}: {nearest(self.watch, row)}measured are {', '.join(row)}")
        self.state = self.schedule(row[self.watch], *self.state)
        return self.lr


def _measure(net, theta, parts, diverged):
    """Loss and accuracy of each net over all rows: net by net, which is as fast, and the same as for one net."""
    classes = net.objective != "mse"
    row = {f"{part}_{what}": np.full(diverged.shape, np.nan) for part in parts for what in ("loss", "accuracy")[: 1 + classes]}
    for i in np.argwhere(diverged == 0) if diverged.ndim else [()] * (not diverged):
        for part, (x, y) in parts.items():
            value, out = net.value_and_output(theta[(slice(None), *i)], x, y)
            row[f"{part}_loss"][*i] = value
            if classes:
                row[f"{part}_accuracy"][*i] = (out.argmax(-1) == y).mean()
    return row


def _parts(data, net, dtype):
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype is {dtype!r}: give float or numpy.float32")
    if not isinstance(data, tuple | list) or len(data) not in (2, 4):
        raise TypeError("data: give (x, y) or (x, y, x_test, y_test), as optlib.data.split does; of a Dataset, its first two")
    parts = {}
    for name, x, y in (("train", *data[:2]), ("test", *data[2:]))[: len(data) // 2]:
        x, y = np.asarray(x), np.asarray(y)
        if x.ndim != 2 or x.dtype.kind not in "fiu" or not np.isfinite(x).all():
            raise ValueError(f"data: x of the {name} part has shape {x.shape}, dtype {x.dtype}; give rows of finite numbers")
        net.loss(np.zeros(net.size), x, y)  # its own errors for what does not fit
        parts[name] = np.ascontiguousarray(x, dtype), y if net.objective != "mse" else np.ascontiguousarray(y, dtype)
    return parts


def _seeds(seeds):
    array = np.array(seeds if np.ndim(seeds) == 0 else list(seeds))
    if array.ndim > 1 or array.dtype.kind not in "iu" or not array.size or (array < 0).any():
        raise ValueError(f"seeds is {seeds!r}: give a whole number, 0 or more, or several")
    return tuple(array.tolist()) if array.ndim else int(array)


def _start(net, init, rng):
    if not callable(init):
        return net.init(rng, init)
    theta = np.asarray(init(rng))
    if theta.shape != (net.size,):
        raise ValueError(f"init returned shape {theta.shape}: return the parameters of one net, ({net.size},)")
    return theta


def _schedulable(rule):
    """Return the rule's hyperparameters with their defaults, without the loss and what takes a function."""
    keywords = (p for p in _parameters(rule) if p.kind is p.KEYWORD_ONLY and p.name != "loss" and not _takes_function(p))
    return {p.name: None if p.default is p.empty else p.default for p in keywords}


def _sweep(hyper):
    for name, value in hyper.items():
        if not getattr(value, "timed", True):
            raise TypeError(f"{name} is {value!r}, which asks for the loss: give it as plateau, and {name} as a number")
    shapes = {name: np.shape(value(1) if callable(value) else value) for name, value in hyper.items()}
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        swept = {name: shape for name, shape in shapes.items() if shape}
        raise ValueError(f"hyperparameters of shapes {swept} do not broadcast: give each sweep an axis of its own") from None


def _per_epoch(schedule, per_epoch):
    return lambda t: schedule(1 + (t - 1) // per_epoch)
