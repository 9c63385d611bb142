"""Every rule that optax has against optax, in both precisions, and each difference between the two that a docstring names.

optax brings jax with it, 600 MB: where it is not installed, one line says so; in CI it is required.
"""

import importlib.util
import inspect
import os

import numpy as np
import pytest

from optlib import catalogue, rules, run
from optlib.losses import Quadratic, Rosenbrock

if not os.environ.get("CI") and not importlib.util.find_spec("optax"):
    pytest.skip("optax is not installed: pip install optax jax", allow_module_level=True)

import jax
import optax

STEPS = 120
PROBLEMS = {"valley": (Quadratic(kappa=50, angle=0.5), [-1.5, 0.75]), "curved": (Rosenbrock(b=10), [-1.2, 1.0])}
ADAM = {"lr": 0.003, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
ROUGH = {"lr": 0.02, "beta1": 0.5, "beta2": 0.9, "eps": 0.1}

# rule: optax's name for it with our hyperparameters, and settings of both. The keyword that each needs to be ours says
# where their defaults part.
OPTAX = {
    "sgd": (lambda lr: optax.sgd(lr), [{"lr": 0.01}]),
    "momentum": (lambda lr, beta: optax.sgd(lr, momentum=beta), [{"lr": 0.003, "beta": 0.9}]),
    "ema_momentum": (
        lambda lr, beta: optax.chain(optax.ema(beta, debias=False), optax.scale(-lr)),
        [{"lr": 0.02, "beta": 0.9}],
    ),
    "nesterov": (lambda lr, beta: optax.sgd(lr, momentum=beta, nesterov=True), [{"lr": 0.003, "beta": 0.9}]),
    "rmsprop": (
        lambda lr, rho, eps: optax.rmsprop(lr, decay=rho, eps=eps, eps_in_sqrt=False),
        [{"lr": 0.01, "rho": 0.9, "eps": 1e-8}, {"lr": 0.003, "rho": 0.5, "eps": 0.1}],
    ),
    "adam": (lambda lr, beta1, beta2, eps: optax.adam(lr, beta1, beta2, eps), [ADAM, ROUGH]),
    "adamw": (
        lambda lr, beta1, beta2, eps, wd: optax.adamw(lr, beta1, beta2, eps, weight_decay=wd),
        [ADAM | {"wd": 0.01}, ROUGH | {"wd": 3.0}],
    ),
    "sign_descent": (lambda lr: optax.sign_sgd(lr), [{"lr": 0.007}]),
    "lion": (
        lambda lr, beta1, beta2, wd: optax.lion(lr, beta1, beta2, weight_decay=wd),
        [{"lr": 0.003, "beta1": 0.9, "beta2": 0.99, "wd": 0.001}, {"lr": 0.01, "beta1": 0.5, "beta2": 0.9, "wd": 2.0}],
    ),
}
OPTAX["nesterov_look_ahead"] = OPTAX["nesterov"]
ELSEWHERE = {"delta_bar_delta", "adagrad", "adam_uncorrected", "amsgrad"}  # the last two tests; the first is in no library


@pytest.fixture(autouse=True)
def double_precision():
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", False)


def optax_path(transform, grad, start, steps, dtype=np.float64):
    """Return the path of an optax optimizer on `grad`, in the given precision."""
    x = jax.numpy.asarray(start, dtype)
    state, update, path = transform.init(x), jax.jit(transform.update), [np.asarray(x)]
    for _ in range(steps):
        updates, state = update(jax.numpy.asarray(grad(path[-1]), dtype), state, x)
        x = optax.apply_updates(x, updates)
        path.append(np.asarray(x))
    return np.array(path)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPTAX)
def test_rule_is_optaxs(name, dtype):
    """On the gradients that optax met, so that rounding is not magnified by the valley."""
    make, settings = OPTAX[name]
    tolerance = {np.float64: 1e-12, np.float32: 2e-5}[dtype]
    for loss, start in PROBLEMS.values():
        for hyper in settings:
            theirs = optax_path(make(**hyper), loss.grad, start, STEPS, dtype)
            assert theirs.dtype == dtype and np.isfinite(theirs).all()
            met = iter(theirs)
            ours = run(
                catalogue.RULES[name],
                lambda x, met=met, loss=loss: loss.grad(next(met)),
                np.array(start, dtype),
                STEPS,
                **hyper,
            )
            np.testing.assert_allclose(ours.path, theirs, rtol=tolerance, atol=tolerance, err_msg=f"{loss} {hyper}")


