"""Rules that know or learn the curvature, and the line searches they need; sources as in Nocedal & Wright (2006), "N&W".

    rule(x, g, t, *state, loss=loss, **hyper) -> (x, *state)

The signature is that of a first-order rule, with one keyword more: `loss`, which the loop hands over by name, because
these rules ask for values, Hessians or residuals themselves. The loop counts what they ask for.
A keyword whose default is a function (`search=wolfe`) takes a function: `partial(wolfe, c2=0.1)` sets its constants.

A rule that cannot go on raises `Stop` with a sentence, and the record of the run says it: a singular Hessian, a failed
line search. What does not end a run (an indefinite Hessian, a refused pair) is added to the state `notes`.

Points have shape (n,). `newton`, `damped_newton`, `saddle_free` and `armijo` also take sweeps, shape (n, ...): there a
cell with a singular Hessian becomes NaN, a cell without an acceptable step stays, and `notes` counts them.
Chapter 8 introduces them all.
"""

import numpy as np

from .line_search import Stop, armijo, rounding, wolfe


def _spectrum(loss, x, t, notes):
    """Return the Hessian's eigenvalues (..., n), ascending, its eigenvectors (..., n, n), and the notes."""
    if not hasattr(loss, "hess"):
        raise TypeError(f"this rule needs the Hessian, but {loss!r} has no method hess(x) -> array of shape (n, n)")
    hess = np.moveaxis(np.asarray(loss.hess(x)), (0, 1), (-2, -1))
    finite = np.isfinite(hess).all(axis=(-2, -1), keepdims=True)
    if x.ndim == 1 and not finite.all():
        raise Stop("the Hessian is not finite")
    eigenvalues, vectors = np.linalg.eigh(np.where(finite, hess, hess.dtype.type(0)))
    eigenvalues = np.where(finite[..., 0], eigenvalues, hess.dtype.type(np.nan))
    lowest, highest = eigenvalues[..., 0], eigenvalues[..., -1]
    for kind, where in {
        "indefinite": (lowest < 0) & (highest > 0),
        "negative semidefinite": (lowest < 0) & (highest <= 0),
    }.items():
        notes = _noted(notes, t, f"the Hessian is {kind}", where, f"lowest eigenvalue {np.min(lowest):.2g}")
    return eigenvalues, vectors, notes


def _noted(notes, t, what, where, detail=""):
    if not np.any(where):
        return notes
    detail = f" at {np.sum(where)} of {np.size(where)} points" if np.size(where) > 1 else f" ({detail})" if detail else ""
    return (*notes, f"step {t}: {what}{detail}")


def _solve(eigenvalues, vectors, g, t, notes):
    """Return -H^-1 g from the eigenvalues and eigenvectors of H; a singular H is named."""
    size = np.abs(eigenvalues)
    singular = size.min(axis=-1) <= size.shape[-1] * _eps(g) * size.max(axis=-1)
    if g.ndim == 1 and singular:
        raise Stop(f"the Hessian is singular, its eigenvalues are {eigenvalues}: the step is not defined")
    notes = _noted(notes, t, "the Hessian is singular", singular)
    inverse = 1 / np.where(singular[..., None], g.dtype.type(np.nan), eigenvalues)
    g = np.moveaxis(g, 0, -1)[..., None]
    p = -(vectors @ (inverse[..., None] * (np.swapaxes(vectors, -1, -2) @ g)))[..., 0]
    return np.moveaxis(p, -1, 0), notes


def newton(x, g, t, notes=(), *, loss, lr=1.0):
    """Step to the stationary point of the quadratic model, minimum or not: p = -H^-1 g (N&W eq. 2.15).

    A singular Hessian stops the run; one that is not positive definite is noted, because the step may then climb.
    scipy's Newton-CG and trust-exact never climb: they turn away from negative curvature.

    >>> from optlib.losses import Quadratic
    >>> x, notes = newton(np.array([2.0, 1.0]), np.array([2.0, 10.0]), 1, loss=Quadratic(kappa=10))
    >>> print(x)
    [0. 0.]
    """
    eigenvalues, vectors, notes = _spectrum(loss, x, t, notes)
    p, notes = _solve(eigenvalues, vectors, g, t, notes)
    return x + lr * p, notes


