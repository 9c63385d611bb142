"""Every schedule that torch has against torch, and each plausible slip seen by one of the comparisons.

A comparison is a function of the formula, so that the last test can hand it a formula with a slip in it.
"""

import inspect
import math
import re

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler as torch_lr

from optlib import schedules
from optlib.schedules import schedule

STEPS = 150


def torch_rates(make, lr, steps=STEPS, what="lr"):
    """Return what torch uses in each step, the scheduler stepped after the optimizer as its documentation says."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.9)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(float(optimizer.param_groups[0][what]))
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def agree(ours, theirs):
    """torch multiplies its rates up step by step, so that they drift by some 1e-14 from the formula."""
    t = np.arange(1, len(theirs) + 1)
    np.testing.assert_allclose(ours(t), theirs, rtol=1e-10, atol=1e-13)


def step_lr(formula):
    for lr, gamma, s in [(0.1, 0.1, 30), (1.0, 0.5, 7), (3e-4, 0.97, 1)]:
        agree(schedule(formula, lr=lr, gamma=gamma, s=s), torch_rates(lambda o, s=s, g=gamma: torch_lr.StepLR(o, s, g), lr))


def multi_step_lr(formula):
    for lr, gamma, at in [(0.1, 0.1, (30, 60)), (1.0, 0.5, (1, 2, 149)), (0.01, 0.3, (77,))]:
        theirs = torch_rates(lambda o, at=at, g=gamma: torch_lr.MultiStepLR(o, at, g), lr)
        agree(schedule(formula, lr=lr, gamma=gamma, at=at), theirs)


def piecewise_as_multi_step(formula):
    for at in [(30, 60), (1, 149)]:
        theirs = torch_rates(lambda o, at=at: torch_lr.MultiStepLR(o, at, 0.5), 0.4)
        agree(schedule(formula, values=(0.4, 0.2, 0.1), at=at), theirs)


def exponential_lr(formula):
    for lr, k in [(0.1, 0.01), (1.0, 0.3), (1e-3, 0.0)]:
        agree(schedule(formula, lr=lr, k=k), torch_rates(lambda o, k=k: torch_lr.ExponentialLR(o, math.exp(-k)), lr))


def tenfold_as_exponential(formula):
    for s in (10, 100, 3.5):
        agree(schedule(formula, lr=0.2, s=s), torch_rates(lambda o, s=s: torch_lr.ExponentialLR(o, 0.1 ** (1 / s)), 0.2))


def inverse_in_adagrad(formula):
    """torch's Adagrad has a decay of its own, lr / (1 + (step - 1) lr_decay): for gradient 1 its step is that over sqrt(t)."""
    for lr, k in [(0.1, 0.01), (1.0, 0.5)]:
        x = torch.zeros(1, dtype=torch.float64)
        optimizer = torch.optim.Adagrad([x], lr=lr, lr_decay=k, eps=0)
        theirs = []
        for t in range(1, STEPS + 1):
            before = x.item()
            x.grad = torch.ones_like(x)
            optimizer.step()
            theirs.append((before - x.item()) * math.sqrt(t))
        np.testing.assert_allclose(schedule(formula, lr=lr, k=k)(np.arange(1, STEPS + 1)), theirs, rtol=1e-10)


def power_as_inverse(formula):
    for s in (10, 3.5):
        t = np.arange(1, STEPS + 1)
        np.testing.assert_allclose(
            schedule(formula, lr=0.2, s=s, c=1)(t), schedule(schedules.inverse, lr=0.2, k=1 / s)(t), rtol=1e-14
        )
        np.testing.assert_allclose(schedule(formula, lr=0.2, s=s, c=0.5)(t), 0.2 / np.sqrt(1 + (t - 1) / s), rtol=1e-14)


