"""Random symmetric matrices against the exact probabilities that all their eigenvalues are positive."""

from math import pi, sqrt

import numpy as np
import pytest

from optlib.problems import gaussian_ensemble

DRAWS = 200_000
EXACT = {1: 1 / 2, 2: (2 - sqrt(2)) / 4, 3: (pi - 2 * sqrt(2)) / (4 * pi)}


def share_of_minima(matrices):
    return np.mean(np.linalg.eigvalsh(matrices)[:, 0] > 0)


@pytest.mark.parametrize("n", EXACT)
def test_share_of_minima(n):
    p = EXACT[n]
    found = share_of_minima(gaussian_ensemble(np.random.default_rng(n), n, (DRAWS,)))
    assert abs(found - p) < 4 * sqrt(p * (1 - p) / DRAWS)


def test_the_entries_matter():
    """With entries of equal variance, which is another ensemble, the share for n = 2 is another one, and the check sees it."""
    matrices = gaussian_ensemble(np.random.default_rng(2), 2, (DRAWS,))
    matrices[:, [0, 1], [1, 0]] *= sqrt(2)
    p = EXACT[2]
    assert abs(share_of_minima(matrices) - p) > 20 * sqrt(p * (1 - p) / DRAWS)


def test_symmetric_and_checked():
    m = gaussian_ensemble(np.random.default_rng(0), 4, (3,))
    assert m.shape == (3, 4, 4) and (m == m.swapaxes(1, 2)).all()
    with pytest.raises(ValueError, match="n is 0: give a whole number"):
        gaussian_ensemble(np.random.default_rng(0), 0)