def damped_newton(x, g, t, notes=(), *, loss, search=armijo, floor=1e-3):
    """Newton with a line search, on H + tau I where H is not safely positive definite (N&W alg. 3.2 and section 3.4).

    tau is 0 while the lowest eigenvalue exceeds sqrt(eps) times the largest modulus; otherwise it lifts the lowest to
    `floor` times the largest modulus, so that p descends and is not huge. `search` shortens it.

    >>> from optlib.losses import Rosenbrock
    >>> f, x = Rosenbrock(), np.array([0.0, 1.0])
    >>> x, notes = damped_newton(x, f.grad(x), 1, loss=f)
    >>> print(f(x) < f([0.0, 1.0]), notes)
    True ('step 1: the Hessian is indefinite (lowest eigenvalue -38)',)
    """
    eigenvalues, vectors, notes = _spectrum(loss, x, t, notes)
    lowest, largest = eigenvalues[..., :1], np.abs(eigenvalues).max(axis=-1, keepdims=True)
    tau = np.where(lowest > np.sqrt(_eps(g)) * largest, 0 * largest, floor * largest - lowest)
    p, notes = _solve(eigenvalues + tau, vectors, g, t, notes)
    step = search(loss, x, p, g)
    stuck = (step == 0) & np.any(p, axis=0)
    return x + step * p, _noted(notes, t, "line search failed: no sufficient decrease", stuck)


def saddle_free(x, g, t, notes=(), *, loss, lr=1.0, damping=0.0):
    """Divide by the modulus of each eigenvalue, so that negative curvature repels: p = -|H|^-1 g.

    Dauphin et al. (2014), section 6, who use it on a Krylov subspace; here it is the whole spectrum.
    `damping` is added to each modulus. Where H is positive definite and `damping` 0, this is `newton`.

    >>> from types import SimpleNamespace
    >>> saddle = SimpleNamespace(hess=lambda x: np.diag([1.0, -1.0]))
    >>> x, notes = saddle_free(np.array([1.0, 0.1]), np.array([1.0, -0.1]), 1, loss=saddle)
    >>> print(x, notes)
    [0.  0.2] ('step 1: the Hessian is indefinite (lowest eigenvalue -1)',)
    """
    eigenvalues, vectors, notes = _spectrum(loss, x, t, notes)
    p, notes = _solve(np.abs(eigenvalues) + damping, vectors, g, t, notes)
    return x + lr * p, notes


def trust_region(x, g, t, radius=0, notes=(), *, loss, first=1.0, largest=100.0, accept=0.1):
    """Minimize the quadratic model within a ball, which grows or shrinks with the model's success (N&W alg. 4.1).

    The state `radius` is that of the next ball; 0 stands for `first`. A refused trial leaves x and is a step all the
    same. After a poor one the ball shrinks to a quarter of the *step*, so that the same trial is not made twice.
    One Hessian a step. scipy's trust-exact has the same defaults, except `max_trust_radius` 1000 and `eta` 0.15.
    Raises `Stop` when the ball is smaller than the spacing of numbers near x (near 0: than eps^2).

    >>> from optlib.losses import Quadratic
    >>> x, radius, notes = trust_region(np.array([2.0, 0.0]), np.array([2.0, 0.0]), 1, loss=Quadratic())
    >>> print(x.round(6), radius)
    [1. 0.] 2.0
    """
    eigenvalues, vectors, notes = _spectrum(loss, _point(x), t, notes)
    return *_trial(x, g, radius or first, loss, eigenvalues, vectors, largest, accept), notes


def gauss_newton(x, g, t, notes=(), *, loss, lr=1.0):
    """Newton for f = |r|^2 / 2 with J^T J in place of the Hessian: minimize |J p + r| (N&W eq. 10.23 and 10.26).

    `loss.residual(x)` has shape (m,), `loss.jacobian(x)` shape (m, n), and loss(x) is half the squared length of the
    residual. Where J has not full rank, the shortest minimizer is taken and noted.

    >>> from types import SimpleNamespace
    >>> J = np.array([[1.0, 0.0], [1.0, 1.0]])
    >>> line = SimpleNamespace(residual=lambda w: J @ w - 3, jacobian=lambda w: J)
    >>> print(gauss_newton(np.zeros(2), np.array([-6.0, -3.0]), 1, loss=line)[0].round(9) + 0)
    [3. 0.]
    """
    J = loss.jacobian(_point(x))
    p, _, rank, _ = np.linalg.lstsq(J, -loss.residual(x))
    return x + lr * p, _noted(notes, t, "the Jacobian is rank-deficient", rank < len(x), f"rank {rank} of {len(x)}")


