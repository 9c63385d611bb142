"""Data that ships with the book, and the two usual ways to rescale it. Nothing is downloaded.

Each file in `datasets/` names its source, its units and its licence in its first lines.
"""
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np

CHECKSUMS = {  # SHA-256 of each file, line ends as \n; `_load` refuses a file that differs
    "air_quality": "1660b037bf4e10fb62cc35fd96248eef0052673f0b8d2599c7749410bafee7c5",
    "longley": "9d3fac00574e77bcc75cefe5b6befa889fb6ad15ea0f5376652face2514be935",
}


class Dataset(NamedTuple):
    """A table split into inputs and a target; unpack it: `x, y, *_ = longley()`."""

    x: np.ndarray  # (n, features), one row a sample
    y: np.ndarray  # (n,)
    features: tuple  # names of x's columns, with units
    target: str  # name of y, with its unit


def longley():
    """Employment in the United States, 1947 to 1962, and six features that grew together: x (16, 6), y (16,).

    Longley (1967), in the digits of NIST's Statistical Reference Datasets. A hard case on purpose: the features are
    nearly dependent, so no change of units makes them well conditioned. Raises ValueError if the file was changed.

    >>> x, y, features, target = longley()
    >>> x.shape, target, features[1]
    ((16, 6), 'employment (thousands)', 'GNP (million dollars)')
    """
    table = _load("longley")
    features = ("GNP deflator (1954 = 100)", "GNP (million dollars)", "unemployed (thousands)",
                "armed forces (thousands)", "population (thousands)", "year")
    return Dataset(table[:, :6], table[:, 6], features, "employment (thousands)")


def air_quality():
    """Ozone in New York on 111 days of 1973, and the weather: sun, wind, temperature; x (111, 3), y (111,).

    Chambers, Cleveland, Kleiner & Tukey (1983); the complete rows of R's `airquality`. A friendly case: only the units
    make it badly conditioned. Raises ValueError if the file was changed.

    >>> x, y, features, target = air_quality()
    >>> x.shape, features
    ((111, 3), ('solar radiation (langley)', 'wind (mph)', 'temperature (°F)'))
    """
    table = _load("air_quality")
    features = ("solar radiation (langley)", "wind (mph)", "temperature (°F)")
    return Dataset(table[:, 2:5], table[:, 5], features, "ozone (ppb)")


def standardize(x):
    """Each column of x (n, features) brought to mean 0 and standard deviation 1: returns (z, mean, std).

    std divides by n, as in scikit-learn's StandardScaler and numpy (R's scale divides by n - 1), so that z'z/n is the
    correlation matrix. Rescale new data with the same mean and std: z = (x - mean) / std. Raises ValueError for a
    column that is constant up to rounding, which has no scale.

    >>> z, mean, std = standardize([[1.0, 10.0], [3.0, 30.0]])
    >>> z.tolist(), mean.tolist(), std.tolist()
    ([[-1.0, -1.0], [1.0, 1.0]], [2.0, 20.0], [1.0, 10.0])
    """
    x = _table(x)
    mean = x.mean(axis=0)
    std = (x - mean).std(axis=0)
    constant = np.flatnonzero(std <= 1e-12 * np.abs(x).max(axis=0))
    if len(constant):
        raise ValueError(f"x: columns {constant.tolist()} are constant, so no scale makes their deviation 1; drop them")
    return (x - mean) / std, mean, std


def whiten(x):
    """Columns of x (n, features) made uncorrelated, mean 0 and variance 1: returns (z, mean, matrix).

    z = (x - mean) @ matrix.T, with matrix = R^(-1/2) diag(1/std) and R the correlation matrix: "ZCA-cor", of all
    whitenings the one nearest to the standardized columns (Kessy, Lewin & Strimmer 2018, table 1). z'z/n is the
    identity. Raises ValueError for columns that are constant, or linearly dependent up to rounding.

    >>> z, mean, matrix = whiten(longley().x)
    >>> bool(np.allclose(z.T @ z / len(z), np.eye(6)))
    True
    """
    z, mean, std = standardize(x)
    _, s, vt = np.linalg.svd(z, full_matrices=False)
    if s[-1] <= 1e-10 * s[0]:  # with no more rows than columns too: a mean was taken out
        raise ValueError(f"x: {z.shape[1]} linearly dependent columns; drop those that the rest explain")
    matrix = len(z) ** 0.5 * (vt.T / s) @ vt
    return z @ matrix, mean, matrix / std


def _table(x):
    x = np.asarray(x, float)
    if x.ndim != 2 or len(x) < 2 or not np.isfinite(x).all():
        raise ValueError(f"x: shape {x.shape}; expected (n, features), finite, n >= 2; x[:, None] makes a column")
    return x


def _load(name):
    path = Path(__file__).with_name("datasets") / f"{name}.csv"
    text = path.read_text(encoding="utf-8")  # any line end becomes \n
    if sha256(text.encode()).hexdigest() != CHECKSUMS[name]:
        raise ValueError(f"{path}: not the file that ships with optlib (its SHA-256 differs); restore it")
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    return np.loadtxt(rows[1:], delimiter=",")
