"""Gradient clipping: a gradient in, a shorter gradient out."""
import numpy as np


def clip_norm(g, max_norm):
    """The gradient g, shortened to length max_norm where it is longer (Pascanu et al. 2013, Algorithm 1).

    Coordinates on axis 0: each point of a sweep is clipped by its own length. A gradient of 1e200 is clipped, not
    zeroed; one that is already inf or nan gives nan. torch's clip_grad_norm_ divides by the length + 1e-6 and changes
    g in place. Raises ValueError unless max_norm is a finite positive number.

    >>> clip_norm(np.array([30.0, 40.0]), 5.0).round(9).tolist()
    [3.0, 4.0]
    """
    if not 0 < max_norm < np.inf:
        raise ValueError(f"max_norm: {max_norm!r}; expected a finite positive number")
    g = np.asarray(g)
    unit = np.maximum(np.max(np.abs(g), axis=0), max_norm)  # a length in this unit cannot overflow
    length, limit = np.sqrt(np.sum((g / unit) ** 2, axis=0)), max_norm / unit
    return g * (limit / np.maximum(length, limit))
