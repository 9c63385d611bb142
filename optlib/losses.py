"""Test losses with value, gradient, Hessian, known minima and a plot window; coordinates on axis 0, the rest broadcasts.

    loss = Quadratic(kappa=100)
    loss(x), loss.grad(x), loss.hess(x)      shapes (...), (2, ...), (2, 2, ...) for x of shape (2, ...)

A loss is a frozen dataclass, so its parameters are its signature. Its formulas are plain arithmetic in the methods
`value`, `gradient` and `hessian`, because `optlib.translate` turns them into the JavaScript that the website runs.
The tests prove each gradient and Hessian symbolically. Here are the book's own shapes; the test functions of the
literature are in `optlib.classics`, problems of any dimension and with noise in `optlib.problems`.
"""

from dataclasses import dataclass

import numpy as np
from numpy import cos, sin


def vector(*parts):
    """Stack `parts` on a new first axis after broadcasting them against each other.

    >>> vector(1.0, np.zeros(3)).shape
    (2, 3)
    """
    try:
        return np.array(parts)
    except ValueError:  # the shapes differ, which is rare and slow: a sweep over a parameter of the loss
        return np.stack(np.broadcast_arrays(*parts))


class Loss:
    """What every loss can do; a subclass gives `value`, `gradient`, `hessian`, `minima` and `window`.

    minima     the known minima, local ones included: a tuple of points, empty where the loss falls for ever
    window     the plot window (left, right, bottom, top)
    curvature  where it is bounded: (mu, L), between which every eigenvalue of the Hessian lies, everywhere
    """

    dim = 2

    def __call__(self, x):
        """Return the loss at `x` of shape (dim, ...): an array of shape (...)."""
        return self.value(self._coordinates(x))

    def grad(self, x):
        """Return the gradient at `x` of shape (dim, ...): an array of the same shape."""
        return self.gradient(self._coordinates(x))

    def hess(self, x):
        """Return the Hessian at `x` of shape (dim, ...): an array of shape (dim, dim, ...)."""
        return self.hessian(self._coordinates(x))

    def _coordinates(self, x):
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[0] != self.dim:
            raise ValueError(
                f"x has shape {x.shape}, but {type(self).__name__} takes {self.dim} coordinates on axis 0: "
                f"give a point of shape ({self.dim},), or many as ({self.dim}, ...)"
            )
        return x


@dataclass(frozen=True)
class Quadratic(Loss):
    """A valley: f = (u² + κ v²)/2 with (u, v) the axes turned by `angle` (radians); eigenvalues 1 and `kappa`.

    >>> print(Quadratic(kappa=10)([1.0, 1.0]))
    5.5
    """

    kappa: float = 10.0
    angle: float = 0.0

    minima = ((0.0, 0.0),)
    window = (-2.4, 2.4, -1.5, 1.5)

    @property
    def curvature(self):
        return min(1, self.kappa), max(1, self.kappa)

    def value(self, x):
        c, s = cos(self.angle), sin(self.angle)
        x1, x2 = x
        u, v = c * x1 + s * x2, c * x2 - s * x1
        return (u * u + self.kappa * v * v) / 2

    def gradient(self, x):
        c, s = cos(self.angle), sin(self.angle)
        x1, x2 = x
        u, v = c * x1 + s * x2, c * x2 - s * x1
        return vector(c * u - s * self.kappa * v, s * u + c * self.kappa * v)

    def hessian(self, x):
        c, s = cos(self.angle), sin(self.angle)
        mixed = c * s * (1 - self.kappa) + 0 * x[0]
        return vector(
            vector(c * c + s * s * self.kappa + 0 * x[0], mixed),
            vector(mixed, s * s + c * c * self.kappa + 0 * x[0]),
        )


