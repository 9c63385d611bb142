"""Test losses with value, gradient, Hessian, known minima and a plot window; coordinates on axis 0, the rest broadcasts.

    loss = Quadratic(kappa=100)
    loss(x), loss.grad(x), loss.hess(x)      shapes (...), (2, ...), (2, 2, ...) for x of shape (2, ...)

A loss is a frozen dataclass, so its parameters are its signature. Its formulas are plain arithmetic in the methods
`value`, `gradient` and `hessian`, because `optlib.translate` turns them into the JavaScript that the website runs.
The tests prove each gradient and Hessian symbolically.
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
    """What every loss can do; a subclass gives `value`, `gradient`, `hessian`, `minima` and `window`."""

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

    @property
    def minima(self):
        """The known minima, a tuple of points."""
        return ((0.0, 0.0),)

    @property
    def window(self):
        """The plot window (left, right, bottom, top)."""
        return (-2.4, 2.4, -1.5, 1.5)

    @property
    def curvature(self):
        """The smallest and the largest eigenvalue of the Hessian, which is constant: (mu, L)."""
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

    scale: float = 1.0
    rho: float = 0.3

    @property
    def minima(self):
        """The known minima, a tuple of points."""
        return ((1.0, 1 / self.scale),)

    @property
    def window(self):
        """The plot window (left, right, bottom, top)."""
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

    @property
    def minima(self):
        """The known minima, a tuple of points."""
        return ((1.0, 1.0),)

    @property
    def window(self):
        """The plot window (left, right, bottom, top)."""
        return (-2.0, 2.0, -0.75, 1.75)

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
