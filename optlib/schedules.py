"""Schedules: a formula t -> number, which the loop asks with t = 1 before the first step (chapter 7).

    formula(t, *, lr=0.1, …) -> number        the specification: one plain function each
    schedule(formula, lr=0.1, …)              the same, checked and bound: give it to `run` in place of a number

Units: t and every duration (`s`, `steps`, `at`, `…_steps`) count updates, `k` is per update; `epochs` turns them into epochs.
Clock: t - 1 updates are done before step t, so the first rate is the base. A phase of n steps starts at its first value, and
the value it goes to is the first one after it: `cosine` with steps=100 is at `lr_end` from t = 101 on. In torch, Keras and
optax the clock reads t - 1, and the rates are the same, save where a docstring says otherwise.
A hyperparameter may be an array (a sweep) and t an array (a curve): they broadcast. `optlib.translate` makes equations and
JavaScript of them, except of `multi_step` and `piecewise`, which hold lists. Write your own with numpy's functions.
"""

import inspect

import numpy as np
from numpy import cos, exp, floor, inf, log, maximum, minimum, pi, searchsorted

from .naming import nearest

DOMAIN = {  # hyperparameters: (what holds for them, what to give)
    "lr lr_end peak start end values k": (lambda v: v >= 0, "a rate, 0 or more"),
    "s steps steps_per_epoch rise_steps fall_steps tail_steps decay_steps": (lambda v: v > 0, "a number of steps above 0"),
    "warmup_steps stable_steps patience": (lambda v: v >= 0, "a number of steps, 0 or more"),
    "gamma factor threshold": (lambda v: (v >= 0) & (v <= 1), "a factor from 0 to 1; 0.1 divides by ten"),
    "c low high": (lambda v: v > 0, "a number above 0"),
    "mult": (lambda v: v >= 1, "a factor of 1 or more"),
    "base": (lambda v: False, "a schedule, such as schedule(constant, lr=0.1)"),
    "at": (lambda v: v.ndim == 1 and np.all(np.diff(v, prepend=0) > 0), "increasing numbers of steps, such as (30, 60)"),
}
DOMAIN = {name: rule for names, rule in DOMAIN.items() for name in names.split()}


class schedule:  # lower case as functools.partial, for it is used as that is
    """A formula, of this module or your own, with its hyperparameters checked and bound: call it with t, a number or an array.

    Raises TypeError for a hyperparameter that the formula lacks or that is missing, ValueError for a value it cannot use.

    >>> decay = schedule(exponential, lr=0.5, k=0.1)
    >>> print(decay, decay(1), decay([1, 11]).round(3))
    exponential(lr=0.5, k=0.1) 0.5 [0.5   0.184]
    """

    def __init__(self, formula, **hyper):
        if not inspect.isfunction(formula):
            raise TypeError(f"formula is {formula!r}; give a function f(t, *, lr=…), such as schedules.cosine")
        self.formula, name, signature = formula, formula.__name__, inspect.signature(formula).parameters
        known = {p.name: p.default for p in signature.values() if p.kind is p.KEYWORD_ONLY}
        for n, value in (hyper := known | hyper).items():
            if n not in known:
                takes = ", ".join(known) or "none"
                raise TypeError(f"{name} has no hyperparameter {n!r}; {nearest(n, known)}it takes {takes}")
            if value is inspect.Parameter.empty:
                raise TypeError(f"{name} needs {n!r}: give it by name, schedule({name}, {n}=…)")
        self.hyper = {n: v if n == "base" and callable(v) else _checked(name, n, v) for n, v in hyper.items()}
        self.timed = "t" in signature  # reduce_on_plateau is not: it asks for the loss
        if self.timed:
            try:  # what does not fit is an error here, not at the first step
                numbers = {n: v for n, v in self.hyper.items() if n not in ("at", "values") and "base" not in self.hyper}
                self._shape = np.broadcast_shapes(*(v.shape for v in numbers.values()))
                # Each number twice: numpy's power of one number differs in the last digit from a sweep's, and must not here.
                self._twice = {n: np.stack(2 * [np.broadcast_to(v, self._shape)]) for n, v in numbers.items()}
                self(1)
            except (TypeError, ValueError) as error:
                raise ValueError(f"{self} has no value at t = 1 ({error}); a formula works on arrays, as numpy does") from error

    def __call__(self, t, *state):
        if not self.timed:
            return self.formula(t, *state, **self.hyper)
        t = np.asarray(t, dtype=float)
        if not (t >= 1).all():
            raise ValueError(f"{self.formula.__name__}: t is {t}; the first step is t = 1, not 0")
        shape = (2, *(t.ndim - len(self._shape)) * (1,), *self._shape)  # the axes of t beyond those of a sweep come first
        numbers = {n: v.reshape(shape) for n, v in self._twice.items()}
        value = self.formula(t, **self.hyper | numbers) + 0 * t  # a constant, too, is a curve over an array t
        return value[0] if numbers else value

    def __repr__(self):
        shown = (f"{n}={v}" if callable(v) or v.ndim else f"{n}={v:g}" for n, v in self.hyper.items())
        return f"{self.formula.__name__}({', '.join(shown)})"