@dataclass(frozen=True)
class ScaledFeature(Loss):
    """Least squares with two standardized features of correlation `rho`, the second then multiplied by `scale`.

    f = (d1² + 2 ρ s d1 d2 + s² d2²)/2 with d the distance from the best weights (1, 1/s): half the mean squared error
    above its minimum. Changing the unit of the second feature from metres to millimetres is `scale = 1000`.
    The plot window changes its unit with the feature, so that the picture of the loss stays and the numbers change.

    >>> ScaledFeature(scale=10).hess([0.0, 0.0])
    array([[  1.,   3.],
           [  3., 100.]])
    """

    axes = ("w₁", "w₂")  # weights, so the figures name them so
    scale: float = 1.0
    rho: float = 0.3

    @property
    def minima(self):
        return ((1.0, 1 / self.scale),)

    @property
    def curvature(self):
        middle, s = (1 + self.scale**2) / 2, self.scale
        half = np.sqrt(((1 - s**2) / 2) ** 2 + (self.rho * s) ** 2)
        return float(middle - half), float(middle + half)

    @property
    def window(self):
        return (-1.4, 3.4, -0.5 / self.scale, 2.5 / self.scale)

    def value(self, x):
        x1, x2 = x
        d1, d2 = x1 - 1, self.scale * x2 - 1
        return (d1 * d1 + 2 * self.rho * d1 * d2 + d2 * d2) / 2

    def gradient(self, x):
        x1, x2 = x
        d1, d2 = x1 - 1, self.scale * x2 - 1
        return vector(d1 + self.rho * d2, self.scale * (self.rho * d1 + d2))

    def hessian(self, x):
        one = 1 + 0 * x[0]
        mixed = self.rho * self.scale * one
        return vector(vector(one, mixed), vector(mixed, self.scale * self.scale * one))


@dataclass(frozen=True)
class Rosenbrock(Loss):
    """A curved valley: f = (1 − x₁)² + b (x₂ − x₁²)² (Rosenbrock 1960, with b = 100; softer here by default).

    >>> print(Rosenbrock()([1.0, 1.0]))
    0.0
    """

    b: float = 10.0

    minima = ((1.0, 1.0),)
    window = (-2.0, 2.0, -0.75, 1.75)

    def value(self, x):
        x1, x2 = x
        rise = x2 - x1 * x1
        return (1 - x1) * (1 - x1) + self.b * rise * rise

    def gradient(self, x):
        x1, x2 = x
        rise = x2 - x1 * x1
        return vector(2 * (x1 - 1) - 4 * self.b * x1 * rise, 2 * self.b * rise)

    def hessian(self, x):
        x1, x2 = x
        mixed = -4 * self.b * x1
        return vector(vector(2 + 12 * self.b * x1 * x1 - 4 * self.b * x2, mixed), vector(mixed, 2 * self.b + 0 * x1))


@dataclass(frozen=True)
class Saddle(Loss):
    """A saddle: f = u² − v² with (u, v) the axes turned by `angle` (radians); it falls for ever along v. Chapter 3.

    >>> print(Saddle()([2.0, 1.0]))
    3.0
    """

    angle: float = 0.0
    minima = ()
    window = (-1.6, 1.6, -1.0, 1.0)
    curvature = (-2.0, 2.0)

    def value(self, x):
        c, s = cos(self.angle), sin(self.angle)
        x1, x2 = x
        u, v = c * x1 + s * x2, c * x2 - s * x1
        return u * u - v * v

    def gradient(self, x):
        c, s = cos(self.angle), sin(self.angle)
        x1, x2 = x
        u, v = c * x1 + s * x2, c * x2 - s * x1
        return vector(2 * (c * u + s * v), 2 * (s * u - c * v))

    def hessian(self, x):
        c, s = cos(self.angle), sin(self.angle)
        even, mixed = 2 * (c * c - s * s) + 0 * x[0], 4 * c * s + 0 * x[0]
        return vector(vector(even, mixed), vector(mixed, -even))


@dataclass(frozen=True)
class MonkeySaddle(Loss):
    """A saddle with three ways down: f = x₁³ − 3 x₁ x₂²; at 0 even the Hessian vanishes. Chapter 3.

    >>> print(MonkeySaddle()([1.0, 1.0]))
    -2.0
    """

    minima = ()
    window = (-1.6, 1.6, -1.0, 1.0)

    def value(self, x):
        x1, x2 = x
        return x1 * x1 * x1 - 3 * x1 * x2 * x2

    def gradient(self, x):
        x1, x2 = x
        return vector(3 * (x1 * x1 - x2 * x2), -6 * x1 * x2)

    def hessian(self, x):
        x1, x2 = x
        return vector(vector(6 * x1, -6 * x2), vector(-6 * x2, -6 * x1))


