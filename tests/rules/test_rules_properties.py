"""What is true of every rule, found by introspection: a new rule is held to it without a new test."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optlib import catalogue, final, run
from optlib.losses import Quadratic, Rosenbrock

RULES = pytest.mark.parametrize("rule", catalogue.RULES.values(), ids=catalogue.RULES)
NUMBER = st.floats(-10, 10, allow_subnormal=False)
POINTS = arrays(float, (2, 3), elements=NUMBER)


def parts(rule):
    """Return the states and the hyperparameters of a rule with their defaults, from its signature."""
    parameters = list(inspect.signature(rule).parameters.values())
    state = {p.name: p.default for p in parameters[3:] if p.kind is p.POSITIONAL_OR_KEYWORD}
    return state, {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def undecayed(rule):
    """Return the setting that switches weight decay off, the one thing that knows where the origin is."""
    return {"wd": 0.0} if "wd" in parts(rule)[1] else {}


def states(rule, rng, shape):
    """Return random states; non-negative, since a sum of squares is."""
    return [rng.uniform(0, 2, shape) for _ in parts(rule)[0]]


@RULES
def test_signature_is_the_specification(rule):
    parameters = list(inspect.signature(rule).parameters.values())
    assert [p.name for p in parameters[:3]] == ["x", "g", "t"]
    assert all(p.default is p.empty for p in parameters[:3])
    assert all(p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.default is not p.empty for p in parameters[3:])
    assert parts(rule)[1]["lr"] > 0


@RULES
@given(x=POINTS, g=POINTS, t=st.integers(1, 1000), seed=st.integers(0, 999))
def test_pure(rule, x, g, t, seed):
    """A rule writes into none of its arguments, returns no view of the point, and gives the same result twice."""
    inputs = [x, g, *states(rule, np.random.default_rng(seed), x.shape)]
    copies = [a.copy() for a in inputs]
    for a in inputs:
        a.setflags(write=False)
    first, second = rule(inputs[0], inputs[1], t, *inputs[2:]), rule(inputs[0], inputs[1], t, *inputs[2:])
    for a, b in zip(inputs, copies, strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
        assert not any(np.shares_memory(a, i) for i in inputs)


@RULES
def test_returns_the_point_and_the_states_in_the_order_of_the_signature(rule):
    """A mark in each state's initial value is carried to its own place and to no other; amsgrad's v also to its maximum s."""
    names = list(parts(rule)[0])
    x, g = np.array([1.0, -2.0]), np.zeros(2)
    result = rule(x, g, 1)
    assert isinstance(result, tuple) and len(result) == 1 + len(names)
    assert all(np.shape(part) == x.shape for part in result)
    for name in names:
        marked = rule(x, g, 1, *(7.0 if n == name else 0.0 for n in names))[1:]
        reached = {name, "s"} if rule.__name__ == "amsgrad" and name == "v" else {name}
        assert {n for n, part in zip(names, marked, strict=True) if np.any(part)} == reached


@RULES
def test_default_state_broadcasts(rule):
    """The default, a number, is the same as an array of it in the shape of x."""
    x, g = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, -1.0], [2.0, 0.25]])
    for a, b in zip(rule(x, g, 1), rule(x, g, 1, *(np.full((2, 2), float(d)) for d in parts(rule)[0].values())), strict=True):
        np.testing.assert_array_equal(a, b)


@RULES
def test_stays_where_the_gradient_is_zero(rule):
    x = np.array([1.5, -0.5])
    np.testing.assert_array_equal(run(rule, np.zeros_like, x, 20, **undecayed(rule)).x, x)


@RULES
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sweep", [False, True])
def test_dtype_stays(rule, dtype, sweep):
    lr = np.array([0.001, 0.01, 0.1]) if sweep else 0.01
    x = np.ones((2, 1) if sweep else 2, dtype)
    record = run(rule, Rosenbrock(), x, 5, lr=lr)
    assert record.path.dtype == dtype and record.x.dtype == dtype


@RULES
@pytest.mark.parametrize("steps", [1, 60])
def test_a_sweep_is_its_single_runs_bit_for_bit(rule, steps):
    """Over a grid of the learning rate and each other hyperparameter in turn, in float64."""
    loss, start = Rosenbrock(), np.array([-1.2, 1.0])
    lrs = np.geomspace(1e-4, 0.3, 13)
    for name, default in parts(rule)[1].items():
        if name == "lr":
            others = np.array([1.0])
        else:  # from useless to extreme, the default among them
            others = default * np.array([1e-3, 0.3, 0.9, 1.0]) if default < 1 else np.array([0.5, 1, 2]) * default
        grid = {} if name == "lr" else {name: others[None, :]}
        sweep = final(rule, loss, start[:, None, None], steps, lr=lrs[:, None], **grid).x
        path = run(rule, loss, start[:, None, None], steps, lr=lrs[:, None], **grid).path
        np.testing.assert_array_equal(path[-1], sweep)
        for i, lr in enumerate(lrs):
            for j, other in enumerate(others):
                single = run(rule, loss, start, steps, lr=lr, **({} if name == "lr" else {name: other}))
                cell = sweep[:, i, j] if sweep.shape[2] > 1 else sweep[:, i, 0]
                np.testing.assert_array_equal(cell, single.x, err_msg=f"lr={lr} {name}={other}")


@RULES
@given(values=st.lists(st.floats(0, 0.999, allow_subnormal=False), min_size=1, max_size=5), lr=st.floats(1e-6, 1))
def test_any_sweep_is_its_single_runs(rule, values, lr):
    loss = Quadratic(kappa=7, angle=0.4)
    for name in parts(rule)[1]:
        if name in ("lr", "eps"):
            continue
        sweep = final(rule, loss, [[1.0], [-2.0]], 12, lr=lr, **{name: np.array(values)}).x
        for k, value in enumerate(values):
            np.testing.assert_array_equal(sweep[:, k], final(rule, loss, [1.0, -2.0], 12, lr=lr, **{name: value}).x)


@RULES
def test_points_of_a_grid_do_not_see_each_other(rule):
    grid = np.random.default_rng(0).uniform(-2, 2, (2, 4, 5))
    together = run(rule, Rosenbrock(), grid, 30, lr=0.01).x
    for i in range(4):
        for j in range(5):
            np.testing.assert_array_equal(together[:, i, j], run(rule, Rosenbrock(), grid[:, i, j], 30, lr=0.01).x)


@RULES
@given(x=POINTS, g=POINTS, shift=POINTS, seed=st.integers(0, 999))
def test_translation_of_the_coordinates(rule, x, g, shift, seed):
    """A step and the states depend on the gradient, not on where the origin is."""
    state = states(rule, np.random.default_rng(seed), x.shape)
    here, there = (rule(at, g, 3, *state, lr=0.1, **undecayed(rule)) for at in (x, x + shift))
    for a, b in zip(here[1:], there[1:], strict=True):
        np.testing.assert_array_equal(a, b)
    # Each of the three sums (x + shift, minus step, minus x) rounds once, to half a unit of a number below 2**7.
    np.testing.assert_allclose(there[0] - (x + shift), here[0] - x, atol=2**-44, rtol=0)


@RULES
def test_permutation_of_the_coordinates(rule):
    """A rule that works element by element cannot tell the coordinates apart: exchanging them exchanges the path."""
    scale = np.array([1.0, 3.0, 10.0, 30.0])
    order = np.array([2, 0, 3, 1])
    x = np.array([1.0, -2.0, 0.5, 4.0])
    path = run(rule, lambda x: scale * x**3, x, 50, lr=0.003).path
    permuted = run(rule, lambda x: scale[order] * x**3, x[order], 50, lr=0.003).path
    np.testing.assert_array_equal(permuted, path[:, order])


def turned(rule, angle):
    """Return the path of a run, and the path of the run turned by `angle` and turned back."""
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s], [s, c]])
    loss, x = Quadratic(kappa=20), np.array([1.5, 0.7])
    straight = run(rule, loss, x, 40, lr=0.06).path
    return straight, run(rule, lambda y: turn @ loss.grad(turn.T @ y), turn @ x, 40, lr=0.06).path @ turn


@pytest.mark.parametrize("angle", [0.1, np.pi / 4, 1.3])
@RULES
def test_rotation(rule, angle):
    """Sums of gradients turn with the coordinates; what divides coordinate by coordinate knows the axes."""
    straight, back = turned(rule, angle)
    equivariant = rule.__name__ in {"sgd", "momentum", "ema_momentum", "nesterov", "nesterov_look_ahead"}
    assert np.allclose(straight, back, atol=1e-12, rtol=0) == equivariant, (straight, back)
    if not equivariant:
        assert np.abs(straight - back).max() > 1e-3


@RULES
def test_rotation_by_a_right_angle(rule):
    """Exchange of axes and sign: every rule here follows it."""
    straight, back = turned(rule, np.pi / 2)
    np.testing.assert_allclose(back, straight, atol=1e-12, rtol=0)


@pytest.mark.parametrize("scale", [1000.0, 1e-6])
@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam", "adam_uncorrected", "adamw", "amsgrad", "sign_descent", "lion"])
def test_adaptive_rules_do_not_see_the_scale_of_the_loss(name, scale):
    """With eps = 0 a loss multiplied by a constant gives the same path; plain descent does not, nor a rate of one's own."""
    loss, x = Quadratic(kappa=3), [1.5, 0.7]
    off = {"eps": 0} if "eps" in parts(catalogue.RULES[name])[1] else {}

    def ends(rule, **hyper):
        return run(rule, loss, x, 30, lr=0.01, **hyper).x, run(rule, lambda x: scale * loss.grad(x), x, 30, lr=0.01, **hyper).x

    np.testing.assert_allclose(*ends(catalogue.RULES[name], **off), rtol=1e-12)
    assert not np.allclose(*ends(catalogue.RULES["sgd"])) and not np.allclose(*ends(catalogue.RULES["delta_bar_delta"]))