def _checked(formula, name, value):
    array = np.asarray(value)
    holds, expected = DOMAIN.get(name, (np.isfinite, "a finite number or an array of them"))
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all() or not np.all(holds(array)):
        raise ValueError(f"{formula}: {name} is {value!r}; give {expected}")
    return array.astype(float)


def where(condition, a, b):
    """Return `a` where the condition holds and `b` elsewhere; a number for numbers."""
    return np.where(condition, a, b)[()]


def constant(t, *, lr=0.1):
    """Keep the base rate.

    >>> constant(7, lr=0.1)
    0.1
    """
    return lr


def step(t, *, lr=0.1, gamma=0.1, s=30):
    """Multiply by `gamma` after every `s` steps; the first smaller rate is that of step s + 1, as in torch's StepLR.

    >>> print([round(float(step(t, s=30)), 3) for t in (1, 30, 31)])
    [0.1, 0.1, 0.01]
    """
    return lr * gamma ** floor((t - 1) / s)


def multi_step(t, *, lr=0.1, gamma=0.1, at=(30, 60)):
    """Multiply by `gamma` after the numbers of steps in `at` (He et al. 2016, section 4.2), as torch's MultiStepLR does.

    >>> print([round(float(multi_step(t, at=(30, 60))), 4) for t in (30, 31, 60, 61)])
    [0.1, 0.01, 0.01, 0.001]
    """
    return lr * gamma ** searchsorted(at, t - 1, side="right")


def piecewise(t, *, values=(0.1, 0.05, 0.01), at=(30, 60)):
    """Use `values[i]` once `i` of the numbers of steps in `at` are done: one value more than there are changes.

    optax changes at the same step. Keras's PiecewiseConstantDecay keeps the old value for one step more (step <= boundary).

    >>> print([float(piecewise(t, values=(0.5, 0.1), at=(10,))) for t in (1, 10, 11)])
    [0.5, 0.5, 0.1]
    """
    if len(values) != len(at) + 1:
        raise ValueError(f"piecewise: {len(values)} values for {len(at)} changes; give one value more than changes")
    return np.asarray(values)[searchsorted(at, t - 1, side="right")]


def exponential(t, *, lr=0.1, k=0.01):
    """Decay as e^(-k(t-1)): a factor e in 1/k steps. torch's ExponentialLR asks for gamma = e^(-k).

    >>> print(f"{exponential(101, lr=0.1, k=0.01):.4f}")
    0.0368
    """
    return lr * exp(-(k * (t - 1)))


def tenfold(t, *, lr=0.1, s=100):
    """Decay tenfold every `s` steps, as 0.1^((t-1)/s): "exponential scheduling" (Géron 2019, ch. 11), k = ln(10)/s.

    Keras's ExponentialDecay(lr, decay_steps=s, decay_rate=0.1) and optax's exponential_decay(lr, s, 0.1) are this formula.

    >>> print(f"{tenfold(101, lr=0.1, s=100):.3f}")
    0.010
    """
    return lr * 0.1 ** ((t - 1) / s)


