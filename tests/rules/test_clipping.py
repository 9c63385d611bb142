"""Clipping and coupled decay against torch and by definition, and through the loop."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optlib import rules, run
from optlib.clipping import clip_norm, clip_value, clipped, with_weight_decay
from optlib.losses import Quadratic, Rosenbrock

GRADIENTS = arrays(float, (3, 4), elements=st.floats(-1e6, 1e6, allow_subnormal=False))
LIMITS = st.floats(1e-3, 1e3)


def in_torch(clip, g, limit):
    p = torch.zeros(len(g), dtype=torch.float64)
    p.grad = torch.tensor(g)
    clip([p], limit)
    return p.grad.numpy()


@given(GRADIENTS, LIMITS)
def test_norm_is_torchs(g, limit):
    """Each column by its own length. torch divides by the length + 1e-6, which shortens a little more."""
    for k in range(g.shape[1]):
        theirs = in_torch(torch.nn.utils.clip_grad_norm_, g[:, k], limit)
        np.testing.assert_allclose(clip_norm(g, limit)[:, k], theirs, rtol=2e-3 if limit < 0.1 else 1e-4)


@given(GRADIENTS, LIMITS)
def test_norm_keeps_the_direction_and_the_short(g, limit):
    ours, before = clip_norm(g, limit), g.copy()
    length = np.linalg.norm(g, axis=0)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=0), np.minimum(length, limit), rtol=1e-12)
    np.testing.assert_allclose(ours * np.maximum(length, limit), g * limit, rtol=1e-12)
    np.testing.assert_array_equal(g, before)


def test_norm_of_huge_gradients():
    np.testing.assert_allclose(clip_norm(np.array([3e200, 4e200]), 5.0), [3, 4])
    np.testing.assert_allclose(clip_norm(np.array([3e-200, 4e-200]), 5.0), [3e-200, 4e-200])


@given(GRADIENTS, LIMITS)
def test_value_is_torchs(g, limit):
    for k in range(g.shape[1]):
        theirs = in_torch(torch.nn.utils.clip_grad_value_, g[:, k], limit)
        np.testing.assert_array_equal(clip_value(g, limit)[:, k], theirs)


def test_value_turns_the_gradient_and_norm_does_not():
    g = np.array([30.0, 1.0])
    np.testing.assert_allclose(clip_norm(g, 1.0)[0] / clip_norm(g, 1.0)[1], 30)
    np.testing.assert_array_equal(clip_value(g, 1.0), [1, 1])
    np.testing.assert_array_equal(clip_value([np.inf, -np.inf], 2.0), [2, -2])


@pytest.mark.parametrize("clip", [clip_norm, clip_value])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays(clip, dtype):
    assert clip(np.array([30.0, 40.0], dtype), 5.0).dtype == dtype


def test_clipped_loss_in_the_loop():
    """Value and Hessian stay; a rate that would leave the valley does not, since no step is longer than lr times the limit."""
    loss, start = Quadratic(kappa=1000), [2.0, 1.0]
    safe = clipped(loss, max_norm=1.0)
    assert run(rules.sgd, loss, start, 500, lr=0.01).diverged is not None
    record = run(rules.sgd, safe, start, 500, lr=0.01)
    assert np.linalg.norm(np.diff(record.path, axis=0), axis=1).max() <= 0.01 * (1 + 1e-9)
    assert record.value == loss(record.x)
    x = np.array([2.0, 1.0])
    assert safe(x) == loss(x) and (safe.hess(x) == loss.hess(x)).all()
    np.testing.assert_array_equal(safe.grad(x), clip_norm(loss.grad(x), 1.0))
    np.testing.assert_array_equal(clipped(loss, max_value=3.0).grad(x), [2, 3])


def torch_path(make, loss, start, steps):
    x, path = torch.tensor(start, dtype=torch.float64), [start]
    optimizer = make([x])
    for _ in range(steps):
        x.grad = torch.from_numpy(loss.grad(x.numpy()))
        optimizer.step()
        path.append(x.numpy().copy())
    return np.array(path)


@pytest.mark.parametrize(
    ("make", "rule", "hyper"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.003, momentum=0.9, weight_decay=0.5), rules.momentum, {"lr": 0.003}),
        (lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.5), rules.adam, {"lr": 0.01}),
    ],
)
def test_coupled_decay_is_torchs(make, rule, hyper):
    theirs = torch_path(make, Rosenbrock(), [-1.2, 1.0], 150)
    np.testing.assert_allclose(
        run(rule, with_weight_decay(Rosenbrock(), 0.5), [-1.2, 1.0], 150, **hyper).path, theirs, rtol=1e-9
    )


def test_decay_is_a_loss_of_its_own():
    """Value, gradient and Hessian belong together: by a complex step, exact to rounding; of a grid as of each point."""
    loss, grid = with_weight_decay(Rosenbrock(), 0.7), np.random.default_rng(0).uniform(-2, 2, (2, 3, 4))
    for i in range(2):
        step = np.zeros(grid.shape, complex)
        step[i] = 1e-30j
        np.testing.assert_allclose(loss.grad(grid)[i], loss(grid + step).imag / 1e-30, rtol=1e-12)
        np.testing.assert_allclose(loss.hess(grid)[:, i], loss.grad(grid + step).imag / 1e-30, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(loss.hess(grid)[:, :, 1, 2], loss.hess(grid[:, 1, 2]))


def test_coupled_and_decoupled_decay_agree_for_plain_descent_alone():
    """(1 − lr wd) x − lr g either way (Loshchilov & Hutter 2019, proposition 1); the wrapper composes with clipping."""
    x, loss = np.array([2.0, 1.0]), Quadratic(kappa=10)
    coupled = run(rules.sgd, with_weight_decay(loss, 0.5), x, 1, lr=0.05).x
    np.testing.assert_allclose(coupled, (1 - 0.05 * 0.5) * x - 0.05 * loss.grad(x), rtol=1e-14)
    adam, adamw = (run(r, f, x, 1, lr=0.05, **h).x for r, f, h in [
        (rules.adam, with_weight_decay(loss, 0.5), {}), (rules.adamw, loss, {"wd": 0.5})])  # fmt: skip
    assert np.abs(adam - adamw).max() > 0.02
    np.testing.assert_allclose(np.linalg.norm(clipped(with_weight_decay(loss, 0.5), max_norm=1.0).grad(x)), 1)


@pytest.mark.parametrize("bad", [0, -1.0, np.inf, np.nan])
def test_limits_that_are_none(bad):
    for call, name in [
        (lambda: clip_norm([1.0], bad), "max_norm"),
        (lambda: clip_value([1.0], bad), "max_value"),
        (lambda: clipped(Quadratic(), max_norm=bad), "max_norm"),
        (lambda: clipped(Quadratic(), max_value=bad), "max_value"),
    ]:
        with pytest.raises(ValueError, match=f"{name}: .*; expected a finite positive number"):
            call()


def test_wrappers_say_what_they_take():
    with pytest.raises(TypeError, match="give one of them"):
        clipped(Quadratic())
    with pytest.raises(TypeError, match="give one of them"):
        clipped(Quadratic(), max_norm=1.0, max_value=1.0)
    for wrap in (lambda f: clipped(f, max_norm=1.0), lambda f: with_weight_decay(f, 0.1)):
        with pytest.raises(TypeError, match="a loss with a method grad"):
            wrap(lambda x: x)
        with pytest.raises(TypeError, match="a loss with a method grad"):
            wrap(Quadratic)
    with pytest.raises(ValueError, match="wd: -1; expected a finite number, 0 or more"):
        with_weight_decay(Quadratic(), -1)
