"""Every loss, found by introspection: derivatives proved, minima, shapes, errors."""

import dataclasses
from types import FunctionType, SimpleNamespace

import numpy as np
import pytest
import sympy

from optlib import catalogue, losses

LOSSES = pytest.mark.parametrize("kind", catalogue.LOSSES.values(), ids=catalogue.LOSSES)


def other(field):
    """Return a value of a parameter beside its default, plain enough for every loss."""
    return 1.7 * field.default + 0.3


def variants(kind):
    """Return the loss with its defaults and with other parameters."""
    return [kind(), kind(**{field.name: other(field) for field in dataclasses.fields(kind)})]


def symbolic(kind):
    """Return symbols of the parameters and coordinates of a loss, and `apply(method)`: that method's own code on them."""
    p = SimpleNamespace(**{f.name: sympy.Symbol(f.name, positive=True) for f in dataclasses.fields(kind)})
    x = sympy.symbols(f"x1:{kind.dim + 1}", real=True)
    names = {name: getattr(sympy, name) for name in ("sin", "cos", "exp", "log", "sqrt", "tanh", "pi")}

    def apply(method, *arguments):
        if not hasattr(method, "__code__"):  # a constant
            return method
        scope = method.__globals__ | names | {"vector": lambda *parts: parts}
        return FunctionType(method.__code__, scope)(p, *arguments)

    return x, apply


@LOSSES
def test_derivatives_are_proved(kind):
    x, apply = symbolic(kind)
    value, gradient, hessian = (apply(f, x) for f in (kind.value, kind.gradient, kind.hessian))
    for i, a in enumerate(x):
        assert sympy.simplify(sympy.diff(value, a) - gradient[i]) == 0, f"gradient, coordinate {i + 1}"
        for j, b in enumerate(x):
            assert sympy.simplify(sympy.diff(value, a, b) - hessian[i][j]) == 0, f"Hessian, entry {i + 1}, {j + 1}"


@LOSSES
def test_gradient_is_zero_at_the_minima_whatever_the_parameters(kind):
    x, apply = symbolic(kind)
    for point in apply(getattr(kind.minima, "fget", kind.minima)):
        exact = all(isinstance(part, sympy.Expr) or float(part).is_integer() for part in point)
        rounding = 0 if exact else 1e-13 * max(1, np.abs(kind().hess(point)).max())
        for part in map(sympy.simplify, apply(kind.gradient, point)):
            assert part == 0 or (part.is_number and abs(part) <= rounding)