def inverse(t, *, lr=0.1, k=0.01):
    """Decay as 1/(1 + k(t-1)), half after 1/k steps: "1/t decay" (Robbins & Monro 1951; this form, Darken & Moody 1991).

    Keras's InverseTimeDecay is this formula with k = decay_rate / decay_steps; torch and optax have none.

    >>> inverse(101, lr=0.1, k=0.01)
    0.05
    """
    return lr / (1 + k * (t - 1))


def staircase_inverse(t, *, lr=0.1, k=1.0, s=100):
    """Decay as `inverse`, held for `s` steps at a time; here `k` is per stair, as in Keras's InverseTimeDecay(staircase=True).

    >>> print([float(staircase_inverse(t, lr=0.1, k=1, s=100)) for t in (1, 100, 101)])
    [0.1, 0.1, 0.05]
    """
    return lr / (1 + k * floor((t - 1) / s))


def power(t, *, lr=0.1, s=100, c=0.5):
    """Decay as (1 + (t-1)/s)^(-c): power scheduling (Géron 2019, ch. 11); c = 1 is `inverse` with k = 1/s.

    >>> power(301, lr=0.1, s=100, c=0.5)
    0.05
    """
    return lr / (1 + (t - 1) / s) ** c


def polynomial(t, *, lr=0.1, lr_end=0.0, steps=100, c=1.0):
    """Fall from `lr` to `lr_end` over `steps` steps as (1 - share done)^c; c = 1 is a straight line.

    torch's PolynomialLR ends at 0 and Keras's PolynomialDecay by default at 1e-4; optax's polynomial_schedule is this formula.

    >>> polynomial(51, lr=0.1, steps=100)
    np.float64(0.05)
    """
    u = minimum((t - 1) / steps, 1)
    return lr_end + (lr - lr_end) * (1 - u) ** c


def cosine(t, *, lr=0.1, lr_end=0.0, steps=100):
    """Fall from `lr` to `lr_end` over `steps` steps along half a cosine (Loshchilov & Hutter 2017, eq. 5, one cycle).

    optax and Keras give the end as a share, alpha = lr_end / lr. torch's CosineAnnealingLR climbs again after `steps`.

    >>> print([round(float(cosine(t, lr=0.1, steps=100)), 3) for t in (1, 51, 101, 500)])
    [0.1, 0.05, 0.0, 0.0]
    """
    u = minimum((t - 1) / steps, 1)
    return lr_end + (lr - lr_end) * (1 + cos(pi * u)) / 2


def cosine_restarts(t, *, lr=0.1, lr_end=0.0, steps=10, mult=1):
    """Repeat `cosine`, each cycle `mult` times as long as the last (SGDR, Loshchilov & Hutter 2017, eq. 5; T_0 is `steps`).

    The first step of a cycle is at `lr`; `lr_end` itself is never taken. torch's CosineAnnealingWarmRestarts is the same
    but for a rounding error: called as step(epoch), with T_0=10, T_mult=3 it gives eta_min at epoch 1210, a restart.

    >>> print([round(float(cosine_restarts(t, steps=10, mult=2)), 3) for t in (1, 6, 11, 21, 31)])
    [0.1, 0.05, 0.1, 0.05, 0.1]
    """
    grow = where(mult > 1, mult, 2)  # equal cycles have no logarithm to count them: any number above 1 will do there
    n = floor(log(1 + (t - 1) / steps * (grow - 1)) / log(grow) + 1e-9)  # 1e-9: log(243)/log(3) rounds to below 5
    i = where(mult > 1, n, floor((t - 1) / steps))
    begin = where(mult > 1, steps * (grow**n - 1) / (grow - 1), steps * i)
    u = (t - 1 - begin) / (steps * mult**i)
    return lr_end + (lr - lr_end) * (1 + cos(pi * u)) / 2


def warmup(t, *, base, warmup_steps=10):
    """Climb linearly for `warmup_steps` steps, the last of them at the base's first rate, then follow `base` from its t = 1.

    After Goyal et al. 2017, section 2.2. The first rate is 1/warmup_steps of the peak, as torch's SequentialLR gives it for
    LinearLR(start_factor=1/warmup_steps, total_iters=warmup_steps-1). optax and Keras, from 0, waste their first step.

    >>> print(schedule(warmup, base=schedule(cosine, steps=100), warmup_steps=4)([1, 2, 4, 5, 55]).round(3))
    [0.025 0.05  0.1   0.1   0.05 ]
    """
    return minimum(t / maximum(warmup_steps, 1), 1) * base(maximum(t - warmup_steps, 1))


