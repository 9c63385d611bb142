"""The losses against scipy: its Rosenbrock function and its minimizers."""

import numpy as np
import pytest
from scipy import optimize

from optlib import catalogue
from optlib.losses import Rosenbrock


def test_rosenbrock_is_scipys():
    """scipy writes the sum in another order, so the last digits differ."""
    loss = Rosenbrock(b=100)
    for x in np.random.default_rng(0).uniform(-2, 2, (100, 2)):
        np.testing.assert_allclose(loss(x), optimize.rosen(x), rtol=1e-12)
        np.testing.assert_allclose(loss.grad(x), optimize.rosen_der(x), rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(loss.hess(x), optimize.rosen_hess(x), rtol=1e-12)


# Where a descent may end elsewhere: it falls for ever, to no minimum, or to one of very many.
OPEN = {"Saddle", "MonkeySaddle", "XCos", "Beale", "Rastrigin"}


@pytest.mark.parametrize("name", sorted(OPEN - {"Saddle", "MonkeySaddle"}))
def test_scipy_stays_at_the_minima_that_we_name(name):
    """From a start beside it, Nelder and Mead's simplex, which asks for no gradient, comes back."""
    loss = catalogue.LOSSES[name]()
    for point in np.array(loss.minima):
        result = optimize.minimize(loss, point + [0.1, -0.05], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-15})
        np.testing.assert_allclose(result.x, point, atol=1e-5)


@pytest.mark.parametrize("kind", [c for n, c in catalogue.LOSSES.items() if n not in OPEN], ids=lambda c: c.__name__)
def test_scipy_finds_the_minima_that_we_name_and_no_lower(kind):
    """Newton's method in a trust region, with our gradient and Hessian, from starts all over the window."""
    loss = kind()
    left, right, bottom, top = loss.window
    named = np.array(loss.minima)
    found = set()
    for x in np.random.default_rng(0).uniform((left, bottom), (right, top), (20, 2)):
        result = optimize.minimize(loss, x, jac=loss.grad, hess=loss.hess, method="trust-exact", options={"gtol": 1e-10})
        assert result.success or np.linalg.norm(result.jac) < 1e-6, result.message  # at the last digits f no longer falls
        distance = np.linalg.norm(named - result.x, axis=1)
        assert distance.min() < 1e-6, f"a minimum at {result.x}, which the loss does not name"
        found.add(int(distance.argmin()))
    assert found == set(range(len(named)))
