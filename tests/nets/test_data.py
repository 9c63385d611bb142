"""The shipped data against certified and published fits, and the two rescalings by their definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optlib import data
from optlib.data import air_quality, digits, longley, moons, spirals, split, standardize, whiten

# NIST Statistical Reference Datasets, Longley: certified coefficients, their standard deviations, residual deviation, R^2.
NIST = [-3482258.63459582, 15.0618722713733, -0.0358191792925910, -2.02022980381683, -1.03322686717359,
        -0.0511041056535807, 1829.15146461355]  # fmt: skip
NIST_DEVIATIONS = [890420.383607373, 84.9149257747669, 0.0334910077722432, 0.488399681651699, 0.214274163161675,
                   0.226073200069370, 455.478499142212]  # fmt: skip


def least_squares(x, y):
    """Coefficients (intercept first), their standard deviations, residual deviation, R^2, residuals.

    Solved on standardized columns and scaled back: the raw problem loses half of the digits.
    """
    z, mean, std = standardize(x)
    n, p = z.shape
    q, r = np.linalg.qr(np.column_stack([np.ones(n), z]))
    back = np.zeros((p + 1, p + 1))  # coefficients of z to coefficients of x
    back[0, 0], back[0, 1:], back[1:, 1:] = 1, -mean / std, np.diag(1 / std)
    c = np.linalg.solve(r, q.T @ y)
    residuals = y - np.column_stack([np.ones(n), z]) @ c
    s2 = residuals @ residuals / (n - p - 1)
    root = back @ np.linalg.inv(r)
    r2 = 1 - residuals @ residuals / ((y - y.mean()) ** 2).sum()
    return back @ c, np.sqrt(s2 * (root**2).sum(axis=1)), np.sqrt(s2), r2, residuals


def test_longley_reproduces_the_certified_fit():
    x, y, features, _ = longley()
    coefficients, deviations, s, r2, _ = least_squares(x, y)
    assert x.shape == (16, 6) and y.shape == (16,) and len(features) == 6
    np.testing.assert_allclose(coefficients, NIST, rtol=1e-9)
    np.testing.assert_allclose(deviations, NIST_DEVIATIONS, rtol=1e-9)
    assert s == pytest.approx(304.854073561965, rel=1e-10) and r2 == pytest.approx(0.995479004577296, rel=1e-12)
    assert x[:, 5].tolist() == list(range(1947, 1963))


def test_one_wrong_digit_anywhere_in_longley_breaks_the_certified_fit():
    x, y, *_ = longley()
    for i in range(16):
        for j in range(7):
            table = np.column_stack([x, y])
            table[i, j] += 0.1 if j == 0 else 1
            assert not np.allclose(least_squares(table[:, :6], table[:, 6])[0], NIST, rtol=1e-9)


def test_air_quality_reproduces_the_published_fit():
    """Ozone on solar, wind and temperature, as R prints summary(lm(Ozone ~ Solar.R + Wind + Temp, airquality))."""
    x, y, features, _ = air_quality()
    coefficients, deviations, s, r2, residuals = least_squares(x, y)
    assert x.shape == (111, 3) and y.shape == (111,) and len(features) == 3
    np.testing.assert_array_equal(coefficients.round(5), [-64.34208, 0.05982, -3.33359, 1.65209])
    np.testing.assert_array_equal(deviations.round(5), [23.05472, 0.02319, 0.65441, 0.25353])
    assert (s.round(2), r2.round(4)) == (21.18, 0.6059)
    quartiles = np.percentile(residuals, [0, 25, 50, 75, 100]).round(3)
    np.testing.assert_array_equal(quartiles, [-40.485, -14.219, -3.551, 10.097, 95.619])


def test_condition_numbers_that_the_conditioning_chapter_prints():
    """Of X'X/n. The raw one of Longley is beyond 1/eps, so it is the square of the condition number of X."""
    for load, raw, scaled in ((longley, 2.361e19, 12220), (air_quality, 6.267e6, 3.4771)):
        x = load().x
        design = np.column_stack([np.ones(len(x)), x])
        assert np.linalg.cond(design) ** 2 == pytest.approx(raw, rel=1e-3)
        assert np.linalg.cond(standardize(x)[0]) ** 2 == pytest.approx(scaled, rel=1e-4)
        assert np.linalg.cond(whiten(x)[0]) ** 2 == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", ["longley", "air_quality"])
