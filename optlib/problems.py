"""Problems of any dimension, with data, noise or an adversary; coordinates on axis 0, the rest broadcasts.

They are losses as the loop and the second-order rules take them: `loss(x)`, `loss.grad(x)`, `loss.hess(x)`, and where
they exist `minima`, `curvature` (mu, L), `residual` and `jacobian`. They have no picture and are not translated, but for
`second_moment` and `second_moments`, the recursions behind `NoisyQuadratic`, which are plain arithmetic.
"""

from functools import wraps

import numpy as np


class QuadraticN:
    """f = (x − c)ᵀ H (x − c)/2 with given eigenvalues, along the coordinates or, given `rng`, along random axes.

    The axes are uniform over all rotations and reflections (Stewart 1980: QR of a Gaussian matrix, signs of R removed).

    >>> f = QuadraticN([1.0, 4.0, 9.0], rng=np.random.default_rng(0))
    >>> print(np.linalg.eigvalsh(f.hess(np.zeros(3))).round(12), f.curvature)
    [1. 4. 9.] (1.0, 9.0)
    """

    def __init__(self, eigenvalues, rng=None, center=None):
        self.eigenvalues = np.asarray(eigenvalues, float)
        self.dim = n = len(self.eigenvalues)
        self.center = np.zeros(n) if center is None else np.asarray(center, float)
        if self.center.shape != (n,):
            raise ValueError(f"center has shape {self.center.shape}: give {n} coordinates, one for each eigenvalue")
        self.axes = np.eye(n)
        if rng is not None:
            q, r = np.linalg.qr(rng.normal(size=(n, n)))
            self.axes = q * np.sign(np.diag(r))
        self.matrix = (self.axes * self.eigenvalues) @ self.axes.T
        self.curvature = float(self.eigenvalues.min()), float(self.eigenvalues.max())
        self.minima = (tuple(self.center),) if self.curvature[0] > 0 else ()

    def _from_center(self, x):
        x = np.asarray(x)
        return x - self.center.reshape(self.dim, *[1] * (x.ndim - 1))

    def __call__(self, x):
        d = self._from_center(x)
        return np.sum(d * np.tensordot(self.matrix, d, 1), axis=0) / 2

    def grad(self, x):
        return np.tensordot(self.matrix, self._from_center(x), 1)

    def hess(self, x):
        return _spread(self.matrix, x)


class LeastSquares:
    """Half a mean squared error: f(w) = Σ (xᵢ·w − yᵢ)²/(2n), features of shape (n, d), one row an example. Chapters 2 and 8.

    `residual` and `jacobian` are scaled by 1/√n, so that f = |residual|²/2, as Gauss–Newton asks.

    >>> f = LeastSquares([[1.0, 0.0], [0.0, 2.0]], [1.0, 1.0])
    >>> print(f.minima, f(np.zeros(2)).round(9), np.round(f.curvature, 9))
    ((1.0, 0.5),) 0.5 [0.5 2. ]
    """

    def __init__(self, features, target):
        self.features, self.target = _data(features, target)
        n, self.dim = self.features.shape
        self._jacobian = self.features / np.sqrt(n)
        self.matrix = self._jacobian.T @ self._jacobian
        eigenvalues = np.linalg.eigvalsh(self.matrix)
        self.curvature = max(0.0, float(eigenvalues[0])), float(eigenvalues[-1])
        best, _, rank, _ = np.linalg.lstsq(self.features, self.target)
        self.minima = (tuple(best.tolist()),) if rank == self.dim else ()  # else they fill a plane

    def residual(self, w):
        w = np.asarray(w)
        y = self.target.reshape(-1, *[1] * (w.ndim - 1))
        return (np.tensordot(self.features, w, 1) - y) / np.sqrt(len(self.target))

    def jacobian(self, w):
        return _spread(self._jacobian, w)

    def __call__(self, w):
        return np.sum(self.residual(w) ** 2, axis=0) / 2

    def grad(self, w):
        return np.tensordot(self._jacobian.T, self.residual(w), 1)

    def hess(self, w):
        return _spread(self.matrix, w)