@LOSSES
def test_the_proof_speaks_of_the_numbers(kind):
    """The arrays that numpy computes are those formulas: the derivative by a complex step, exact to rounding."""
    rng = np.random.default_rng(0)
    for loss in variants(kind):
        x = rng.uniform(-2, 2, (loss.dim, 50))
        for i in range(loss.dim):
            step = np.zeros(x.shape, complex)
            step[i] = 1e-30j
            np.testing.assert_allclose(loss.grad(x)[i], loss(x + step).imag / 1e-30, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(loss.hess(x)[:, i], loss.grad(x + step).imag / 1e-30, rtol=1e-9, atol=1e-9)


@LOSSES
def test_minima_are_minima_inside_the_window(kind):
    for loss in variants(kind):
        left, right, bottom, top = loss.window
        assert left < right and bottom < top
        for point in loss.minima:
            assert left < point[0] < right and bottom < point[1] < top
            np.testing.assert_allclose(loss.grad(point), 0, atol=1e-13 * max(10, np.abs(loss.hess(point)).max()))
            assert np.linalg.eigvalsh(loss.hess(point)).min() >= 0
            around = np.array(point)[:, None] + 1e-3 * np.array([[1, -1, 0, 0], [0, 0, 1, -1]])
            assert (loss(around) > loss(point)).all()


@LOSSES
def test_shapes_and_broadcasting(kind):
    """Each point of a grid has the numbers that it has alone."""
    for loss in variants(kind):
        grid = np.random.default_rng(0).uniform(-2, 2, (2, 3, 4))
        value, grad, hess = loss(grid), loss.grad(grid), loss.hess(grid)
        assert value.shape == (3, 4) and grad.shape == (2, 3, 4) and hess.shape == (2, 2, 3, 4)
        for i in range(3):
            for j in range(4):
                x = grid[:, i, j]
                assert value[i, j] == loss(x)
                np.testing.assert_array_equal(grad[:, i, j], loss.grad(x))
                np.testing.assert_array_equal(hess[:, :, i, j], loss.hess(x))
        np.testing.assert_array_equal(loss.grad([1, 2]), loss.grad([1.0, 2.0]))


@LOSSES
def test_a_parameter_can_be_swept(kind):
    """A row of parameter values gives a row of losses, each what it is alone."""
    x = np.array([0.5, -1.25])
    for field in dataclasses.fields(kind):
        values = np.array([field.default, other(field), 2.5])
        row = kind(**{field.name: values})
        for k, value in enumerate(values):
            alone = kind(**{field.name: value})
            np.testing.assert_array_equal(row(x[:, None])[k], alone(x))
            np.testing.assert_array_equal(row.grad(x[:, None])[:, k], alone.grad(x))
            np.testing.assert_array_equal(row.hess(x[:, None])[:, :, k], alone.hess(x))


@LOSSES
def test_a_loss_is_its_parameters(kind):
    assert kind() == kind() and hash(kind()) == hash(kind())
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind().window = (0, 1, 0, 1)
    for field in dataclasses.fields(kind):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(kind(), field.name, 2.0)


@LOSSES
@pytest.mark.parametrize("shape", [(), (1,), (3,), (3, 2), (0,)])
def test_a_point_of_another_shape_is_refused(kind, shape):
    loss = kind()
    for method in (loss, loss.grad, loss.hess):
        with pytest.raises(
            ValueError, match=r"x has shape .* takes 2 coordinates on axis 0: give a point of shape \(2,\)"
        ) as error:
            method(np.ones(shape))
        assert str(shape) in str(error.value) and kind.__name__ in str(error.value)


@pytest.mark.parametrize("name", catalogue.LOSSES)
def test_a_live_figure_has_a_slider_for_each_parameter(name):
    from optlib.widgets import _knobs

    assert {f.name for f in dataclasses.fields(catalogue.LOSSES[name])} <= set(_knobs.KNOBS)


FALLING = {"Saddle", "MonkeySaddle", "XCos"}  # without a lowest point


@LOSSES
def test_no_point_is_lower_than_the_named_minima_but_where_the_loss_falls_for_ever(kind):
    loss = kind()
    far = 40 * np.random.default_rng(0).uniform(-1, 1, (2, 100_000))
    if kind.__name__ in FALLING:
        depth = [loss(far * scale).min() for scale in (1, 10, 100)]
        assert depth[0] > 5 * depth[1] > 25 * depth[2]
    else:
        assert loss.minima and loss(far).min() > min(loss(np.array(m)) for m in loss.minima)


@LOSSES
def test_curvature_holds_everywhere_and_is_reached(kind):
    """Where a loss names bounds of its Hessian's eigenvalues, none is beyond and some come near; where not, they grow."""
    for loss in variants(kind):
        left, right, bottom, top = loss.window
        near = np.random.default_rng(0).uniform([[left], [bottom]], [[right], [top]], (2, 20_000))
        bounds = []
        for points in (near, 100 * near):
            eigenvalues = np.linalg.eigvalsh(np.moveaxis(np.broadcast_to(loss.hess(points), (2, 2, 20_000)), 2, 0))
            bounds.append([eigenvalues.min(), eigenvalues.max()])
        if hasattr(loss, "curvature"):
            low, high = loss.curvature
            span = 1e-9 * (high - low)
            assert all(low - span <= b[0] and b[1] <= high + span for b in bounds)
            np.testing.assert_allclose(bounds[0], loss.curvature, rtol=0, atol=0.02 * max(abs(low), high))
        else:
            assert max(map(abs, bounds[1])) > 50 * max(map(abs, bounds[0]))


@LOSSES
def test_window_has_the_shape_of_the_figures(kind):
    """8 : 5, so that a length in x is the same length in y; but where a unit of the feature is the point."""
    left, right, bottom, top = kind().window
    assert np.isclose((right - left) / (top - bottom), 1.6) or kind is losses.Rosenbrock


def test_published_values():
    """Himmelblau (1972): (0, 0) is 170 high, and four minima of depth 0; Styblinski & Tang (1990): −39.16617 a coordinate."""
    from optlib import classics

    np.testing.assert_allclose(classics.Himmelblau()([0.0, 0.0]), 170)
    np.testing.assert_allclose(classics.Himmelblau()(np.array(classics.Himmelblau.minima).T), 0, atol=1e-25)
    np.testing.assert_allclose(classics.StyblinskiTang()(np.array(classics.StyblinskiTang.minima[0])), 2 * -39.16617, atol=1e-4)
    np.testing.assert_allclose(classics.Beale()([0.0, 0.0]), 1.5**2 + 2.25**2 + 2.625**2)
    np.testing.assert_allclose(classics.Booth()([0.0, 0.0]), 74)


def test_escape_from_the_saddle_as_published():
    """x² − y² at lr 0.1 from an offset of 1e-10: 127 steps to 1 (syllabus, chapter 3), a factor of 1.2 each."""
    from optlib import rules, run

    path = run(rules.sgd, losses.Saddle(), [1.0, 1e-10], 130, lr=0.1).path
    assert int(np.argmax(np.abs(path[:, 1]) >= 1)) == 127 == int(np.ceil(np.log(1e10) / np.log(1.2)))


@pytest.mark.parametrize("angle", [0.0, 0.3, -2.0])
def test_saddle_turns_like_the_quadratic(angle):
    x = np.random.default_rng(0).normal(size=(2, 20))
    np.testing.assert_allclose(losses.Saddle(angle=angle)(x), 2 * losses.Quadratic(kappa=-1.0, angle=angle)(x), atol=1e-12)


def test_monkey_saddle_has_three_ways_down():
    """It turns into itself by a third of a circle; along the circle it falls below 0 in three arcs."""
    angle = np.linspace(0, 2 * np.pi, 600, endpoint=False)
    around = losses.MonkeySaddle()(np.array([np.cos(angle), np.sin(angle)]))
    np.testing.assert_allclose(around, np.cos(3 * angle), atol=1e-12)
    np.testing.assert_array_equal(losses.MonkeySaddle().hess([0.0, 0.0]), 0)


@pytest.mark.parametrize("barrier", [0.0, 0.25, -0.5])
def test_wells_as_the_docstring_has_them(barrier):
    loss = losses.DoubleWell(barrier=barrier)
    np.testing.assert_allclose(loss([1.0, 0.0]) - loss([-1.0, 0.0]), 4 * barrier / 3, atol=1e-15)
    np.testing.assert_allclose(min(loss([1.0, 0.0]), loss([-1.0, 0.0])), 0, atol=1e-15)
    np.testing.assert_allclose([loss.hess([s, 0.0])[0, 0] for s in (1.0, -1.0)], [2 * (1 - barrier), 2 * (1 + barrier)])
    np.testing.assert_allclose(loss.grad([barrier, 0.0]), 0, atol=1e-15)
    assert loss.hess([barrier, 0.0])[0, 0] < 0


@pytest.mark.parametrize("kappa", [0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 2, -2.0])
def test_curvature_is_the_spectrum(kappa, angle):
    loss = losses.Quadratic(kappa=kappa, angle=angle)
    np.testing.assert_allclose(np.linalg.eigvalsh(loss.hess([0.3, -2.0])), loss.curvature, rtol=1e-9)


def test_angle_turns_the_valley_anticlockwise():
    """The flat direction (eigenvalue 1) points along (cos angle, sin angle)."""
    loss, angle = losses.Quadratic(kappa=10, angle=0.4), 0.4
    flat = np.array([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(loss.hess(flat) @ flat, flat)
    np.testing.assert_allclose(loss(flat), 0.5)


def test_scaled_feature_is_half_a_mean_squared_error():
    """Standardized features of correlation rho, by construction; the best weights of the unscaled ones are (1, 1)."""
    rng = np.random.default_rng(0)
    rho, scale = 0.3, 12.0
    a, b = np.linalg.qr(rng.normal(size=(50, 2)))[0].T * np.sqrt(50)
    features = np.array([a, rho * a + np.sqrt(1 - rho**2) * b])
    loss, target, used = losses.ScaledFeature(scale=scale, rho=rho), features.sum(axis=0), features * [[1], [scale]]
    for w in rng.uniform(-2, 2, (5, 2)):
        np.testing.assert_allclose(loss(w), np.mean((w @ used - target) ** 2) / 2)


def test_scaled_feature_keeps_its_picture():
    """The window changes its unit with the feature, so that the contours stay where they are on the page."""
    corners = []
    for scale in (1.0, 50.0):
        loss = losses.ScaledFeature(scale=scale)
        left, right, bottom, top = loss.window
        corners.append(loss(np.array(np.meshgrid(np.linspace(left, right, 5), np.linspace(bottom, top, 5)))))
    np.testing.assert_allclose(*corners, atol=1e-12)