def levenberg_marquardt(x, g, t, radius=0, notes=(), *, loss, first=1.0, largest=100.0, accept=1e-4):
    """Gauss-Newton within a trust region: (J^T J + mu I) p = -J^T r (N&W section 10.3; Levenberg 1944, Moré 1978).

    `loss` as in `gauss_newton`, everything else as in `trust_region`; the radius decides mu.
    MINPACK and scipy's `least_squares(method="lm")` scale the ball by the columns of J; this one is round.

    >>> class Root:
    ...     residual, jacobian = staticmethod(lambda w: w * w - 4), staticmethod(lambda w: 2 * np.diag(w))
    ...     def __call__(self, w):
    ...         return self.residual(w) @ self.residual(w) / 2
    >>> x, radius, notes = levenberg_marquardt(np.array([3.0]), np.array([30.0]), 1, loss=Root())
    >>> print(x.round(6), radius)
    [2.166667] 1.0
    """
    J = loss.jacobian(_point(x))
    singular, rows = np.linalg.svd(J)[1:]
    eigenvalues = np.zeros_like(x)
    eigenvalues[: len(singular)] = singular**2
    notes = _noted(notes, t, "the Jacobian is rank-deficient", eigenvalues[-1] <= (len(x) * _eps(x)) ** 2 * eigenvalues[0])
    return *_trial(x, g, radius or first, loss, eigenvalues[::-1], rows[::-1].T, largest, accept), notes


def subproblem(g, eigenvalues, vectors, radius):
    """Return the p, |p| <= radius, that minimizes g·p + p·Bp / 2, B given by ascending eigenvalues and eigenvectors.

    (B + mu I) p = -g with mu >= 0, B + mu I positive semidefinite, and mu > 0 only if |p| = radius (N&W theorem 4.1).
    Newton on 1/radius - 1/|p(mu)| from the left, as in alg. 4.3, in the eigenbasis; the hard case as in eq. 4.45.

    >>> print(subproblem(np.array([0.0, 1.0]), np.array([-1.0, 1.0]), np.eye(2), 5.0).round(6))
    [ 4.974937 -0.5     ]
    """
    b, gap = vectors.T @ g, eigenvalues - eigenvalues[0]
    if eigenvalues[0] > 0 and np.linalg.norm(b / eigenvalues) <= radius:
        return -vectors @ (b / eigenvalues)
    scale = np.abs(eigenvalues).max() + np.linalg.norm(g) / radius
    bottom = gap <= _eps(g) * scale
    if eigenvalues[0] <= 0 and np.linalg.norm(b[bottom]) <= _eps(g) * np.linalg.norm(b):
        p = -np.where(bottom, 0, b) / np.where(bottom, 1, gap)
        if np.linalg.norm(p) <= radius:
            p[0] = np.sqrt(radius**2 - p @ p) if eigenvalues[0] < 0 else 0.0
            return vectors @ p
    shift = max(eigenvalues[0], np.linalg.norm(b[bottom]) / radius, _eps(g) * scale)  # mu + lowest eigenvalue
    for _ in range(50):
        p = -b / (gap + shift)
        length = np.linalg.norm(p)
        if abs(length - radius) <= 1e-12 * radius:
            break
        shift += length**2 / (p @ (p / (gap + shift))) * (length - radius) / radius
    return vectors @ p


def _trial(x, g, radius, loss, eigenvalues, vectors, largest, accept):
    radius = float(radius)
    p = subproblem(g, eigenvalues, vectors, radius)
    f, length = loss(x), np.linalg.norm(p)
    promised = -(g @ p) - (eigenvalues * (vectors.T @ p) ** 2).sum() / 2
    noise = rounding(f)  # where both decreases are below it, the ratio is 1 (Conn, Gould & Toint 2000, section 17.4.2)
    ratio = (f - loss(x + p) + noise) / (promised + noise)
    if not ratio >= 0.25:
        radius = float(length / 4)
    elif ratio > 0.75 and length > 0.999 * radius:
        radius = min(2 * radius, largest)
    if radius <= _eps(x) * max(np.linalg.norm(x), _eps(x)):
        raise Stop(f"the trust region shrank to radius {radius:.2g}; the largest partial derivative is {np.abs(g).max():.2g}")
    return (x + p if ratio > accept else x), radius


def _point(x):
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}: this rule takes one point, of shape (n,)")
    return x


# Quasi-Newton rules: curvature from the pairs s = x' - x, y = g' - g.


