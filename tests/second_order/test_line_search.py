"""Line searches and Hessian-vector products: every accepted step keeps its conditions, every failure is named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from second_order_problems import COLLECTION, QuadraticN, RosenbrockN, StyblinskiTang

from optlib.line_search import Stop, armijo, exact, hvp, hvp_difference, rounding, wolfe

PROBLEMS = st.sampled_from(sorted(COLLECTION))
SEEDS = st.integers(0, 2**32 - 1)


def case(name, seed, scale):
    """A point near the problem's start and a direction within 85 degrees of steepest descent, of any length."""
    f, rng = COLLECTION[name], np.random.default_rng(seed)
    x = f.x0 + rng.normal(size=len(f.x0))
    g = f.grad(x)
    side = rng.normal(size=len(x))
    side -= (side @ g) / (g @ g) * g
    p = -g / np.linalg.norm(g) + rng.uniform(0, 10) * side / max(np.linalg.norm(side), 1e-12)
    return f, x, p * scale, g


@settings(max_examples=150)
@given(PROBLEMS, SEEDS, st.floats(1e-3, 1e3), st.sampled_from([(1e-4, 0.9), (1e-4, 0.1), (1e-3, 0.5), (0.1, 0.2)]))
def test_every_accepted_step_keeps_the_strong_wolfe_conditions(name, seed, scale, constants):
    f, x, p, g = case(name, seed, scale)
    c1, c2 = constants
    a = wolfe(f, x, p, g, c1=c1, c2=c2)
    assert a > 0
    assert f(x + a * p) <= f(x) + c1 * a * (g @ p) + rounding(f(x))
    assert abs(f.grad(x + a * p) @ p) <= -c2 * (g @ p)


@given(PROBLEMS, SEEDS, st.floats(1e-3, 1e3))
def test_armijo_decreases_enough_and_the_step_before_did_not(name, seed, scale):
    f, x, p, g = case(name, seed, scale)
    a = float(armijo(f, x, p, g, c1=0.3, shrink=0.5))

    def enough(a):
        return f(x + a * p) <= f(x) + 0.3 * a * (g @ p) + rounding(f(x))

    assert enough(a)
    assert a == 1 or not enough(2 * a)


def test_the_cubic_through_two_trials_is_exact_on_a_quadratic():
    f, asked = QuadraticN(6, 50), []
    g = f.grad(f.x0)
    best = (g @ g) / (g @ f.A @ g)

    class Asked(QuadraticN):
        def __call__(self, x):
            asked.append(x)
            return super().__call__(x)

    a = wolfe(Asked(6, 50), f.x0, -best / 0.4 * g, g, c2=1e-6)  # the minimum is at 0.4 of the first trial
    assert a == pytest.approx(0.4, rel=1e-9)
    assert len(asked) == 3  # at the start, at 1, at the minimum


def test_wolfe_goes_beyond_the_first_trial_when_the_slope_still_falls():
    f = QuadraticN(3, 1.0)
    g = f.grad(f.x0)
    assert wolfe(f, f.x0, -1e-4 * g, g, c2=0.1) == pytest.approx(1e4, rel=0.2)


def test_wolfe_backs_out_of_a_region_where_the_loss_is_not_a_number():
    class Log:
        def __call__(self, x):
            return (x - np.log(x)).sum()

        def grad(self, x):
            return 1 - 1 / x

    x, p = np.array([3.0]), np.array([-8.0])
    with np.errstate(invalid="ignore", divide="ignore"):
        a = wolfe(Log(), x, p, Log().grad(x))
    assert 0 < x + a * p < 3


def test_failed_searches_are_named():
    f = QuadraticN(2, 10)
    g = f.grad(f.x0)
    for search in (armijo, wolfe, exact):
        with pytest.raises(Stop, match="does not descend"):
            search(f, f.x0, g, g)
        with pytest.raises(Stop, match="exactly zero"):
            search(f, f.c, np.ones(2), np.zeros(2))
    with pytest.raises(Stop, match="no sufficient decrease in 3 trials"):
        armijo(f, f.x0, -1e6 * g, g, trials=3)
    with pytest.raises(Stop, match="strong Wolfe conditions in 2 trials"):
        wolfe(f, f.x0, -1e6 * g, g, trials=2)

    class Falling:  # unbounded below: no step meets the curvature condition
        def __call__(self, x):
            return -x.sum()

        def grad(self, x):
            return -np.ones_like(x)

    with pytest.raises(Stop, match="strong Wolfe"):
        wolfe(Falling(), np.zeros(2), np.ones(2), -np.ones(2))
    s = StyblinskiTang(2)
    with pytest.raises(Stop, match="not positive"):
        exact(s, np.array([0.5, 0.5]), -s.grad(np.array([0.5, 0.5])), s.grad(np.array([0.5, 0.5])))


def test_armijo_on_a_sweep_takes_each_cell_its_own_step_and_leaves_a_hopeless_one():
    class Bowl:
        def __call__(self, x):
            return (x * x).sum(axis=0) / 2

    x = np.ones((1, 3))
    p = np.array([[-1.0, -16.0, 1.0]])
    assert armijo(Bowl(), x, p, x).tolist() == [1.0, 0.0625, 0.0]  # uphill in the last cell
    assert [float(armijo(Bowl(), x[:, k], p[:, k], x[:, k])) for k in (0, 1)] == [1.0, 0.0625]


@pytest.mark.parametrize("name", COLLECTION)
def test_hessians_and_their_products_agree(name):
    f, rng = COLLECTION[name], np.random.default_rng(0)
    x, v = f.x0 + 0.1 * rng.normal(size=len(f.x0)), rng.normal(size=len(f.x0))
    by_hand = f.hess(x) @ v
    assert np.array_equal(hvp(f, x, v), by_hand)
    np.testing.assert_allclose(hvp_difference(f.grad, x, v), by_hand, rtol=1e-6, atol=1e-7 * np.abs(by_hand).max())


def test_hvp_asks_for_the_cheapest_thing_the_loss_has():
    class Both:
        def hvp(self, x, v):
            return 7 * v

        def hess(self, x):
            raise AssertionError("the product was there")

    assert hvp(Both(), np.zeros(2), np.ones(2)).tolist() == [7, 7]

    class Gradient:
        def grad(self, x):
            return x**3

    assert hvp(Gradient(), np.array([2.0]), np.array([1.0])) == pytest.approx([12.0], rel=1e-9)
    assert hvp_difference(None, np.ones(2), np.zeros(2)).tolist() == [0, 0]


def test_the_difference_error_is_the_one_stated():
    """On f' = sin the error stays below h² |v|³ M / 6 + eps |grad| / h, with room for a factor of 4."""
    eps = np.finfo(float).eps
    for x in (0.3, 1.0, 2.5):
        for v in (1e-3, 1.0, 1e3):
            h = eps ** (1 / 3) * max(1, x) / v
            error = abs(hvp_difference(np.sin, np.array([x]), np.array([v]))[0] - np.cos(x) * v)
            assert error <= 4 * (h**2 * v**3 / 6 + eps / h)


def test_hvp_is_linear_and_symmetric():
    f, rng = RosenbrockN(6), np.random.default_rng(3)
    x, u, v = rng.normal(size=(3, 6))
    assert u @ hvp_difference(f.grad, x, v) == pytest.approx(v @ hvp_difference(f.grad, x, u), rel=1e-6)
