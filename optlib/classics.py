"""Test functions of the literature, as losses of two coordinates: a collection against which minimizers are compared.

They behave as those of `optlib.losses`, and stand with them in `optlib.catalogue.LOSSES`.
"""

from dataclasses import dataclass

from numpy import cos, pi, sin

from .losses import Loss, vector


@dataclass(frozen=True)
class Beale(Loss):
    """A flat cross with sharp corners: f = Σᵢ (cᵢ − x₁ + x₁ x₂ⁱ)², c = 1.5, 2.25, 2.625 (Moré, Garbow & Hillstrom 1981, no. 5).

    To the far left it also falls, along x₂ = 1, to no minimum.

    >>> print(Beale()([3.0, 0.5]))
    0.0
    """

    minima = ((3.0, 0.5),)
    window = (-4.4, 4.4, -2.75, 2.75)

    def value(self, x):
        x1, x2 = x
        a, b, c = 1.5 - x1 + x1 * x2, 2.25 - x1 + x1 * x2 * x2, 2.625 - x1 + x1 * x2 * x2 * x2
        return a * a + b * b + c * c

    def gradient(self, x):
        x1, x2 = x
        q, k = x2 * x2, x2 * x2 * x2
        a, b, c = 1.5 - x1 + x1 * x2, 2.25 - x1 + x1 * q, 2.625 - x1 + x1 * k
        return vector(2 * (a * (x2 - 1) + b * (q - 1) + c * (k - 1)), 2 * x1 * (a + 2 * b * x2 + 3 * c * q))

    def hessian(self, x):
        x1, x2 = x
        q, k = x2 * x2, x2 * x2 * x2
        a, b, c = 1.5 - x1 + x1 * x2, 2.25 - x1 + x1 * q, 2.625 - x1 + x1 * k
        first = 2 * ((x2 - 1) * (x2 - 1) + (q - 1) * (q - 1) + (k - 1) * (k - 1))
        mixed = 2 * (a + 2 * b * x2 + 3 * c * q) + 2 * x1 * (x2 - 1 + 2 * x2 * (q - 1) + 3 * q * (k - 1))
        return vector(vector(first, mixed), vector(mixed, 2 * x1 * (x1 + 4 * x1 * q + 9 * x1 * q * q + 2 * b + 6 * c * x2)))


@dataclass(frozen=True)
class Himmelblau(Loss):
    """Four minima of equal depth: f = (x₁² + x₂ − 11)² + (x₁ + x₂² − 7)² (Himmelblau 1972).

    >>> print(Himmelblau()([3.0, 2.0]))
    0.0
    """

    minima = (
        (3.0, 2.0),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    )
    window = (-7.2, 7.2, -4.5, 4.5)

    def value(self, x):
        x1, x2 = x
        a, b = x1 * x1 + x2 - 11, x1 + x2 * x2 - 7
        return a * a + b * b

    def gradient(self, x):
        x1, x2 = x
        a, b = x1 * x1 + x2 - 11, x1 + x2 * x2 - 7
        return vector(4 * x1 * a + 2 * b, 2 * a + 4 * x2 * b)

    def hessian(self, x):
        x1, x2 = x
        a, b = x1 * x1 + x2 - 11, x1 + x2 * x2 - 7
        return vector(vector(4 * a + 8 * x1 * x1 + 2, 4 * (x1 + x2)), vector(4 * (x1 + x2), 4 * b + 8 * x2 * x2 + 2))


@dataclass(frozen=True)
class Booth(Loss):
    """A mild valley, f = (x₁ + 2 x₂ − 7)² + (2 x₁ + x₂ − 5)²: a quadratic with eigenvalues 2 and 18 (Jamil & Yang 2013).

    >>> print(Booth()([1.0, 3.0]))
    0.0
    """

    minima = ((1.0, 3.0),)
    window = (-4.6, 6.6, -0.5, 6.5)
    curvature = (2.0, 18.0)

    def value(self, x):
        x1, x2 = x
        a, b = x1 + 2 * x2 - 7, 2 * x1 + x2 - 5
        return a * a + b * b

    def gradient(self, x):
        x1, x2 = x
        a, b = x1 + 2 * x2 - 7, 2 * x1 + x2 - 5
        return vector(2 * a + 4 * b, 4 * a + 2 * b)

    def hessian(self, x):
        zero = 0 * x[0]
        return vector(vector(10 + zero, 8 + zero), vector(8 + zero, 10 + zero))


@dataclass(frozen=True)
class StyblinskiTang(Loss):
    """Four minima of three depths: f = Σᵢ (xᵢ⁴ − 16 xᵢ² + 5 xᵢ)/2; the lowest is −78.332331 (Styblinski & Tang 1990).

    >>> print(f"{StyblinskiTang()([-2.903534, -2.903534]):.6f}")
    -78.332331
    """

    minima = (
        (-2.903534027771177, -2.903534027771177),
        (-2.903534027771177, 2.7468027709908369),
        (2.7468027709908369, -2.903534027771177),
        (2.7468027709908369, 2.7468027709908369),
    )
    window = (-6.4, 6.4, -4.0, 4.0)

    def value(self, x):
        x1, x2 = x
        q1, q2 = x1 * x1, x2 * x2
        return (q1 * q1 - 16 * q1 + 5 * x1 + q2 * q2 - 16 * q2 + 5 * x2) / 2

    def gradient(self, x):
        x1, x2 = x
        return vector(2 * x1 * x1 * x1 - 16 * x1 + 2.5, 2 * x2 * x2 * x2 - 16 * x2 + 2.5)

    def hessian(self, x):
        x1, x2 = x
        return vector(vector(6 * x1 * x1 - 16, 0 * x1), vector(0 * x1, 6 * x2 * x2 - 16))


@dataclass(frozen=True)
class Rastrigin(Loss):
    """An egg box in a bowl: f = Σᵢ (xᵢ² + a (1 − cos 2πxᵢ)), a = `bumps` (Rastrigin 1974); a minimum near every whole point.

    Named is the lowest alone.

    >>> print(Rastrigin()([0.0, 0.0]))
    0.0
    """

    bumps: float = 10.0
    minima = ((0.0, 0.0),)
    window = (-5.12, 5.12, -3.2, 3.2)

    @property
    def curvature(self):
        return 2 - 4 * pi**2 * self.bumps, 2 + 4 * pi**2 * self.bumps

    def value(self, x):
        x1, x2 = x
        return x1 * x1 + x2 * x2 + self.bumps * (2 - cos(2 * pi * x1) - cos(2 * pi * x2))

    def gradient(self, x):
        x1, x2 = x
        k = 2 * pi
        return vector(2 * x1 + self.bumps * k * sin(k * x1), 2 * x2 + self.bumps * k * sin(k * x2))

    def hessian(self, x):
        x1, x2 = x
        k, zero = 2 * pi, 0 * x[0] * self.bumps
        return vector(vector(2 + self.bumps * k * k * cos(k * x1), zero), vector(zero, 2 + self.bumps * k * k * cos(k * x2)))
