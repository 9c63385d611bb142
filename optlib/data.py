"""Data that ships with the book or comes from a seed, and the two usual ways to rescale it. Nothing is downloaded.

Each table in `datasets/` names its source, its units and its licence in its first lines, `digits.npz` in `digits.md`.
"""

from hashlib import sha256
from io import BytesIO
from numbers import Integral, Real
from pathlib import Path
from typing import NamedTuple

import numpy as np

CHECKSUMS = {  # SHA-256 of each file, line ends of a table as \n; `_read` refuses a file that differs
    "air_quality": "1660b037bf4e10fb62cc35fd96248eef0052673f0b8d2599c7749410bafee7c5",
    "longley": "9d3fac00574e77bcc75cefe5b6befa889fb6ad15ea0f5376652face2514be935",
    "digits": "9208093358789918581479b67a4eca5911d0f55ce3a16bd8349dd0784c32c1a8",
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
    features = "GNP deflator (1954 = 100), GNP (million dollars), unemployed (thousands), armed forces (thousands)"
    features = tuple(f"{features}, population (thousands), year".split(", "))
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


def digits():
    """Handwritten digits: 1,797 images of 8 by 8 pixels, by rows, ink from 0 to 16; x (1797, 64), y (1797,) integers.

    The test set of Alpaydin & Kaynak (1998), doi:10.24432/C50P49, CC BY 4.0, in the order of scikit-learn's load_digits.
    A net wants x / 16. Some pixels are always 0, so `standardize` refuses x. Raises ValueError if the file was changed.

    >>> x, y, *_ = digits()
    >>> x.shape, x.max(), np.bincount(y)
    ((1797, 64), np.float64(16.0), array([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]))
    """
    file = np.load(BytesIO(_read("digits.npz")), allow_pickle=False)
    return Dataset(file["images"].astype(float), file["labels"].astype(int), tuple(f"ink at {i}" for i in range(64)), "digit")


def moons(rng, n=200, noise=0.1):
    """Two half circles of radius 1 that reach into each other, the classes 0 and 1 in turn: x (n, 2), y (n,) integers.

    Angles are uniform. `noise` is the standard deviation of what is added to each coordinate.

    >>> moons(np.random.default_rng(0), 4)[1].tolist()
    [0, 1, 0, 1]
    """
    y = _classes(rng, n, noise=noise)
    a, side = rng.uniform(0, np.pi, n), 1 - 2 * y
    return np.stack([y + side * np.cos(a), y / 2 + side * np.sin(a)], axis=1) + noise * rng.standard_normal((n, 2)), y


def spirals(rng, n=200, turns=1.0, noise=0.02):
    """Two arms of a spiral in the unit disc, the classes 0 and 1 in turn, half a turn apart: x (n, 2), y (n,) integers.

    At radius r an arm has turned by the angle 2 pi turns r (+ pi for class 1), and r^2 is uniform; `noise` as for `moons`.

    >>> spirals(np.random.default_rng(0), 1000, turns=2)[0].shape
    (1000, 2)
    """
    y = _classes(rng, n, turns=turns, noise=noise)
    r = np.sqrt(rng.uniform(0, 1, n))
    a = 2 * np.pi * turns * r + np.pi * y
    return np.stack([r * np.cos(a), r * np.sin(a)], axis=1) + noise * rng.standard_normal((n, 2)), y


class Split(NamedTuple):
    """A table in two parts, one to train on and one held out; `optlib.train.train` takes it as it is."""

    x: np.ndarray
    y: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def split(x, y, rng, test=0.25):
    """Rows of x and y dealt at random into a part to train on and the share `test`, held out, each in its old order.

    The same seed deals the same rows. Raises ValueError where a part would be empty.

    >>> parts = split(np.arange(8.0)[:, None], np.arange(8), np.random.default_rng(0))
    >>> parts.y.tolist(), parts.y_test.tolist()
    ([0, 1, 3, 5, 6, 7], [2, 4])
    """
    x, y = np.asarray(x), np.asarray(y)
    if not x.ndim or x.shape[:1] != y.shape[:1]:
        raise ValueError(f"x, y: shapes {x.shape} and {y.shape}; expected as many rows, one a sample")
    _classes(rng, len(x))
    held = round(test * len(x)) if isinstance(test, Real) and 0 < test < 1 else 0
    if not 0 < held < len(x):
        raise ValueError(f"test: {test!r} of {len(x)} rows; expected a share between 0 and 1 that leaves rows in both parts")
    out = np.isin(np.arange(len(x)), rng.permutation(len(x))[:held])
    return Split(x[~out], y[~out], x[out], y[out])


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


def _classes(rng, n, **numbers):
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng: {rng!r}; expected a generator, as np.random.default_rng(0) makes")
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 2:
        raise ValueError(f"n: {n!r}; expected a number of points, 2 or more")
    for name, value in numbers.items():
        if not isinstance(value, Real) or not 0 <= value < np.inf:
            raise ValueError(f"{name}: {value!r}; expected a finite number, 0 or more")
    return np.arange(n) % 2


def _read(file):
    path = Path(__file__).with_name("datasets") / file
    content = path.read_bytes()
    if path.suffix == ".csv":
        content = content.replace(b"\r\n", b"\n")
    if sha256(content).hexdigest() != CHECKSUMS[path.stem]:
        raise ValueError(f"{path}: not the file that ships with optlib (its SHA-256 differs); restore it")
    return content


def _load(name):
    rows = [line for line in _read(f"{name}.csv").decode("utf-8").splitlines() if not line.startswith("#")]
    return np.loadtxt(rows[1:], delimiter=",")
