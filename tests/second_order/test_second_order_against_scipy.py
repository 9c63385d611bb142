"""Second-order rules and line searches beside scipy.optimize: the same minima, the same conditions, no more evaluations."""

import numpy as np
import pytest
import scipy.optimize
from second_order_evaluations import counts, ratios, scipys
from second_order_problems import COLLECTION, Beale, Himmelblau, Powell4, RosenbrockN

from optlib.line_search import rounding, wolfe
from optlib.run import run
from optlib.second_order import bfgs, damped_newton, gauss_newton, lbfgs, levenberg_marquardt, trust_region


@pytest.mark.parametrize("name", COLLECTION)
@pytest.mark.parametrize(
    ("rule", "method"),
    [(bfgs, "BFGS"), (lbfgs, "L-BFGS-B"), (trust_region, "trust-exact"), (damped_newton, "trust-exact")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_minimum_is_scipys(name, rule, method):
    f = COLLECTION[name]
    record, result = run(rule, f, f.x0, 2000, tol=1e-7), scipys(f, f.x0, method, 1e-7)
    assert record.converged, record.stopped
    assert record.value <= result.fun + 1e-9 * max(1, abs(result.fun))
    if name.startswith(("quadratic", "Booth", "Beale")) or name == "Rosenbrock n=2":  # the others have several minima
        np.testing.assert_allclose(record.x, result.x, atol=1e-5)
    elif name != "Powell singular n=4":
        assert np.linalg.eigvalsh(f.hess(record.x))[0] > 0


@pytest.mark.parametrize(
    "f", [RosenbrockN(2), RosenbrockN(6), Beale(), Himmelblau(), Powell4()], ids=lambda f: type(f).__name__
)
def test_least_squares_minima_are_minpacks(f):
    record = run(levenberg_marquardt, f, f.x0, 500, tol=1e-9)
    result = scipy.optimize.least_squares(f.residual, f.x0, f.jacobian, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert record.converged
    assert record.value == pytest.approx(result.cost, abs=1e-12)


def test_gauss_newton_on_a_curve_fit_is_scipys_curve_fit():
    t = np.linspace(0, 3, 20)
    y = 2 * np.exp(-1.3 * t) + 0.05 * np.sin(9 * t)

    class Decay:
        def residual(self, w):
            return w[0] * np.exp(-w[1] * t) - y

        def jacobian(self, w):
            e = np.exp(-w[1] * t)
            return np.stack([e, -w[0] * t * e], axis=1)

        def __call__(self, w):
            return self.residual(w) @ self.residual(w) / 2

        def grad(self, w):
            return self.jacobian(w).T @ self.residual(w)

    best = scipy.optimize.curve_fit(lambda t, a, b: a * np.exp(-b * t), t, y, p0=[1.0, 1.0])[0]
    record = run(gauss_newton, Decay(), [1.0, 1.0], 50, tol=1e-10)
    assert record.converged and record.steps < 15
    np.testing.assert_allclose(record.x, best, rtol=1e-6)


@pytest.mark.parametrize("tol", [1e-5, 1e-8])
def test_lbfgs_needs_no_more_values_than_scipys_in_the_median(tol):
    rows = counts(tol)
    assert all(record.converged for _, record, _ in rows)
    assert all(np.abs(result.jac).max() <= 3 * tol for _, _, result in rows)  # to the same gradient
    assert np.median(ratios(rows)) <= 1
    assert max(ratios(rows)) < 1.15


def test_lbfgs_needs_no_more_values_than_scipys_from_random_starts():
    """Without Beale's function, from some of whose starts both run off to infinity, where it has no minimum."""
    rows = counts(1e-5, starts=4, skip=("Beale", "quadratic n=30 κ=1e4"))
    assert all(record.converged for _, record, _ in rows)
    assert np.median(ratios(rows)) <= 1 and np.mean(ratios(rows)) < 1.05


def test_wolfe_and_scipys_line_search_accept_the_same_kind_of_step():
    """The conditions that the property test asserts hold for scipy's steps as well; values needed are comparable."""
    rng, ours, theirs = np.random.default_rng(0), 0, 0
    for name, f in COLLECTION.items():
        for _ in range(10):
            x = f.x0 + rng.normal(size=len(f.x0))
            g = f.grad(x)
            p = -g / np.linalg.norm(g)
            a, nfev, *_ = scipy.optimize.line_search(f, f.grad, x, p, g, f(x), c1=1e-4, c2=0.4)
            asked = []

            class Asked:
                grad = staticmethod(f.grad)

                def __call__(self, z, f=f, asked=asked):
                    asked.append(z)
                    return f(z)

            b = wolfe(Asked(), x, p, g, c1=1e-4, c2=0.4)
            for step in [b] if a is None else [a, b]:
                assert f(x + step * p) <= f(x) + 1e-4 * step * (g @ p) + rounding(f(x)), name
                assert abs(f.grad(x + step * p) @ p) <= 0.4 * abs(g @ p) * (1 + 1e-12), name
            ours, theirs = ours + len(asked) - 1, theirs + nfev
    assert ours <= theirs
