"""What a rule asks along a direction: line searches and Hessian-vector products; "N&W" is Nocedal & Wright (2006).

    search(loss, x, p, g) -> the step length along p from x, where the gradient is g

A search that finds no acceptable step raises `Stop` with a sentence, and the loop puts it into the record of the run.
"""

import numpy as np


class Stop(ArithmeticError):
    """Raised by a rule that cannot take its next step; the message says why."""


def armijo(loss, x, p, g, *, c1=1e-4, shrink=0.5, trials=50):
    """Halve the step, from 1, until f(x + a p) <= f(x) + c1 a g·p (N&W alg. 3.1, eq. 3.4; Armijo 1966).

    Returns the step, of shape x.shape[1:]. A decrease below the rounding of f (4 units in the last place) counts as
    none. Raises `Stop` at a point where p does not descend or `trials` steps fail; a cell of a sweep gets 0 instead.
    Costs one value a trial and no gradient.

    >>> print(armijo(lambda x: (x @ x) / 2, np.array([1.0]), np.array([-4.0]), np.array([1.0])))
    0.25
    """
    f0, slope = loss(x), (g * p).sum(axis=0)
    if x.ndim == 1:
        _check_descent(slope, g)
    step, noise = np.ones_like(f0, dtype=x.dtype), rounding(f0)
    for _ in range(trials):
        low = loss(x + step * p) <= f0 + c1 * step * slope + noise
        if np.all(low):
            return step
        step = np.where(low, step, x.dtype.type(shrink) * step)
    if x.ndim == 1:
        raise Stop(_failed(f"no sufficient decrease in {trials} trials", g))
    return np.where(low, step, x.dtype.type(0))


def wolfe(loss, x, p, g, *, c1=1e-4, c2=0.9, trials=30):
    """Find a step that satisfies the strong Wolfe conditions (N&W eq. 3.7, alg. 3.5 and 3.6 in one loop).

    f(x + a p) <= f(x) + c1 a g·p   and   |grad f(x + a p)·p| <= c2 |g·p|.

    The first trial is 1. `low` is the best step so far; `high` is the other end of a bracket, or None while the slope
    still falls, and then the next trial lies beyond. Within a bracket it is the minimum of the cubic through both ends
    (eq. 3.59), kept off the ends. Within the rounding of f the slope alone decides (Hager & Zhang 2005, section 4).
    Each trial costs a value and a gradient, as in scipy's L-BFGS-B, which asks for c1 = 1e-3; the constants here are
    N&W's for quasi-Newton directions (section 3.1).
    Raises `Stop` where p does not descend or `trials` steps fail.

    >>> from optlib.losses import Quadratic
    >>> x, p = np.array([1.0, 0.0]), np.array([-10.0, 0.0])
    >>> print(round(wolfe(Quadratic(), x, p, np.array([1.0, 0.0])), 12))
    0.1
    """
    f0, slope0 = loss(x), g @ p
    _check_descent(slope0, g)
    low, high, step, noise = (0.0, f0, slope0), None, 1.0, rounding(f0)
    for _ in range(trials):
        f, slope = loss(x + step * p), loss.grad(x + step * p) @ p
        if not f <= min(f0 + c1 * step * slope0, low[1]) + noise:  # NaN and infinity are too high as well
            high = (step, f, slope)
        elif abs(slope) <= -c2 * slope0:
            return step
        else:
            if slope * (low[0] - high[0] if high else -1) <= 0:  # the minimum lies back towards `low`
                high = low
            low, last = (step, f, slope), low
        step = float(_between(low, high) if high else _beyond(last, low))
    raise Stop(_failed(f"no step met the strong Wolfe conditions in {trials} trials", g))


def exact(loss, x, p, g):
    """Step to the minimum of the quadratic model along p: a = -g·p / p·Hp (N&W eq. 3.55), the exact search on a quadratic.

    One Hessian-vector product (`hvp`). Raises `Stop` where p does not descend or the curvature p·Hp is not positive.

    >>> from optlib.losses import Quadratic
    >>> print(exact(Quadratic(), np.array([1.0, 0.0]), np.array([-10.0, 0.0]), np.array([1.0, 0.0])))
    0.1
    """
    _check_descent(g @ p, g)
    curvature = p @ hvp(loss, x, p)
    if not curvature > 0:
        raise Stop(_failed(f"the curvature along the direction is {curvature:.2g}, not positive", g))
    return float(-(g @ p) / curvature)


def _between(low, high):
    (a, fa, da), (b, fb, db) = low, high
    d1 = da + db - 3 * (fb - fa) / (b - a)
    d2 = np.sign(b - a) * np.sqrt(max(d1 * d1 - da * db, 0.0))
    bend = db - da + 2 * d2
    part = 1 - (db + d2 - d1) / bend if bend else np.nan
    return a + (b - a) * (min(max(part, 0.1), 0.9) if np.isfinite(part) else 0.5)


def _beyond(last, low):
    (a, _, da), (b, _, db) = last, low
    secant = (b - a) * db / (da - db) if da < db else np.inf
    return b + min(max(secant, b - a), 4 * (b - a))


def rounding(f):
    """Return four units in the last place of f: differences of values below it say nothing."""
    return 4 * np.spacing(np.abs(f))


def _check_descent(slope, g):
    if not np.any(g):
        raise Stop("the gradient is exactly zero: nothing to descend")
    if not slope < 0:
        raise Stop(_failed(f"the direction does not descend, its slope is {slope:.2g}", g))


def _failed(why, g):
    return f"line search failed: {why}; the largest partial derivative is {np.abs(g).max():.2g}"


def hvp(loss, x, v):
    """Return the Hessian of `loss` at x times v, both of shape (n,): exact where the loss can, else by differences.

    Asks for `loss.hvp(x, v)`, then for `loss.hess(x)`; a loss with neither costs two gradients (`hvp_difference`).

    >>> from optlib.losses import Quadratic
    >>> print(hvp(Quadratic(kappa=10), np.zeros(2), np.array([1.0, 1.0])))
    [ 1. 10.]
    """
    if hasattr(loss, "hvp"):
        return loss.hvp(x, v)
    return loss.hess(x) @ v if hasattr(loss, "hess") else hvp_difference(loss.grad, x, v)


def hvp_difference(grad, x, v):
    """Return (grad(x + h v) - grad(x - h v)) / 2h, the central difference (N&W section 8.1); x and v of shape (n,).

    With h = eps^(1/3) max(1, |x|) / |v| the error is about h^2 |v|^3 M / 6 + eps |grad| / h, M a bound on the third
    derivative of the gradient: ten digits at best, and exact but for rounding on a cubic. Costs two gradients.

    >>> print(hvp_difference(lambda x: x**3, np.array([2.0]), np.array([1.0])).round(8))
    [12.]
    """
    size = np.linalg.norm(v)
    if size == 0:
        return np.zeros_like(v)
    h = np.cbrt(np.finfo(x.dtype).eps) * max(1.0, np.linalg.norm(x)) / size
    return (grad(x + h * v) - grad(x - h * v)) / (2 * h)