def test_a_changed_file_is_refused_and_line_ends_do_not_matter(name, tmp_path, monkeypatch):
    (tmp_path / "datasets").mkdir()
    monkeypatch.setattr(data, "__file__", str(tmp_path / "data.py"))
    original = (data.Path(__file__).parents[2] / "optlib" / "datasets" / f"{name}.csv").read_bytes()
    copy = tmp_path / "datasets" / f"{name}.csv"
    copy.write_bytes(original.replace(b"\n", b"\r\n"))
    load = getattr(data, name)
    assert len(load().x)
    copy.write_bytes(original.replace(b"19", b"91", 1))
    with pytest.raises(ValueError, match=f"{name}.csv: not the file that ships with optlib"):
        load()


def test_every_shipped_file_has_a_checksum_a_source_and_a_licence():
    folder = data.Path(data.__file__).parent / "datasets"
    files = [f for f in sorted(folder.iterdir()) if f.suffix != ".md"]
    assert {f.stem for f in files} == set(data.CHECKSUMS)
    for file in files:
        about = file if file.suffix == ".csv" else file.with_suffix(".md")
        lines = about.read_text(encoding="utf-8").splitlines()
        head = " ".join(line for line in lines if line.startswith("#") or about != file)
        assert any(year in head for year in ("(1967)", "(1983)", "(1998)"))
        assert any(licence in head for licence in ("public domain", "no copyright is claimed", "CC BY 4.0"))


# The digits


def test_the_digits_are_the_published_ones():
    """Counts as UCI's and scikit-learn's descriptions print them; sums over scikit-learn's copy, weighted by position."""
    x, y, features, target = digits()
    assert x.shape == (1797, 64) and y.shape == (1797,) and len(set(features)) == 64 and target == "digit"
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert x.min() == 0 and x.max() == 16 and (x == x.round()).all() and y.dtype.kind == "i"
    assert x.sum() == 561718 and (x**2).sum() == 6907012
    assert (x @ np.arange(1, 65)).sum() == 18222371 and y @ np.arange(1, 1798) == 7272861


def test_the_first_digit_looks_like_a_zero():
    """The image that scikit-learn's documentation prints."""
    first = digits().x[0].reshape(8, 8)
    assert first[0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0] and first[7].tolist() == [0, 0, 6, 13, 10, 0, 0, 0]
    assert digits().y[:10].tolist() == list(range(10))


def test_a_changed_digit_is_refused(tmp_path, monkeypatch):
    (tmp_path / "datasets").mkdir()
    original = data.Path(data.__file__).with_name("datasets") / "digits.npz"
    monkeypatch.setattr(data, "__file__", str(tmp_path / "data.py"))
    with np.load(original) as file:
        images, labels = file["images"].copy(), file["labels"]
    images[1000, 20] += 1
    np.savez_compressed(tmp_path / "datasets" / "digits.npz", images=images, labels=labels)
    with pytest.raises(ValueError, match="digits.npz: not the file that ships with optlib"):
        digits()
    (tmp_path / "datasets" / "digits.npz").write_bytes(original.read_bytes())
    assert len(digits().x) == 1797


def test_the_digits_are_small():
    assert (data.Path(data.__file__).with_name("datasets") / "digits.npz").stat().st_size <= 60_000


# Data from a seed


def test_moons_and_spirals_lie_where_they_should():
    x, y = moons(np.random.default_rng(0), 500, noise=0)
    np.testing.assert_allclose(np.hypot(*x[y == 0].T), 1)
    np.testing.assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1)
    assert (x[y == 0, 1] >= 0).all() and (x[y == 1, 1] <= 0.5).all()
    x, y = spirals(np.random.default_rng(0), 500, turns=2.5, noise=0)
    r, a = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    off = (a - 2 * np.pi * 2.5 * r - np.pi * y) / (2 * np.pi)
    np.testing.assert_allclose(off, off.round(), atol=1e-12)
    assert r.max() <= 1 and np.mean(r**2) == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("make", [moons, spirals])