def test_every_rule_was_looked_for():
    assert set(catalogue.RULES) == set(OPTAX) | ELSEWHERE and not set(OPTAX) & ELSEWHERE


def replay(rule, path, loss, state, **hyper):
    """Return the points that `rule` takes from `state` on the gradients along `path`."""
    x, points = path[0], [path[0]]
    for t, there in enumerate(path[:-1], start=1):
        x, *state = rule(x, loss.grad(there), t, *state, **hyper)
        points.append(x)
    return np.array(points)


def test_adagrad_of_optax_starts_at_a_tenth_and_keeps_eps_inside():
    loss, start = PROBLEMS["curved"]
    theirs = optax_path(optax.adagrad(0.1), loss.grad, start, STEPS)
    ours = replay(rules.adagrad, theirs, loss, [0.1], lr=0.1, eps=0)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)  # eps of 1e-7 inside a root above 0.3
    assert np.abs(replay(rules.adagrad, theirs, loss, [0], lr=0.1, eps=1e-10) - theirs).max() > 1e-4
    g, eps = 2.0, 5.0  # one step with a large eps shows where it stands
    step = -optax_path(optax.adagrad(1.0, eps=eps), lambda x: np.full(1, g), [0.0], 1)[1, 0]
    np.testing.assert_allclose(step, g / np.sqrt(0.1 + g**2 + eps), rtol=1e-12)


def test_rmsprop_of_optax_keeps_eps_inside_unless_told_otherwise():
    g, eps = 2.0, 5.0
    step = -optax_path(optax.rmsprop(1.0, decay=0.75, eps=eps), lambda x: np.full(1, g), [0.0], 1)[1, 0]
    np.testing.assert_allclose(step, g / np.sqrt(0.25 * g**2 + eps), rtol=1e-12)
    np.testing.assert_allclose(-rules.rmsprop(0.0, g, 1, lr=1.0, rho=0.75, eps=eps)[0], g / (0.5 * g + eps), rtol=1e-12)


def test_uncorrected_adam_is_what_optax_has_in_two_parts():
    """optax's moments without their correction, put together by hand."""
    loss, start = PROBLEMS["curved"]
    first, second = optax.ema(0.9, debias=False), optax.ema(0.999, debias=False)
    theirs, x = [np.array(start)], np.array(start)
    a, b = first.init(x), second.init(x)
    for _ in range(STEPS):
        g = loss.grad(x)
        m, a = first.update(g, a)
        v, b = second.update(g * g, b)
        x = np.asarray(x - 0.003 * m / (np.sqrt(v) + 1e-8))
        theirs.append(x)
    ours = run(rules.adam_uncorrected, loss, start, STEPS, **ADAM).path
    np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_amsgrad_of_optax_takes_the_maximum_of_the_corrected_average():
    """Another quantity than torch's and ours: the paths part; with its own quantity in our rule they are one."""
    loss, start = PROBLEMS["curved"]
    theirs = optax_path(optax.amsgrad(**{"learning_rate": 0.003}), loss.grad, start, STEPS)

    def amsgrad_of_optax(x, g, t, m=0, v=0, s=0):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + (1 - 0.999) * g**2
        s = np.maximum(s, v / (1 - 0.999**t))
        return x - 0.003 * m / (1 - 0.9**t) / (np.sqrt(s) + 1e-8), m, v, s

    np.testing.assert_allclose(replay(amsgrad_of_optax, theirs, loss, [0, 0, 0]), theirs, rtol=1e-11)
    ours = replay(rules.amsgrad, theirs, loss, [0, 0, 0], lr=0.003)
    assert np.abs(ours - theirs).max() > 1e-3


def test_defaults():
    """optax has no default learning rate. Its other defaults differ in rho of RMSProp, eps of AdaGrad and wd of AdamW."""

    def default(function, name):
        return inspect.signature(function).parameters[name].default

    assert default(optax.rmsprop, "decay") == 0.9 and default(optax.adamw, "weight_decay") == 1e-4
    assert default(optax.adagrad, "initial_accumulator_value") == 0.1 and default(optax.adagrad, "eps") == 1e-7
    for name in ("adam", "adamw", "amsgrad"):
        theirs = [default(getattr(optax, name), k) for k in ("b1", "b2", "eps")]
        assert theirs == [catalogue.RULES[name].__kwdefaults__[k] for k in ("beta1", "beta2", "eps")]
    theirs = [default(optax.lion, k) for k in ("b1", "b2", "weight_decay")]
    assert theirs == [rules.lion.__kwdefaults__[k] for k in ("beta1", "beta2", "wd")]