@dataclass(frozen=True)
class Plateau(Loss):
    """A hole in a plain: f = r² / (R² + r²) with R the `radius`; far out the slope dies as 2 R²/r³. Chapter 3.

    >>> print(Plateau()([1.0, 0.0]))
    0.5
    """

    radius: float = 1.0
    minima = ((0.0, 0.0),)

    @property
    def window(self):
        return (-4.8 * self.radius, 4.8 * self.radius, -3 * self.radius, 3 * self.radius)

    @property
    def curvature(self):
        return -0.5 / self.radius**2, 2 / self.radius**2

    def value(self, x):
        x1, x2 = x
        q, w = x1 * x1 + x2 * x2, self.radius * self.radius
        return q / (w + q)

    def gradient(self, x):
        x1, x2 = x
        w = self.radius * self.radius
        d = w + x1 * x1 + x2 * x2
        return vector(2 * w * x1 / (d * d), 2 * w * x2 / (d * d))

    def hessian(self, x):
        x1, x2 = x
        w = self.radius * self.radius
        d = w + x1 * x1 + x2 * x2
        flat, bent = 2 * w / (d * d), 8 * w / (d * d * d)
        return vector(vector(flat - bent * x1 * x1, -bent * x1 * x2), vector(-bent * x1 * x2, flat - bent * x2 * x2))


@dataclass(frozen=True)
class Ravine(Loss):
    """A winding ravine: f = x₁²/20 + `walls` (x₂ − sin x₁)²/2; its steep direction turns along the floor. Chapters 3 and 5.

    >>> print(Ravine()([0.0, 1.0]))
    10.0
    """

    walls: float = 20.0
    minima = ((0.0, 0.0),)
    window = (-4.8, 4.8, -3.0, 3.0)

    def value(self, x):
        x1, x2 = x
        rise = x2 - sin(x1)
        return x1 * x1 / 20 + self.walls * rise * rise / 2

    def gradient(self, x):
        x1, x2 = x
        rise = x2 - sin(x1)
        return vector(x1 / 10 - self.walls * rise * cos(x1), self.walls * rise)

    def hessian(self, x):
        x1, x2 = x
        c, mixed = cos(x1), -self.walls * cos(x1)
        bent = self.walls * (c * c + (x2 - sin(x1)) * sin(x1))
        return vector(vector(0.1 + bent, mixed), vector(mixed, self.walls + 0 * x1))


@dataclass(frozen=True)
class DoubleWell(Loss):
    """Wells at x₁ = ±1, a barrier between them at b: x₁⁴/4 − b x₁³/3 − x₁²/2 + b x₁ + x₂²/2 above its lowest. Chapters 1, 4, 8.

    The slope along x₁ is (x₁² − 1)(x₁ − b), |b| < 1. The well at 1 has curvature 2 (1 − b), that at −1 has 2 (1 + b): for
    b > 0 the left well is the deeper, by 4b/3, and the sharper.

    >>> print(DoubleWell(barrier=0.75)([1.0, 0.0]), DoubleWell(barrier=0.75)([-1.0, 0.0]))
    1.0 0.0
    """

    barrier: float = 0.25
    minima = ((-1.0, 0.0), (1.0, 0.0))
    window = (-2.0, 2.0, -1.25, 1.25)

    def value(self, x):
        x1, x2 = x
        q, lowest = x1 * x1, -1 / 4 - 2 * abs(self.barrier) / 3
        return q * q / 4 - self.barrier * x1 * q / 3 - q / 2 + self.barrier * x1 + x2 * x2 / 2 - lowest

    def gradient(self, x):
        x1, x2 = x
        return vector((x1 * x1 - 1) * (x1 - self.barrier), x2 + 0 * self.barrier)

    def hessian(self, x):
        x1, x2 = x
        zero = 0 * x1 * self.barrier
        return vector(vector(3 * x1 * x1 - 2 * self.barrier * x1 - 1, zero), vector(zero, 1 + zero))


@dataclass(frozen=True)
class XCos(Loss):
    """Wells that deepen outwards: f = x₁ cos x₁ + x₂²/2 (after Zhang et al., *Dive into Deep Learning*, ch. 12). Chapter 1.

    It falls for ever to both sides; named are the two minima in the window, where cot x₁ = x₁.

    >>> print(XCos()([0.0, 2.0]))
    2.0
    """

    minima = ((-0.8603335890193798, 0.0), (3.4256184594817283, 0.0))
    window = (-4.8, 4.8, -3.0, 3.0)

    def value(self, x):
        x1, x2 = x
        return x1 * cos(x1) + x2 * x2 / 2

    def gradient(self, x):
        x1, x2 = x
        return vector(cos(x1) - x1 * sin(x1), x2)

    def hessian(self, x):
        x1, x2 = x
        return vector(vector(-2 * sin(x1) - x1 * cos(x1), 0 * x1), vector(0 * x1, 1 + 0 * x1))