def wsd(t, *, lr=0.1, lr_end=0.0, warmup_steps=10, stable_steps=70, decay_steps=20, c=1.0):
    """Warm up, stay, decay (Hu et al. 2024, section 4), the decay 1 - u^c in the share u of it that is done.

    c = 1 is a straight line, c = 0.5 the "1-sqrt" of Hägele et al. 2024; Hu et al. decay exponentially.

    >>> print([round(float(wsd(t)), 4) for t in (1, 10, 80, 81, 91, 101)])
    [0.01, 0.1, 0.1, 0.1, 0.05, 0.0]
    """
    u = minimum(maximum(t - 1 - warmup_steps - stable_steps, 0) / decay_steps, 1)
    return lr * minimum(t / maximum(warmup_steps, 1), 1) - (lr - lr_end) * u**c


def one_cycle(t, *, peak=0.1, start=0.01, end=0.0001, rise_steps=45, fall_steps=45, tail_steps=10):
    """Go linearly from `start` to `peak`, back to `start`, and on to `end`: 1-cycle (Smith 2018, section 4.1).

    For the momentum, its mirror image (section 4.3), give the same steps with peak=0.85, start=0.95, end=0.95.
    optax's linear_onecycle_schedule is this formula. torch's OneCycleLR(three_phase=True, anneal_strategy="linear") gives
    `end` to its last step already, this to the first one after; by default torch goes in two phases, along cosines.

    >>> print([round(float(one_cycle(t)), 4) for t in (1, 46, 91, 101)])
    [0.01, 0.1, 0.01, 0.0001]
    """
    up = minimum((t - 1) / rise_steps, 1)
    down = minimum(maximum(t - 1 - rise_steps, 0) / fall_steps, 1)
    tail = minimum(maximum(t - 1 - rise_steps - fall_steps, 0) / tail_steps, 1)
    return start + (peak - start) * (up - down) - (start - end) * tail


def epochs(t, *, base, steps_per_epoch):
    """Count in epochs: every step of epoch e = 1, 2, … gets base(e), as where a library's scheduler is stepped once an epoch.

    >>> print(schedule(epochs, base=schedule(step, s=2), steps_per_epoch=50)([1, 100, 101]))
    [0.1  0.1  0.01]
    """
    return base(1 + floor((t - 1) / steps_per_epoch))


def reduce_on_plateau(loss, lr, best=inf, bad=0, *, factor=0.1, patience=10, threshold=1e-4, lr_end=0.0):
    """Return (lr, best, bad) after one more loss; `lr` is cut when more than `patience` losses have not beaten the best.

    `best` is the lowest loss so far, and `bad` counts those since that did not beat it by the share `threshold`; NaN beats
    nothing. Losses are 0 or more, measured once an epoch or at any rhythm. As torch's ReduceLROnPlateau, but for its `eps`
    (no cut below 1e-8). Keras and optax cut one loss sooner, at bad = patience, and Keras's min_delta is absolute.

    >>> print(*reduce_on_plateau(0.7, 1.0, best=0.5, bad=1, patience=1))
    0.1 0.5 0
    """
    better = loss < best * (1 - threshold)
    best = where(better, loss, best)
    bad = where(better, 0, bad + 1)
    lr = where(bad > patience, minimum(lr, maximum(lr * factor, lr_end)), lr)
    bad = where(bad > patience, 0, bad)
    return lr, best, bad


def range_test(t, *, low=1e-6, high=10.0, steps=100):
    """Climb from `low` at step 1 to `high` at step `steps` by equal factors, a range test (Smith 2017, 3.3: linearly).

    Record rate and smoothed loss; stop when it is a few times its least. Good rates are where it falls fastest per log(rate).

    >>> print([f"{range_test(t, low=1e-4, high=1, steps=5):.0e}" for t in (1, 2, 5)])
    ['1e-04', '1e-03', '1e+00']
    """
    return low * (high / low) ** minimum((t - 1) / maximum(steps - 1, 1), 1)
