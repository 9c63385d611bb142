"""Every schedule that optax has against optax, in double precision, and the differences that the docstrings name.

optax counts from 0: its count is our t - 1.
"""

import math

import jax
import numpy as np
import optax
import pytest

from optlib import schedules
from optlib.schedules import schedule

STEPS = 150


@pytest.fixture(autouse=True)
def double_precision():
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def agree(ours, theirs, steps=STEPS):
    rates = jax.vmap(theirs)(jax.numpy.arange(steps, dtype=float))
    np.testing.assert_allclose(ours(np.arange(1, steps + 1)), rates, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("lr", "gamma", "s"), [(0.1, 0.1, 30), (1.0, 0.5, 7), (3e-4, 0.97, 1)])
def test_exponential_decay_in_stairs_and_not(lr, gamma, s):
    agree(schedule(schedules.step, lr=lr, gamma=gamma, s=s), optax.exponential_decay(lr, s, gamma, staircase=True))
    agree(schedule(schedules.exponential, lr=lr, k=-math.log(gamma) / s), optax.exponential_decay(lr, s, gamma))
    agree(schedule(schedules.tenfold, lr=lr, s=s), optax.exponential_decay(lr, s, 0.1))


@pytest.mark.parametrize("at", [(30, 60), (1, 2), (77, 149)])
def test_piecewise_constant_changes_at_the_same_step(at):
    theirs = optax.piecewise_constant_schedule(0.4, dict.fromkeys(at, 0.5))
    agree(schedule(schedules.multi_step, lr=0.4, gamma=0.5, at=at), theirs)
    agree(schedule(schedules.piecewise, values=(0.4, 0.2, 0.1), at=at), theirs)


@pytest.mark.parametrize(("lr", "end", "steps", "c"), [(0.1, 0.0, 100, 1), (1.0, 0.2, 149, 2), (0.01, 0.001, 40, 0.5)])
def test_polynomial_and_cosine(lr, end, steps, c):
    agree(schedule(schedules.polynomial, lr=lr, lr_end=end, steps=steps, c=c), optax.polynomial_schedule(lr, end, c, steps))
    agree(schedule(schedules.cosine, lr=lr, lr_end=end, steps=steps), optax.cosine_decay_schedule(lr, steps, alpha=end / lr))


@pytest.mark.parametrize(("steps", "mult"), [(10, 1), (7, 2), (2, 3)])
def test_restarts_joined_from_single_cosines(steps, mult):
    lengths = [steps * mult**i for i in range(5)]
    cosines = [optax.cosine_decay_schedule(0.1, n, alpha=0.2) for n in lengths]
    theirs = optax.join_schedules(cosines, np.cumsum(lengths[:-1]).tolist())
    agree(schedule(schedules.cosine_restarts, lr=0.1, lr_end=0.02, steps=steps, mult=mult), theirs, sum(lengths))


@pytest.mark.parametrize("n", [2, 10, 60])
def test_warmup_is_a_line_joined_to_its_base(n):
    base = schedule(schedules.cosine, lr=0.1, steps=80)
    line = optax.linear_schedule(0.1 / n, 0.1, n - 1)
    agree(
        schedule(schedules.warmup, base=base, warmup_steps=n),
        optax.join_schedules([line, optax.cosine_decay_schedule(0.1, 80)], [n]),
    )


def test_optax_warmup_from_zero_spends_its_first_step_at_zero():
    """From then on it is one step late: its n-th rate is our rate of step n - 1."""
    theirs = jax.vmap(optax.warmup_cosine_decay_schedule(0, 0.1, 10, 110))(jax.numpy.arange(11))
    ours = schedule(schedules.warmup, base=schedule(schedules.constant, lr=0.1), warmup_steps=10)
    assert theirs[0] == 0
    np.testing.assert_allclose(theirs[1:], ours(np.arange(1, 11)), rtol=1e-12)


@pytest.mark.parametrize(("up", "stay", "down"), [(10, 70, 60), (2, 1, 5), (30, 40, 50)])
def test_warmup_stable_decay_joined_from_lines(up, stay, down):
    parts = [
        optax.linear_schedule(0.1 / up, 0.1, up - 1),
        optax.constant_schedule(0.1),
        optax.linear_schedule(0.1, 0.01, down),
    ]
    ours = {"lr": 0.1, "lr_end": 0.01, "warmup_steps": up, "stable_steps": stay, "decay_steps": down}
    agree(schedule(schedules.wsd, **ours), optax.join_schedules(parts, [up, up + stay]))


@pytest.mark.parametrize(("steps", "rise", "fall"), [(100, 0.25, 0.75), (128, 0.5, 0.875), (140, 0.3, 0.8)])
def test_one_cycle_is_the_linear_one(steps, rise, fall):
    theirs = optax.linear_onecycle_schedule(steps, 0.1, pct_start=rise, pct_final=fall, div_factor=10, final_div_factor=100)
    first, second = int(rise * steps), int(fall * steps)
    phases = {"rise_steps": first, "fall_steps": second - first, "tail_steps": steps - second}
    ours = schedule(schedules.one_cycle, peak=0.1, start=0.01, end=0.0001, **phases)
    agree(ours, theirs, steps + 1)


@pytest.mark.parametrize(("factor", "patience", "threshold", "least"), [(0.1, 10, 1e-4, 0.0), (0.5, 2, 0.01, 0.1)])
def test_optax_plateau_cuts_one_loss_sooner(factor, patience, threshold, least):
    """Its patience n is our n - 1, and its rate is a scale."""
    rng = np.random.default_rng(0)
    losses = np.exp(-np.repeat(np.cumsum(rng.random(20)), 10) / 4) * (1 + 0.05 * rng.standard_normal(200))
    cut = optax.contrib.reduce_on_plateau(factor, patience, threshold, min_scale=least)
    update = jax.jit(cut.update)
    theirs = cut.init(jax.numpy.zeros(1))
    ours, state, cuts = (
        schedule(schedules.reduce_on_plateau, factor=factor, patience=patience - 1, threshold=threshold, lr_end=least),
        (1.0,),
        0,
    )
    for loss in losses:
        before = state[0]
        state = ours(loss, *state)
        cuts += state[0] < before
        _, theirs = update(jax.numpy.zeros(1), theirs, value=loss)
        np.testing.assert_allclose(state, (theirs.scale, theirs.best_value, theirs.plateau_count), rtol=1e-12)
    assert cuts