def bfgs(x, g, t, H=None, notes=(), *, loss, search=wolfe):
    """Step along -H g, H an approximate inverse Hessian updated by each step's pair (N&W alg. 6.1, eq. 6.17).

    The first direction is -g / |g|; before the first update H is s·y / y·y times the identity (eq. 6.20), as H = None
    says. Where s·y is not positive, which `wolfe` excludes, y is damped as Powell does, so that H stays positive
    definite (eq. 18.14, 18.15): with B s = -a g for the step a,
    r = theta y + (1 - theta) B s, theta = 0.8 s·Bs / (s·Bs - s·y).
    The new gradient belongs to this step; the loop's next request for it is free.
    scipy's BFGS starts from the identity and makes no such scaling.

    >>> from optlib.losses import Quadratic
    >>> x, H, notes = bfgs(np.array([2.0, 0.0]), np.array([2.0, 0.0]), 1, loss=Quadratic())
    >>> print(x, H[0, 0])
    [1. 0.] 1.0
    """
    p = -(g if H is None else H @ g)
    if H is None:
        p = _unit(p)
    step = search(loss, _point(x), p, g)
    s, y = step * p, loss.grad(x + step * p) - g
    if not _curved(s, y, g):
        notes = _noted(notes, t, "s·y is not positive, y is damped", True, f"s·y = {s @ y:.2g}")
        y = powell(s, y, -step * g)
    H = (s @ y) / (y @ y) * np.eye(len(x), dtype=x.dtype) if H is None else H
    return x + step * p, bfgs_update(H, s, y), notes


def lbfgs(x, g, t, pairs=(), notes=(), *, loss, search=wolfe, memory=10):
    """Step along -H g, H held as the last `memory` pairs only (N&W alg. 7.4 and 7.5; Liu & Nocedal 1989).

    The first direction is -g / |g|; then H starts from s·y / y·y of the newest pair (eq. 7.20), as in L-BFGS-B.
    A pair whose s·y is not positive, which `wolfe` excludes, is skipped and noted (section 7.2). scipy's `maxcor` and
    L-BFGS-B's m are this `memory`; torch's LBFGS defaults to 100 pairs, a fixed step `lr` and no line search.

    >>> from optlib.losses import Rosenbrock
    >>> from optlib.run import run
    >>> record = run(lbfgs, Rosenbrock(b=100), [-1.2, 1.0], steps=100, tol=1e-8)
    >>> print(record.stopped, record.x.round(6))
    after 37 steps, no partial derivative is above the tolerance 1e-08 [1. 1.]
    """
    if memory != int(memory) or memory < 1:
        raise ValueError(f"memory is {memory}: give a whole number of pairs, 1 or more")
    p = two_loop(g, pairs) if pairs else _unit(-g)
    step = search(loss, _point(x), p, g)
    s, y = step * p, loss.grad(x + step * p) - g
    if _curved(s, y, g):
        pairs = (*pairs, (s, y))[-int(memory) :]
    else:
        notes = _noted(notes, t, "s·y is not positive, the pair is skipped", True, f"s·y = {s @ y:.2g}")
    return x + step * p, pairs, notes


def two_loop(g, pairs):
    """Return -H g by the two-loop recursion over the pairs (s, y), oldest first (N&W alg. 7.4), in 4 n products a pair.

    >>> print(two_loop(np.array([2.0, 3.0]), [(np.array([1.0, 0.0]), np.array([4.0, 0.0]))]))
    [-0.5  -0.75]
    """
    q, weights = g, []
    for s, y in reversed(pairs):
        weights.append((s @ q) / (s @ y))
        q = q - weights[-1] * y
    s, y = pairs[-1]
    q = q * ((s @ y) / (y @ y))
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        q = q + s * (weight - (y @ q) / (s @ y))
    return -q


def bfgs_update(H, s, y):
    """Return (I - s yᵀ / s·y) H (I - y sᵀ / s·y) + s sᵀ / s·y, a change of rank two with H y = s (N&W eq. 6.17).

    >>> print(bfgs_update(np.eye(2), np.array([1.0, 0.0]), np.array([4.0, 0.0])))
    [[0.25 0.  ]
     [0.   1.  ]]
    """
    keep = np.eye(len(s), dtype=s.dtype) - np.outer(s, y) / (s @ y)
    return keep @ H @ keep.T + np.outer(s, s) / (s @ y)


def powell(s, y, Bs):
    """Return the damped y: with it s·y is at least 0.2 s·Bs, so the update stays positive definite (N&W eq. 18.14, 18.15).

    >>> print(powell(np.array([1.0]), np.array([-1.0]), np.array([1.0])).round(6))
    [0.2]
    """
    theta = 1.0 if s @ y >= 0.2 * (s @ Bs) else 0.8 * (s @ Bs) / (s @ Bs - s @ y)
    return theta * y + (1 - theta) * Bs


def _curved(s, y, g):
    return s @ y > _eps(g) * abs(g @ s)


def _eps(x):
    return np.finfo(x.dtype).eps


def _unit(p):
    size = np.linalg.norm(p)
    return p / size if size else p
