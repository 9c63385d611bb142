"""The shipped data against certified and published fits, and the two rescalings by their definitions."""
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optlib import data
from optlib.data import air_quality, longley, standardize, whiten

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
    files = sorted((data.Path(data.__file__).parent / "datasets").glob("*.csv"))
    assert {f.stem for f in files} == set(data.CHECKSUMS)
    for file in files:
        head = " ".join(line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#"))
        assert "(1967)" in head or "(1983)" in head
        assert "public domain" in head or "no copyright is claimed" in head


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
