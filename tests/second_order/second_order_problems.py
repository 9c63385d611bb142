"""The collection of test problems: value, gradient and Hessian by hand, of any dimension, with starts from the literature."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class QuadraticN:
    """f = (x - c)ᵀ A (x - c) / 2 with eigenvalues from 1 to kappa (geometric) in a random orientation."""

    n: int = 5
    kappa: float = 10.0
    seed: int = 0

    def __post_init__(self):
        rng = np.random.default_rng(self.seed)
        axes = np.linalg.qr(rng.normal(size=(self.n, self.n)))[0]
        object.__setattr__(self, "A", axes @ np.diag(np.geomspace(1, self.kappa, self.n)) @ axes.T)
        object.__setattr__(self, "c", rng.normal(size=self.n))
        object.__setattr__(self, "x0", 3 * rng.normal(size=self.n))

    def __call__(self, x):
        return (x - self.c) @ self.A @ (x - self.c) / 2

    def grad(self, x):
        return self.A @ (x - self.c)

    def hess(self, x):
        return self.A


@dataclass(frozen=True)
class RosenbrockN:
    """f = sum of 100 (x[i+1] - x[i]²)² + (1 - x[i])²; start of Moré, Garbow & Hillstrom 1981, problem 1."""

    n: int = 2

    @property
    def x0(self):
        return np.resize([-1.2, 1.0], self.n)

    def __call__(self, x):
        return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()

    def grad(self, x):
        rise, g = x[1:] - x[:-1] ** 2, np.zeros_like(x)
        g[:-1] = -400 * x[:-1] * rise - 2 * (1 - x[:-1])
        g[1:] += 200 * rise
        return g

    def hess(self, x):
        main = np.zeros_like(x)
        main[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
        main[1:] += 200
        side = -400 * x[:-1]
        return np.diag(main) + np.diag(side, 1) + np.diag(side, -1)

    def residual(self, x):
        """f = |residual|² / 2."""
        return np.sqrt(2) * np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])

    def jacobian(self, x):
        n = len(x)
        eye = np.eye(n)
        return np.sqrt(2) * np.concatenate([10 * (eye[1:] - 2 * x[:-1, None] * eye[:-1]), -eye[:-1]])


class LeastSquares:
    """f = |r|² / 2, from `residual`, `jacobian` and `curvatures` (the Hessian of each residual)."""

    def __call__(self, x):
        return self.residual(x) @ self.residual(x) / 2

    def grad(self, x):
        return self.jacobian(x).T @ self.residual(x)

    def hess(self, x):
        J = self.jacobian(x)
        return J.T @ J + np.tensordot(self.residual(x), self.curvatures(x), 1)


@dataclass(frozen=True)
class Beale(LeastSquares):
    """Residuals c[i] - x (1 - y^i), c = 1.5, 2.25, 2.625 (Moré, Garbow & Hillstrom 1981, problem 5); minimum (3, 0.5)."""

    x0 = np.array([1.0, 1.0])

    def residual(self, x):
        return np.array([1.5, 2.25, 2.625]) - x[0] * (1 - x[1] ** np.arange(1, 4))

    def jacobian(self, x):
        i = np.arange(1, 4)
        return np.stack([x[1] ** i - 1, x[0] * i * x[1] ** (i - 1)], axis=1)

    def curvatures(self, x):
        mixed = [1, 2 * x[1], 3 * x[1] ** 2]
        bent = [0, 2 * x[0], 6 * x[0] * x[1]]
        return np.array([[[0, m], [m, b]] for m, b in zip(mixed, bent, strict=True)])


@dataclass(frozen=True)
class Himmelblau(LeastSquares):
    """f = half of (x² + y - 11)² + (x + y² - 7)² (Himmelblau 1972)."""

    x0 = np.array([0.0, 0.0])

    def residual(self, x):
        return np.array([x[0] ** 2 + x[1] - 11, x[0] + x[1] ** 2 - 7])

    def jacobian(self, x):
        return np.array([[2 * x[0], 1], [1, 2 * x[1]]])

    def curvatures(self, x):
        return np.array([[[2.0, 0], [0, 0]], [[0, 0], [0, 2.0]]])


@dataclass(frozen=True)
class Booth(LeastSquares):
    """Residuals x + 2y - 7 and 2x + y - 5: a quadratic, minimum (1, 3)."""

    x0 = np.array([-4.0, 5.0])

    def residual(self, x):
        return np.array([x[0] + 2 * x[1] - 7, 2 * x[0] + x[1] - 5])

    def jacobian(self, x):
        return np.array([[1.0, 2.0], [2.0, 1.0]])

    def curvatures(self, x):
        return np.zeros((2, 2, 2))


@dataclass(frozen=True)
class StyblinskiTang:
    """f = sum of (x⁴ - 16 x² + 5 x) / 2 (Styblinski & Tang 1990)."""

    n: int = 2

    @property
    def x0(self):
        return np.linspace(-4.5, -1.5, self.n)

    def __call__(self, x):
        return (x**4 - 16 * x**2 + 5 * x).sum() / 2

    def grad(self, x):
        return (4 * x**3 - 32 * x + 5) / 2

    def hess(self, x):
        return np.diag((12 * x**2 - 32) / 2)


@dataclass(frozen=True)
class Powell4(LeastSquares):
    """Powell's singular function (Moré, Garbow & Hillstrom 1981, problem 13): the Hessian is singular at the minimum 0."""

    x0 = np.array([3.0, -1.0, 0.0, 1.0])

    def residual(self, x):
        a, b, c, d = x
        return np.array([a + 10 * b, 5**0.5 * (c - d), (b - 2 * c) ** 2, 10**0.5 * (a - d) ** 2])

    def jacobian(self, x):
        a, b, c, d = x
        p, q = 2 * (b - 2 * c), 2 * 10**0.5 * (a - d)
        return np.array([[1, 10, 0, 0], [0, 0, 5**0.5, -(5**0.5)], [0, p, -2 * p, 0], [q, 0, 0, -q]])

    def curvatures(self, x):
        bent = np.zeros((4, 4, 4))
        bent[2, 1:3, 1:3] = [[2, -4], [-4, 8]]
        bent[3][np.ix_([0, 3], [0, 3])] = 2 * 10**0.5 * np.array([[1, -1], [-1, 1]])
        return bent


COLLECTION = {
    "quadratic n=2 κ=10": QuadraticN(2, 10),
    "quadratic n=5 κ=1e2": QuadraticN(5, 1e2),
    "quadratic n=10 κ=1e3": QuadraticN(10, 1e3),
    "quadratic n=30 κ=1e4": QuadraticN(30, 1e4),
    "quadratic n=100 κ=1e2": QuadraticN(100, 1e2),
    "Rosenbrock n=2": RosenbrockN(2),
    "Rosenbrock n=4": RosenbrockN(4),
    "Rosenbrock n=10": RosenbrockN(10),
    "Rosenbrock n=50": RosenbrockN(50),
    "Beale": Beale(),
    "Himmelblau": Himmelblau(),
    "Booth": Booth(),
    "Styblinski–Tang n=2": StyblinskiTang(2),
    "Styblinski–Tang n=10": StyblinskiTang(10),
    "Powell singular n=4": Powell4(),
}