def test_noise_is_a_standard_deviation_and_the_seed_decides_alone(make):
    clean, y = make(np.random.default_rng(1), 4000, noise=0)
    noisy, same = make(np.random.default_rng(1), 4000, noise=0.3)
    np.testing.assert_array_equal(y, same)
    assert (noisy - clean).std(axis=0) == pytest.approx([0.3, 0.3], rel=0.05)
    np.testing.assert_array_equal(noisy, make(np.random.default_rng(1), 4000, noise=0.3)[0])
    assert np.bincount(y).tolist() == [2000, 2000]


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.floats(0.05, 0.95))
def test_a_split_deals_every_row_once(seed, n, share):
    x, y = np.arange(2.0 * n).reshape(n, 2), np.arange(n)
    held = round(share * n)
    if not 0 < held < n:
        with pytest.raises(ValueError, match="leaves rows in both parts"):
            split(x, y, np.random.default_rng(seed), share)
        return
    parts = split(x, y, np.random.default_rng(seed), share)
    assert len(parts.y_test) == held and sorted([*parts.y, *parts.y_test]) == list(range(n))
    np.testing.assert_array_equal(parts.x[:, 0], 2 * parts.y)
    np.testing.assert_array_equal(parts.x_test[:, 0], 2 * parts.y_test)
    again = split(x, y, np.random.default_rng(seed), share)
    assert all(np.array_equal(a, b) for a, b in zip(parts, again, strict=True))


def test_two_seeds_split_in_two_ways():
    x, y, *_ = digits()
    a, b = (split(x, y, np.random.default_rng(seed)) for seed in (0, 1))
    assert a.x.shape == b.x.shape == (1348, 64) and not np.array_equal(a.x_test, b.x_test)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: moons(0), TypeError, "rng: 0; expected a generator"),
        (lambda: moons(np.random.default_rng(0), 1), ValueError, "n: 1; expected a number of points, 2 or more"),
        (lambda: moons(np.random.default_rng(0), 10.0), ValueError, "n: 10.0; expected"),
        (lambda: moons(np.random.default_rng(0), 10, -1), ValueError, "noise: -1; expected a finite number"),
        (lambda: spirals(np.random.default_rng(0), 10, np.inf), ValueError, "turns: inf; expected a finite number"),
        (lambda: spirals(np.random.default_rng(0), 10, 1, "a"), ValueError, "noise: 'a'; expected a finite number"),
        (lambda: split(np.ones((4, 1)), np.ones(3), np.random.default_rng(0)), ValueError, "as many rows"),
        (lambda: split(np.ones((4, 1)), np.ones(4), 0), TypeError, "rng: 0; expected a generator"),
        (lambda: split(np.ones((4, 1)), np.ones(4), np.random.default_rng(0), 1.0), ValueError, "test: 1.0 of 4 rows"),
        (lambda: split(np.ones((4, 1)), np.ones(4), np.random.default_rng(0), 0.01), ValueError, "test: 0.01 of 4 rows"),
    ],
)
def test_bad_input_for_data_from_a_seed_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()


tables = st.tuples(st.integers(0, 2**32 - 1), st.integers(4, 30), st.integers(1, 3))


def table(seed, n, p):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, p)) * 10.0 ** rng.uniform(-6, 6, p) + 10.0 ** rng.uniform(-3, 3, p)


@settings(max_examples=50, deadline=None)
@given(tables)
def test_standardize_and_whiten_do_what_they_say_and_change_nothing(size):
    x = table(*size)
    before = x.copy()
    x.setflags(write=False)
    z, mean, std = standardize(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(mean + std * z, x, rtol=1e-9)
    w, centre, matrix = whiten(x)
    np.testing.assert_allclose(w.T @ w / len(x), np.eye(x.shape[1]), atol=1e-5)
    np.testing.assert_allclose((x - centre) @ matrix.T, w, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(x, before)


@settings(max_examples=50, deadline=None)
@given(tables)
def test_standardize_forgets_the_units(size):
    x = table(*size)
    unit = 10.0 ** np.random.default_rng(size[0]).uniform(-6, 6, x.shape[1])
    np.testing.assert_allclose(standardize(x * unit)[0], standardize(x)[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(whiten(x * unit)[0], whiten(x)[0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: standardize(np.array([[1.0, 2.0], [1.0, 3.0]])), r"x: columns \[0\] are constant.*drop them"),
        (lambda: standardize(np.array([[0.1], [0.1], [0.1]])), r"x: columns \[0\] are constant"),
        (lambda: standardize(np.zeros((3, 2))), r"x: columns \[0, 1\] are constant"),
        (lambda: standardize(np.arange(3.0)), r"x: shape \(3,\); expected \(n, features\).*x\[:, None\]"),
        (lambda: standardize(np.ones((1, 2))), r"x: shape \(1, 2\); .*n >= 2"),
        (lambda: standardize(np.array([[1.0], [np.nan]])), r"x: .*finite"),
        (lambda: whiten(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])), r"x: 2 linearly dependent columns; drop"),
        (lambda: whiten(np.random.default_rng(0).standard_normal((3, 4))), r"x: 4 linearly dependent columns"),
    ],
)
def test_bad_input_is_named_with_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