class Logistic:
    """Logistic regression: the mean of log(1 + e^z) − y z with z = xᵢ·w and labels y of 0 or 1, plus wd |w|²/2. Chapters 1, 8.

    Convex; L = λ_max(XᵀX)/(4n) + wd and mu = wd (Boyd & Vandenberghe 2004, sec. 7.1.1). Without decay, classes
    that a plane separates have no minimum: the weights grow for ever. `minima` is not known in closed form and empty.

    >>> f = Logistic([[1.0], [2.0]], [0, 1])
    >>> print(f(np.zeros(1)).round(6), f.grad(np.zeros(1)), np.round(f.curvature, 9))
    0.693147 [-0.25] [0.    0.625]
    """

    minima = ()

    def __init__(self, features, labels, wd=0.0):
        self.features, self.labels = _data(features, labels)
        if not np.isin(self.labels, (0, 1)).all():
            raise ValueError("labels: each is 0 or 1; of -1 and 1 give (labels + 1) / 2")
        if not 0 <= wd < np.inf:
            raise ValueError(f"wd is {wd!r}: give a finite number, 0 or more")
        self.wd, self.dim = wd, self.features.shape[1]
        n = len(self.labels)
        self.curvature = float(wd), float(np.linalg.norm(self.features, 2) ** 2 / (4 * n) + wd)

    def _scores(self, w):
        w = np.asarray(w)
        return np.tensordot(self.features, w, 1), self.labels.reshape(-1, *[1] * (w.ndim - 1))

    def __call__(self, w):
        z, y = self._scores(w)
        return np.mean(np.logaddexp(0, z) - y * z, axis=0) + self.wd * np.sum(np.square(w), axis=0) / 2

    def grad(self, w):
        z, y = self._scores(w)
        return np.tensordot(self.features.T, _sigmoid(z) - y, 1) / len(self.labels) + self.wd * np.asarray(w)

    def hess(self, w):
        z, _ = self._scores(w)
        weight = _sigmoid(z) * _sigmoid(-z) / len(self.labels)
        bent = np.einsum("ni,n...,nj->ij...", self.features, weight, self.features)
        return bent + _spread(self.wd * np.eye(self.dim), w)


class Chain:
    """The worst smooth convex function: f = (L/4) ((x₁² + Σ (xᵢ − xᵢ₊₁)² + xₙ²)/2 − x₁) (Nesterov 2004, sec. 2.1.2). Chapter 4.

    From 0, a gradient is non-zero in one coordinate more than the points that were asked, so no first-order method whose
    steps lie in the span of its gradients is faster than one coordinate a step: a light cone.

    >>> f = Chain(3)
    >>> print(f.minima, f.least, f.grad(np.zeros(3)), f.grad(np.array([1.0, 0.0, 0.0])))
    ((0.75, 0.5, 0.25),) -0.09375 [-0.25  0.    0.  ] [ 0.25 -0.25  0.  ]
    """

    def __init__(self, n, L=1.0):
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise ValueError(f"n is {n!r}: give the number of coordinates, 1 or more")
        self.dim, self.L = int(n), L
        self.matrix = L / 4 * (2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1))
        self.minima = (tuple((1 - np.arange(1, n + 1) / (n + 1)).tolist()),)
        self.least = L / 8 * (1 / (n + 1) - 1)  # the lowest value
        ends = np.sin(np.array([1, n]) * np.pi / (2 * (n + 1))) ** 2
        self.curvature = float(L * ends[0]), float(L * ends[1])

    def __call__(self, x):
        x = np.asarray(x)
        return np.sum(x * np.tensordot(self.matrix, x, 1), axis=0) / 2 - self.L / 4 * x[0]

    def grad(self, x):
        g = np.tensordot(self.matrix, np.asarray(x), 1)
        g[0] -= self.L / 4
        return g

    def hess(self, x):
        return _spread(self.matrix, x)

    def bound(self, k):
        """Return what f − least is at least after k ≤ n steps from 0: the lowest value over the first k coordinates.

        (L/8) (1/(k + 1) − 1/(n + 1)); with n = 2k + 1 it gives 3 L |x*|²/(32 (k + 1)²) of Nesterov (2004, theorem 2.1.7).
        """
        return Chain(k, self.L).least - self.least if k else -self.least


