"""What is done to a gradient before a rule sees it: clipping by norm or by value, and coupled weight decay (L2).

`clip_norm` and `clip_value` take a gradient; `clipped` and `with_weight_decay` take a loss and return one for the loop.
Coordinates on axis 0, the rest broadcasts.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


def clip_norm(g, max_norm):
    """The gradient g, shortened to length max_norm where it is longer (Pascanu et al. 2013, Algorithm 1).

    Coordinates on axis 0: each point of a sweep is clipped by its own length. A gradient of 1e200 is clipped, not
    zeroed; one that is already inf or nan gives nan. torch's clip_grad_norm_ divides by the length + 1e-6 and changes
    g in place; optax's clip_by_global_norm is this. Raises ValueError unless max_norm is a finite positive number.

    >>> clip_norm(np.array([30.0, 40.0]), 5.0).round(9).tolist()
    [3.0, 4.0]
    """
    _positive("max_norm", max_norm)
    g = np.asarray(g)
    unit = np.maximum(np.max(np.abs(g), axis=0), max_norm)  # a length in this unit cannot overflow
    length, limit = np.sqrt(np.sum((g / unit) ** 2, axis=0)), max_norm / unit
    return g * (limit / np.maximum(length, limit))


def clip_value(g, max_value):
    """The gradient g with each coordinate cut to [-max_value, max_value]: its direction changes, other than with clip_norm.

    inf is cut, nan stays. torch's clip_grad_value_ and optax's clip are this. Raises ValueError unless max_value is a
    finite positive number.

    >>> clip_value(np.array([30.0, -0.5]), 5.0).tolist()
    [5.0, -0.5]
    """
    _positive("max_value", max_value)
    return np.clip(g, -max_value, max_value)


def clipped(loss, *, max_norm=None, max_value=None):
    """The loss with its gradient clipped, by norm or by value; its value and Hessian are the loss's own. Chapters 1 and 2.

    >>> from optlib import losses, rules, run
    >>> print(run(rules.sgd, clipped(losses.Quadratic(kappa=1000), max_norm=1.0), [0.0, 5.0], steps=3, lr=0.5).path[:, 1])
    [5.  4.5 4.  3.5]
    """
    _losslike("clipped", loss)
    if (max_norm is None) == (max_value is None):
        raise TypeError(f"max_norm is {max_norm!r} and max_value {max_value!r}: give one of them")
    if max_norm is not None:
        _positive("max_norm", max_norm)
        return _Wrapped(loss, lambda g, x: clip_norm(g, max_norm))
    _positive("max_value", max_value)
    return _Wrapped(loss, lambda g, x: clip_value(g, max_value))


def with_weight_decay(loss, wd):
    """The loss plus wd |x|²/2: coupled weight decay, also called L2 (Loshchilov & Hutter 2019, sec. 2). Chapter 5.

    torch's `weight_decay` in SGD and Adam, and optax's `add_decayed_weights` before a rule. For plain descent it is the
    decoupled decay of the same wd; for a rule that divides by the gradient's size it is not.
    Raises ValueError unless wd is a finite number, 0 or more.

    >>> from optlib import losses
    >>> with_weight_decay(losses.Quadratic(kappa=10), wd=1.0).grad([1.0, 1.0])
    array([ 2., 11.])
    """
    _losslike("with_weight_decay", loss)
    if not 0 <= wd < np.inf:
        raise ValueError(f"wd: {wd!r}; expected a finite number, 0 or more")

    def penalty(x):
        return wd * np.sum(np.square(x), axis=0) / 2

    def identity(x):
        return wd * np.eye(len(x)).reshape(len(x), len(x), *[1] * (np.ndim(x) - 1))

    return _Wrapped(loss, lambda g, x: g + wd * np.asarray(x), penalty, identity)


@dataclass(frozen=True, repr=False)
class _Wrapped:
    """A loss whose gradient goes through `change(g, x)`; `more` and `bent` are added to its value and Hessian."""

    loss: Any
    change: Any
    more: Any = None
    bent: Any = None

    def __call__(self, x):
        return self.loss(x) if self.more is None else self.loss(x) + self.more(x)

    def grad(self, x):
        return self.change(self.loss.grad(x), x)

    def hess(self, x):
        return self.loss.hess(x) if self.bent is None else self.loss.hess(x) + self.bent(x)


def _positive(name, value):
    if not 0 < value < np.inf:
        raise ValueError(f"{name}: {value!r}; expected a finite positive number")


def _losslike(name, loss):
    if not hasattr(loss, "grad") or isinstance(loss, type):
        raise TypeError(f"{name} takes a loss with a method grad, not {loss!r}: of a bare gradient, clip the result")