def staircase_as_inverse(formula):
    """At the foot of each stair `inverse` in units of stairs, and constant on it."""
    ours = schedule(formula, lr=0.3, k=0.7, s=20)
    theirs = torch_rates(lambda o: torch_lr.LambdaLR(o, lambda epoch: 1 / (1 + 0.7 * (epoch // 20))), 0.3)
    agree(ours, theirs)


def polynomial_lr(formula):
    for lr, steps, c in [(0.1, 100, 1.0), (1.0, 149, 2.0), (0.01, 40, 0.5)]:
        theirs = torch_rates(lambda o, n=steps, c=c: torch_lr.PolynomialLR(o, n, c), lr)
        agree(schedule(formula, lr=lr, lr_end=0, steps=steps, c=c), theirs)


def linear_lr(formula):
    for lr, share, steps in [(0.1, 0.1, 100), (1.0, 0.5, 7)]:
        theirs = torch_rates(lambda o, a=share, n=steps: torch_lr.LinearLR(o, 1.0, a, n), lr)
        agree(schedule(formula, lr=lr, lr_end=lr * share, steps=steps, c=1), theirs)


def cosine_lr(formula):
    for lr, end, steps in [(0.1, 0.0, 149), (1.0, 0.2, 120), (0.01, 0.001, 10)]:
        theirs = torch_rates(lambda o, n=steps, e=end: torch_lr.CosineAnnealingLR(o, n, e), lr, steps + 1)
        agree(schedule(formula, lr=lr, lr_end=end, steps=steps), theirs)


def restarts_lr(formula):
    for lr, end, steps, mult in [(0.1, 0.0, 10, 1), (1.0, 0.1, 7, 2), (0.2, 0.0, 1, 3), (0.1, 0.0, 37, 1)]:
        theirs = torch_rates(lambda o, n=steps, m=mult, e=end: torch_lr.CosineAnnealingWarmRestarts(o, n, m, e), lr, 400)
        agree(schedule(formula, lr=lr, lr_end=end, steps=steps, mult=mult), theirs)


def linear(first, last, steps):
    return lambda o: torch_lr.LinearLR(o, first, last, steps)


def in_turn(optimizer, parts, at):
    return torch_lr.SequentialLR(optimizer, [part(optimizer) for part in parts], at)


def warmup_lr(formula):
    for n in (2, 5, 40):
        bases = [
            (schedule(schedules.cosine, lr=0.1, steps=100), lambda o: torch_lr.CosineAnnealingLR(o, 100)),
            (schedule(schedules.step, lr=0.1, gamma=0.5, s=9), lambda o: torch_lr.StepLR(o, 9, 0.5)),
        ]
        for base, theirs in bases:
            rates = torch_rates(lambda o, n=n, b=theirs: in_turn(o, [linear(1 / n, 1, n - 1), b], [n]), 0.1, n + 100)
            agree(schedule(formula, base=base, warmup_steps=n), rates)


def wsd_lr(formula):
    for lr, share, up, stay, down in [(0.1, 0.01, 10, 70, 60), (1.0, 0.25, 2, 1, 5), (0.3, 0.5, 30, 40, 50)]:
        parts = [linear(1 / up, 1, up - 1), linear(1, 1, 1), linear(1, share, down)]
        theirs = torch_rates(lambda o, p=parts, a=(up, up + stay): in_turn(o, p, list(a)), lr)
        ours = {"lr": lr, "lr_end": lr * share, "warmup_steps": up, "stable_steps": stay, "decay_steps": down}
        agree(schedule(formula, **ours), theirs)


def one_cycle_lr(formula):
    """torch counts the steps of a cycle from its first value to its last, so it takes one step more to end one step later."""
    for peak, start, end, rise, tail in [(0.1, 0.01, 0.0001, 45, 10), (1.0, 0.2, 0.1, 60, 29), (0.5, 0.1, 0.001, 3, 1)]:
        total = 2 * rise + tail + 1

        def make(o, peak=peak, start=start, end=end, rise=rise, total=total):
            return torch_lr.OneCycleLR(
                o,
                peak,
                total_steps=total,
                pct_start=(rise + 1) / total,
                three_phase=True,
                anneal_strategy="linear",
                div_factor=peak / start,
                final_div_factor=start / end,
            )

        phases = {"rise_steps": rise, "fall_steps": rise, "tail_steps": tail}
        agree(schedule(formula, peak=peak, start=start, end=end, **phases), torch_rates(make, 1.0, total - 1))
        momentum = torch_rates(make, 1.0, total - 1, "momentum")
        agree(schedule(formula, peak=0.85, start=0.95, end=0.95, **phases), momentum)


def cyclic_lr(formula):
    """The first cycle of torch's triangle, with a fall that is not as long as the rise."""
    for rise, fall in [(40, 70), (5, 1)]:

        def make(o, rise=rise, fall=fall):
            return torch_lr.CyclicLR(o, 0.01, 0.1, rise, fall, base_momentum=0.8, max_momentum=0.9)

        phases = {"rise_steps": rise, "fall_steps": fall}
        agree(schedule(formula, peak=0.1, start=0.01, end=0, **phases), torch_rates(make, 1.0, rise + fall))
        momentum = torch_rates(make, 1.0, rise + fall, "momentum")
        agree(schedule(formula, peak=0.8, start=0.9, end=0.9, **phases), momentum)


def epochs_lr(formula):
    """Our schedule asked in every step, torch's scheduler stepped once an epoch."""
    for n in (1, 3, 50):
        ours = schedule(formula, base=schedule(schedules.step, lr=0.1, gamma=0.5, s=2), steps_per_epoch=n)
        agree(ours, np.repeat(torch_rates(lambda o: torch_lr.StepLR(o, 2, 0.5), 0.1, 150 // n), n))


def plateau_losses(seed):
    """A falling, noisy loss with plateaus, small gains below the threshold, exact repeats and NaN in it."""
    rng = np.random.default_rng(seed)
    losses = np.exp(-np.repeat(np.cumsum(rng.random(20)), 10) / 4) * (1 + 0.05 * rng.standard_normal(200))
    losses[40:50] = losses[39] * (1 - 5e-5 * np.arange(1, 11))
    losses[79:95] = 0.9 * losses[:79].min()
    losses[120] = np.nan
    return losses


def plateau_lr(formula):
    for factor, patience, threshold, lr_end in [
        (0.1, 10, 1e-4, 0),
        (0.5, 2, 0.01, 0.01),
        (0.9, 0, 0.0, 1e-9),
        (0.5, 3, 1e-4, 0),
    ]:
        ours = schedule(formula, factor=factor, patience=patience, threshold=threshold, lr_end=lr_end)
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.4)
        scheduler = torch_lr.ReduceLROnPlateau(
            optimizer, factor=factor, patience=patience, threshold=threshold, min_lr=lr_end, eps=0
        )
        state = (0.4,)
        for loss in plateau_losses(patience):
            state = ours(loss, *state)
            scheduler.step(loss)
            theirs = (optimizer.param_groups[0]["lr"], scheduler.best, scheduler.num_bad_epochs)
            np.testing.assert_allclose(state, theirs, rtol=1e-12)


COMPARISONS = [  # (the comparison, the formula)
    (step_lr, schedules.step),
    (multi_step_lr, schedules.multi_step),
    (piecewise_as_multi_step, schedules.piecewise),
    (exponential_lr, schedules.exponential),
    (tenfold_as_exponential, schedules.tenfold),
    (inverse_in_adagrad, schedules.inverse),
    (power_as_inverse, schedules.power),
    (staircase_as_inverse, schedules.staircase_inverse),
    (polynomial_lr, schedules.polynomial),
    (linear_lr, schedules.polynomial),
    (cosine_lr, schedules.cosine),
    (restarts_lr, schedules.cosine_restarts),
    (warmup_lr, schedules.warmup),
    (wsd_lr, schedules.wsd),
    (one_cycle_lr, schedules.one_cycle),
    (cyclic_lr, schedules.one_cycle),
    (epochs_lr, schedules.epochs),
    (plateau_lr, schedules.reduce_on_plateau),
]
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:torch")  # torch's SequentialLR warns of its own calls


@pytest.mark.parametrize(("comparison", "formula"), COMPARISONS, ids=[c.__name__ for c, _ in COMPARISONS])
def test_as_torch(comparison, formula):
    comparison(formula)


# Where torch differs: the difference is what the docstring says.


def test_torch_cosine_climbs_again_after_its_steps():
    theirs = torch_rates(lambda o: torch_lr.CosineAnnealingLR(o, 50), 0.1, 101)
    ours = schedule(schedules.cosine, lr=0.1, steps=50)(np.arange(1, 102))
    np.testing.assert_allclose(theirs[100], 0.1, rtol=1e-10)
    assert (ours[50:] == 0).all()


def test_torch_restarts_called_with_an_epoch_miss_one():
    """log(3**5)/log(3) is below 5 in floating point; ours leaves room for that."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    scheduler = torch_lr.CosineAnnealingWarmRestarts(optimizer, 10, 3)
    scheduler.step(1210)
    assert scheduler.get_last_lr() == [pytest.approx(0)]
    ours = schedule(schedules.cosine_restarts, lr=0.1, steps=10, mult=3)
    assert ours(1211) == pytest.approx(0.1)
    for j in range(1, 12):  # every restart of these cycles, and the step before it
        restart = 1 + 10 * (3**j - 1) // 2
        assert ours(restart) == pytest.approx(0.1)
        assert ours(restart - 1) < 0.01


def test_torch_plateau_ignores_small_cuts():
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1e-8)
    scheduler = torch_lr.ReduceLROnPlateau(optimizer, patience=0)
    state = (1e-8,)
    for _ in range(5):
        scheduler.step(1.0)
        state = schedules.reduce_on_plateau(1.0, *state, patience=0)
    assert optimizer.param_groups[0]["lr"] == 1e-8
    assert state[0] == pytest.approx(1e-12)


# Slips: each is made in the source of a formula, and a comparison must see it.

SLIPS = [  # (formula, what is written, the slip in its place)
    ("step", "t - 1", "t"),
    ("step", "floor((t - 1) / s)", "(t - 1) / s"),
    ("multi_step", "t - 1", "t"),
    ("multi_step", "right", "left"),
    ("piecewise", "right", "left"),
    ("piecewise", "t - 1", "t"),
    ("exponential", "t - 1", "t"),
    ("exponential", "-(k", "(k"),
    ("tenfold", "t - 1", "t"),
    ("inverse", "t - 1", "t"),
    ("staircase_inverse", "t - 1", "t"),
    ("power", "t - 1", "t"),
    ("power", "** c", "* c"),
    ("polynomial", "t - 1", "t"),
    ("polynomial", "/ steps", "/ (steps - 1)"),
    ("polynomial", "minimum((t - 1) / steps, 1)", "((t - 1) / steps)"),
    ("cosine", "t - 1", "t"),
    ("cosine", "/ steps", "/ (steps - 1)"),
    ("cosine_restarts", " + 1e-9", ""),
    ("cosine_restarts", "t - 1 - begin", "t - begin"),
    ("cosine_restarts", "floor((t - 1) / steps)", "floor(t / steps)"),
    ("cosine_restarts", "mult**i", "mult * i"),
    ("warmup", "t / ", "(t - 1) / "),
    ("warmup", "t - warmup_steps", "t - warmup_steps + 1"),
    ("wsd", "t / ", "(t - 1) / "),
    ("wsd", "t - 1", "t"),
    ("one_cycle", "t - 1", "t"),
    ("one_cycle", "t - 1 - rise_steps,", "t - rise_steps,"),
    ("one_cycle", "/ tail_steps", "/ fall_steps"),
    ("epochs", "t - 1", "t"),
    ("epochs", "1 + floor", "floor"),
    ("reduce_on_plateau", "bad > patience", "bad >= patience"),
    ("reduce_on_plateau", "loss < best", "loss <= best"),
    ("reduce_on_plateau", "(1 - threshold)", "(1 + threshold)"),
    ("reduce_on_plateau", "where(better, loss, best)", "minimum(loss, best)"),
    ("reduce_on_plateau", "bad = where(bad > patience, 0, bad)", "pass"),
]


def with_slip(name, old, new):
    """Return the formula with one piece of its body written otherwise."""
    source = inspect.getsource(getattr(schedules, name))
    signature, docstring, body = re.match(r'(def .*?\n)(    """.*?"""\n)(.*)', source, re.S).groups()
    assert old in body
    scope = dict(vars(schedules))
    exec(signature + body.replace(old, new), scope)
    return scope[name]


@pytest.mark.parametrize(("name", "old", "new"), SLIPS, ids=[f"{n}: {a} -> {b}" for n, a, b in SLIPS])
def test_a_comparison_sees_the_slip(name, old, new):
    slipped = with_slip(name, old, new)
    comparisons = [c for c, formula in COMPARISONS if formula.__name__ == name]
    if old == " + 1e-9":
        comparisons = [restart_of_three]
    seen = 0
    for comparison in comparisons:
        try:
            with np.errstate(all="ignore"):
                comparison(slipped)
        except (AssertionError, ValueError):
            seen += 1
    assert seen, f"no comparison of {name} sees that {old!r} became {new!r}"


def restart_of_three(formula):
    """The fifth restart of cycles that treble, where a logarithm falls short of 5."""
    assert schedule(formula, lr=0.1, steps=10, mult=3)(1211) == pytest.approx(0.1)


def test_an_unchanged_formula_passes_its_comparisons():
    """The machinery of slips finds nothing where nothing was changed."""
    for name in ("step", "cosine", "warmup", "reduce_on_plateau"):
        unchanged = with_slip(name, "return", "return")
        for comparison, formula in COMPARISONS:
            if formula.__name__ == name:
                comparison(unchanged)