class OnlineCounterexample:
    """Gradients on which Adam runs to the worst point of [−1, 1]: C at every third step, else −1 (Reddi et al. 2018, thm. 1).

    The sum of three is C − 2 > 0, so −1 is best. With beta1 = 0, beta2 = 1/(1 + C²) and lr = a/√t Adam ends at 1: the rare C
    is divided by its own size, the two −1 are not. `online(rule)` is the rule on these gradients, kept in [−1, 1].

    >>> from optlib import rules, run
    >>> game = OnlineCounterexample(C=3.0)
    >>> for rule in (rules.adam, rules.amsgrad):
    ...     record = run(game.online(rule), game, [0.0], 3000, lr=lambda t: 0.5 / t**0.5, beta1=0.0, beta2=game.beta2)
    ...     print(record.rule, record.x.round(1))
    adam [1.]
    amsgrad [-1.]
    """

    dim, minima, window = 1, ((-1.0,),), (-1.0, 1.0)

    def __init__(self, C=3.0):
        if not C > 2:
            raise ValueError(f"C is {C!r}: give more than 2, so that −1 is the best point")
        self.C = C

    @property
    def beta2(self):
        """The decay for which the theorem holds, 1/(1 + C²)."""
        return 1 / (1 + self.C**2)

    def slope(self, t):
        """Return the gradient at step t = 1, 2, …: C at t = 1, 4, 7, …, else −1."""
        return np.where(np.asarray(t) % 3 == 1, self.C, -1.0)

    def __call__(self, x):
        """Return the mean loss of three steps, (C − 2) x/3."""
        return (self.C - 2) / 3 * np.sum(x, axis=0)

    def grad(self, x):
        return np.full_like(np.asarray(x, float), (self.C - 2) / 3)

    def online(self, rule):
        """Return `rule` on the gradients of the game instead of the given ones, its point put back into [−1, 1]."""

        @wraps(rule)
        def step(x, g, t, *state, **hyper):
            x, *state = rule(x, np.full_like(x, self.slope(t)), t, *state, **hyper)
            return np.clip(x, -1, 1), *state

        return step


class NoisyQuadratic:
    """f = Σ λᵢ xᵢ²/2, its gradient with noise of standard deviation sigma in each coordinate. Chapters 1, 4 and 7.

    `grad` is the exact gradient, `noisy(rng)` one with Gaussian noise, for the loop. `expected` is E f after each step,
    exactly, for any schedule; `stationary` is the variance at which a constant rate ends.

    >>> f = NoisyQuadratic([1.0], sigma=1.0)
    >>> print(f.expected(lr=0.1, steps=200, start=[1.0])[-1].round(6), (f.curvatures @ f.stationary(lr=0.1) / 2).round(6))
    0.026316 0.026316
    """

    def __init__(self, curvatures=(1.0,), sigma=1.0):
        self.curvatures, self.sigma = np.asarray(curvatures, float), sigma
        self.dim = len(self.curvatures)
        self.minima = ((0.0,) * self.dim,)
        self.curvature = float(self.curvatures.min()), float(self.curvatures.max())

    def _column(self, x):
        return self.curvatures.reshape(-1, *[1] * (np.ndim(x) - 1))

    def __call__(self, x):
        return np.sum(self._column(x) * np.square(x), axis=0) / 2

    def grad(self, x):
        return self._column(x) * np.asarray(x)

    def hess(self, x):
        return _spread(np.diag(self.curvatures), x)

    def noisy(self, rng):
        """Return the gradient with noise from `rng`, a function for the loop; every point of a sweep has its own noise."""
        return lambda x: self.grad(x) + self.sigma * rng.standard_normal(np.shape(x))

    def expected(self, *, lr, steps, start, beta=0.0):
        """Return E f after 0, 1, …, `steps` steps of `momentum` (of `sgd` for beta = 0) from the point `start`.

        lr and beta are numbers, schedules t -> number, or arrays of one shape (k,): then the result has shape (steps + 1, k).
        """
        lrs = [lr(t) if callable(lr) else lr for t in range(1, steps + 1)]
        betas = [beta(t) if callable(beta) else beta for t in range(1, steps + 1)]
        shape = np.broadcast_shapes(*map(np.shape, [*lrs, *betas]))
        lam, point = (np.reshape(v, (self.dim, *[1] * len(shape))) for v in (self.curvatures, start))
        xx = np.broadcast_to(np.square(point), (self.dim, *shape)).astype(float)
        xv, vv, losses = 0 * xx, 0 * xx, [np.sum(lam * xx, axis=0) / 2]
        for eta, b in zip(lrs, betas, strict=True):
            xx, xv, vv = second_moments(xx, xv, vv, lr=eta, beta=b, lam=lam, sigma=self.sigma)
            losses.append(np.sum(lam * xx, axis=0) / 2)
        return np.array(losses)

    def stationary(self, *, lr, beta=0.0):
        """Return the variance of each coordinate in the limit: lr σ² (1 + β)/(λ (1 − β) (2 (1 + β) − lr λ)).

        For β = 0 the known lr σ²/(λ (2 − lr λ)); with momentum the variance of an autoregression of order 2
        (Box & Jenkins 1976, ch. 3). NaN where no limit exists, at lr λ ≥ 2 + 2β.
        """
        room = 2 * (1 + beta) - lr * self.curvatures
        with np.errstate(divide="ignore"):
            limit = lr * self.sigma**2 * (1 + beta) / (self.curvatures * (1 - beta) * room)
        return np.where(room > 0, limit, np.nan)


def second_moment(xx, *, lr, lam, sigma):
    """Return E x² after one step of `sgd` on a noisy quadratic from E x² = xx: plain arithmetic, for translation."""
    return (1 - lr * lam) * (1 - lr * lam) * xx + lr * lr * sigma * sigma


def second_moments(xx, xv, vv, *, lr, beta, lam, sigma):
    """Return (E x², E xv, E v²) after one step of `momentum` on a noisy quadratic: plain arithmetic, for translation.

    From v' = β v + λ x + σ ξ and x' = x − lr v', with ξ independent of x and v.
    """
    along = beta * xv + lam * xx  # E x v'
    speed = beta * beta * vv + 2 * beta * lam * xv + lam * lam * xx + sigma * sigma
    return xx - 2 * lr * along + lr * lr * speed, along - lr * speed, speed


def _sigmoid(z):
    return np.exp(-np.logaddexp(0, -z))


def _spread(matrix, x):
    """Return the constant `matrix` for each point of x: shape (*matrix.shape, *x.shape[1:])."""
    more = np.shape(x)[1:]
    return np.broadcast_to(matrix.reshape(*matrix.shape, *[1] * len(more)), (*matrix.shape, *more))


def _data(features, target):
    features, target = np.asarray(features, float), np.asarray(target, float)
    if features.ndim != 2 or target.shape != features.shape[:1]:
        raise ValueError(
            f"features have shape {features.shape} and the target {target.shape}: give one row of features for each example, "
            "(n, d) and (n,)"
        )
    return features, target


def gaussian_ensemble(rng, n, shape=()):
    """Draw symmetric n × n matrices of the Gaussian orthogonal ensemble (chapter 3): shape (*shape, n, n).

    (A + Aᵀ)/2 with A standard normal: variance 1 on the diagonal, 1/2 beside it, the same law in every rotated basis.
    All eigenvalues are positive with probability 1/2, (2 − √2)/4 and (π − 2√2)/(4π) for n = 1, 2, 3, and about
    3^(−n²/4) for large n (Dean & Majumdar 2008): eigenvalues repel. Raises ValueError for an n that is no size.

    >>> gaussian_ensemble(np.random.default_rng(0), 2, (5,)).shape
    (5, 2, 2)
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"n is {n!r}: give a whole number, 1 or more")
    a = rng.standard_normal((*shape, n, n))
    return (a + a.swapaxes(-1, -2)) / 2
