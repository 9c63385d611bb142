"""Second-order rules against theory: what each theorem promises is measured on the problems it speaks of."""

import inspect
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from second_order_problems import (
    COLLECTION,
    Beale,
    Himmelblau,
    Powell4,
    QuadraticN,
    RosenbrockN,
    StyblinskiTang,
)

from optlib import losses, rules, second_order
from optlib.line_search import Stop, armijo, exact
from optlib.run import Counted, final, iterate, run
from optlib.second_order import (
    bfgs,
    bfgs_update,
    damped_newton,
    gauss_newton,
    lbfgs,
    levenberg_marquardt,
    newton,
    powell,
    saddle_free,
    subproblem,
    trust_region,
    two_loop,
)

RULES = {
    name: f
    for name, f in vars(second_order).items()
    if inspect.isfunction(f) and list(inspect.signature(f).parameters)[:3] == ["x", "g", "t"]
}
QUADRATICS = [QuadraticN(n, kappa, seed) for n, kappa, seed in ((2, 10, 0), (5, 100, 1), (10, 1e4, 2), (20, 1e6, 3))]


class Saddle:
    """f = x² / 2 - y² / 2 + y⁴ / 4: a saddle at 0, minima at (0, ±1)."""

    def __call__(self, x):
        return x[0] ** 2 / 2 - x[1] ** 2 / 2 + x[1] ** 4 / 4

    def grad(self, x):
        return np.stack([x[0], x[1] ** 3 - x[1]])

    def hess(self, x):
        one, zero = np.ones_like(x[0]), np.zeros_like(x[0])
        return np.array([[one, zero], [zero, 3 * x[1] ** 2 - 1]])


class Monomial:
    """f = x^k / k in each coordinate: f' has a root of multiplicity k - 1."""

    def __init__(self, k):
        self.k = k

    def __call__(self, x):
        return (x**self.k).sum(axis=0) / self.k

    def grad(self, x):
        return x ** (self.k - 1)

    def hess(self, x):
        return np.diag((self.k - 1) * x ** (self.k - 2))


class Units:
    """`loss` in other units: f(M z) as a function of z."""

    def __init__(self, loss, M):
        self.loss, self.M = loss, M

    def __call__(self, z):
        return self.loss(self.M @ z)

    def grad(self, z):
        return self.M.T @ self.loss.grad(self.M @ z)

    def hess(self, z):
        return self.M.T @ self.loss.hess(self.M @ z) @ self.M


# Newton


@pytest.mark.parametrize("f", QUADRATICS, ids=lambda f: f"n={f.n}, κ={f.kappa:g}")
@pytest.mark.parametrize("rule", [newton, damped_newton, saddle_free], ids=lambda r: r.__name__)
def test_newton_reaches_the_minimum_of_a_quadratic_in_one_step(f, rule):
    record = run(rule, f, f.x0, 1)
    np.testing.assert_allclose(record.x, f.c, atol=1e-15 * f.kappa * 100)
    assert record.notes == ()


def test_newton_doubles_the_digits():
    """|e'| <= (M / 2m) |e|²: on f' = sinh the error is cubed (N&W theorem 3.5 with f''' = 0), on f' = e^x - 1 squared."""

    class Exponential:
        def grad(self, x):
            return np.expm1(x)

        def __call__(self, x):
            return (np.exp(x) - x).sum()

        def hess(self, x):
            return np.diag(np.exp(x))

    error = np.abs(run(newton, Exponential(), [0.5], 5).path[:, 0])
    assert error[5] < 1e-15
    ratio = error[1:5] / error[:4] ** 2  # tends to f'''/ 2f'' = 1/2
    assert np.all(ratio < 0.5) and ratio[3] == pytest.approx(0.5, rel=1e-2)


@pytest.mark.parametrize(("k", "rate"), [(3, 1 / 2), (4, 2 / 3), (6, 4 / 5)])
def test_newton_slows_to_a_fixed_rate_at_a_multiple_root(k, rate):
    """At a root of multiplicity r of f' the error shrinks by 1 - 1/r only: by 1/2 at a double root."""
    path = run(newton, Monomial(k), [1.0], 20).path[:, 0]
    np.testing.assert_allclose(path[1:] / path[:-1], rate, rtol=1e-12)


def test_newton_does_not_move_when_the_units_change_and_gradient_descent_does():
    f, rng = COLLECTION["Rosenbrock n=4"], np.random.default_rng(0)
    M = np.linalg.qr(rng.normal(size=(4, 4)))[0] @ np.diag([1, 10, 0.1, 100])
    z = np.linalg.solve(M, f.x0)
    here, there = run(newton, f, f.x0, 6).path, run(newton, Units(f, M), z, 6).path
    np.testing.assert_allclose(there @ M.T, here, rtol=1e-6, atol=1e-8)
    here, there = run(rules.sgd, f, f.x0, 6, lr=1e-6).path, run(rules.sgd, Units(f, M), z, 6, lr=1e-6).path
    assert np.abs(there @ M.T - here).max() > 1


def test_newton_goes_to_the_saddle_and_saddle_free_newton_leaves_it():
    start = [0.3, 0.2]
    newtons, free = run(newton, Saddle(), start, 30), run(saddle_free, Saddle(), start, 30)
    np.testing.assert_allclose(newtons.x, [0, 0], atol=1e-12)
    np.testing.assert_allclose(free.x, [0, 1], atol=1e-12)
    assert "the Hessian is indefinite (lowest eigenvalue -0.88)" in newtons.notes[0]
    assert run(trust_region, Saddle(), start, 30, tol=1e-10).x == pytest.approx([0, 1])
    assert run(damped_newton, Saddle(), start, 30, tol=1e-10).x == pytest.approx([0, 1])


def test_newton_climbs_to_a_maximum_and_says_so():
    record = run(newton, Hill(), [0.3, -0.2], 1)
    np.testing.assert_allclose(record.x, [0, 0], atol=1e-15)
    assert record.notes == ("step 1: the Hessian is negative semidefinite (lowest eigenvalue -10)",)
    assert "noted 1 times, first at step 1: the Hessian is negative semidefinite" in str(record)


class Hill:
    """f = -(x² + 10 y²) / 2."""

    def __call__(self, x):
        return -(x[0] ** 2 + 10 * x[1] ** 2) / 2

    def grad(self, x):
        return np.array([-x[0], -10 * x[1]])

    def hess(self, x):
        return np.diag([-1.0, -10.0])


def test_a_singular_hessian_stops_the_run_and_is_named():
    class Valley:  # f = (x + y)² / 2
        def __call__(self, x):
            return (x[0] + x[1]) ** 2 / 2

        def grad(self, x):
            return np.full_like(x, x[0] + x[1])

        def hess(self, x):
            return np.ones((2, 2))

    for rule in (newton, saddle_free):
        record = run(rule, Valley(), [1.0, 2.0], 5)
        assert record.steps == 0 and not record.converged
        assert "the Hessian is singular" in record.stopped
    record = run(saddle_free, Valley(), [1.0, 2.0], 50, damping=0.01, tol=1e-9)
    assert record.converged
    assert run(damped_newton, Valley(), [1.0, 2.0], 50, tol=1e-9).converged  # lifted, so that it can be divided by
    assert "the Hessian is singular" in run(damped_newton, Flat(), [1.0, 2.0], 50).stopped


class Flat:
    """A plane: its Hessian is zero."""

    def __call__(self, x):
        return x.sum()

    def grad(self, x):
        return np.ones_like(x)

    def hess(self, x):
        return np.zeros((len(x), len(x)))


def test_a_hessian_that_is_no_number_stops_the_run():
    class Broken(Saddle):
        def hess(self, x):
            return np.full((2, 2), np.nan)

    for rule in (newton, damped_newton, saddle_free, trust_region):
        assert "not finite" in run(rule, Broken(), [1.0, 2.0], 3).stopped


@pytest.mark.parametrize("rule", [newton, damped_newton, saddle_free], ids=lambda r: r.__name__)
def test_a_sweep_of_starts_equals_its_single_runs(rule):
    f = losses.Rosenbrock(b=10)
    grid = np.stack(np.meshgrid(np.linspace(-2, 2, 5), np.linspace(-1, 2, 4)))
    whole = final(rule, f, grid, 6).x
    for i, j in np.ndindex(4, 5):
        np.testing.assert_allclose(whole[:, i, j], final(rule, f, grid[:, i, j], 6).x, rtol=1e-9, atol=1e-12)


def test_a_singular_cell_of_a_sweep_becomes_nan_and_is_counted():
    record = final(newton, Saddle(), [[0.3, 0.3, 0.3], [0.2, 1 / 3**0.5, 2.0]], 1)
    # 3 y² - 1 is a rounding error at y = 1/√3, small against the other eigenvalue 1
    assert np.isnan(record.x).any(axis=0).tolist() == [False, True, False]
    assert "step 1: the Hessian is singular at 1 of 3 points" in record.notes
    assert record.diverged == 1


# Trust region


def test_the_subproblem_is_solved_as_theorem_4_1_demands():
    """For random B, definite or not, and the hard case: the optimality conditions, which are sufficient."""
    rng = np.random.default_rng(0)
    hard = 0
    for k in range(300):
        n = int(rng.integers(1, 7))
        eigenvalues = np.sort(rng.normal(size=n) * 10 ** rng.uniform(-3, 3))
        if k % 3 == 0:
            eigenvalues[: n // 2 + 1] = eigenvalues[0]
        vectors = np.linalg.qr(rng.normal(size=(n, n)))[0]
        b, radius = rng.normal(size=n), 10 ** rng.uniform(-2, 2)
        if k % 2 == 0:
            b[eigenvalues == eigenvalues[0]] = 0
        g = vectors @ b
        p = subproblem(g, eigenvalues, vectors, radius)
        B = vectors @ np.diag(eigenvalues) @ vectors.T
        length = np.linalg.norm(p)
        assert length <= radius * (1 + 1e-9)
        scale = np.abs(eigenvalues).max() + np.linalg.norm(g) / radius
        mu = -(p @ (B @ p + g)) / max(p @ p, 1e-300)
        assert mu >= max(0, -eigenvalues[0]) - 1e-7 * scale
        assert np.linalg.norm(B @ p + mu * p + g) <= 1e-6 * (np.linalg.norm(g) + scale * length)
        if mu > 1e-6 * scale:
            assert length == pytest.approx(radius, rel=1e-6)
        hard += bool(k % 2 == 0 and eigenvalues[0] < 0 and mu == pytest.approx(-eigenvalues[0], rel=1e-6))
    assert hard > 20


def test_trust_region_leaves_a_saddle_even_where_the_gradient_vanishes():
    record = run(trust_region, Saddle(), [0.0, 0.0], 20)
    assert abs(record.x[1]) == pytest.approx(1)


def test_trust_region_never_climbs_and_counts_refused_trials_as_steps():
    f = RosenbrockN(2)
    record = run(trust_region, f, f.x0, 100, tol=1e-9, first=5.0)
    values = [f(x) for x in record.path]
    assert all(b <= a for a, b in zip(values, values[1:], strict=False))
    still = sum(np.array_equal(a, b) for a, b in zip(record.path, record.path[1:], strict=False))
    assert record.converged and still > 0
    assert record.calls["value"] == record.steps + 1
    assert record.calls["grad"] == record.calls["hess"] + 1 == record.steps - still + 1


def test_the_radius_grows_shrinks_and_stops_at_its_bound():
    f = QuadraticN(2, 1.0)
    far = f.c + np.array([100.0, 0.0])
    radii = [state[0] for _, *state in steps_of(trust_region, f, far, 12, first=1.0, largest=8.0)]
    assert radii[:5] == [0, 2.0, 4.0, 8.0, 8.0]
    x, radius, _ = trust_region(np.array([-1.2, 1.0]), RosenbrockN(2).grad(np.array([-1.2, 1.0])), 1, 50.0, loss=Refusing())
    assert x.tolist() == [-1.2, 1.0] and radius < 50 / 4 + 1e-9


class Refusing(RosenbrockN):
    """Worse everywhere but at the start."""

    def __call__(self, x):
        return 0.0 if x.tolist() == [-1.2, 1.0] else 1.0


def steps_of(rule, loss, x, steps, **hyper):
    walk = iterate(rule, loss, x, **hyper)
    return [next(walk) for _ in range(steps + 1)]


def test_a_trust_region_that_only_fails_shrinks_to_nothing_and_says_so():
    record = run(trust_region, Refusing(2), [-1.2, 1.0], 200)
    assert "the trust region shrank" in record.stopped and record.x.tolist() == [-1.2, 1.0]

    class RefusingAtZero(Flat):
        def __call__(self, x):
            return float(np.any(x))

    assert "the trust region shrank" in run(trust_region, RefusingAtZero(), [0.0, 0.0], 2000).stopped


# Least squares


def test_gauss_newton_solves_a_linear_problem_in_one_step_and_names_a_deficient_one():
    rng = np.random.default_rng(0)
    J, r = rng.normal(size=(9, 4)), rng.normal(size=9)
    record = run(gauss_newton, Linear(J, r), np.zeros(4), 1)
    np.testing.assert_allclose(record.x, np.linalg.lstsq(J, r)[0], rtol=1e-12)
    assert record.notes == () and record.calls == {"grad": 1, "jacobian": 1, "residual": 1}
    J[:, 3] = J[:, 2]
    deficient = run(gauss_newton, Linear(J, r), np.zeros(4), 1)
    np.testing.assert_allclose(deficient.x, np.linalg.lstsq(J, r)[0], rtol=1e-9)
    assert deficient.notes == ("step 1: the Jacobian is rank-deficient (rank 3 of 4)",)
    assert "rank-deficient" in run(levenberg_marquardt, Linear(J, r), np.zeros(4), 1).notes[0]


class Linear:
    """f = |J x - r|² / 2."""

    def __init__(self, J, r):
        self.J, self.r = J, r

    def residual(self, x):
        return self.J @ x - self.r

    def jacobian(self, x):
        return self.J

    def __call__(self, x):
        return self.residual(x) @ self.residual(x) / 2

    def grad(self, x):
        return self.J.T @ self.residual(x)


def test_levenberg_marquardt_is_the_trust_region_on_the_normal_matrix():
    f, x, radius = Beale(), np.array([1.0, 1.0]), 0.3
    J, g = f.jacobian(x), f.grad(x)
    new, _, _ = levenberg_marquardt(x, g, 1, radius, loss=f)
    p = new - x
    assert np.linalg.norm(p) == pytest.approx(radius, rel=1e-9)
    mu = -(p @ (J.T @ J @ p + g)) / (p @ p)
    assert mu > 0
    np.testing.assert_allclose((J.T @ J + mu * np.eye(2)) @ p, -g, rtol=1e-8)


# Quasi-Newton


@pytest.mark.parametrize("f", [QuadraticN(n, kappa, seed) for n, kappa, seed in ((2, 10, 0), (5, 50, 1), (8, 100, 2))])
def test_bfgs_ends_on_a_quadratic_in_n_steps_and_holds_its_inverse_hessian(f):
    """N&W theorem 6.4, with exact line search; and not a step earlier."""
    record = run(bfgs, f, f.x0, f.n, search=exact)
    start = np.abs(f.grad(f.x0)).max()
    assert np.abs(f.grad(record.x)).max() < 1e-9 * start
    assert np.abs(f.grad(record.path[-2])).max() > 1e-6 * start
    np.testing.assert_allclose(record.state["H"], np.linalg.inv(f.A), rtol=1e-6, atol=1e-8)


def test_lbfgs_with_enough_memory_walks_as_bfgs_on_a_quadratic_and_ends_with_it():
    f = QuadraticN(6, 20)
    here, there = run(bfgs, f, f.x0, 6, search=exact).path, run(lbfgs, f, f.x0, 6, search=exact, memory=6).path
    np.testing.assert_allclose(there, here, atol=1e-8)
    assert np.abs(f.grad(there[-1])).max() < 1e-8
    assert np.abs(run(lbfgs, f, f.x0, 6, search=exact, memory=1).path - there).max() < 1e-8  # conjugate gradients, all three
    inexact = partial(armijo, c1=0.3)
    few = run(lbfgs, f, f.x0, 6, search=inexact, memory=1).path
    assert np.abs(few - run(lbfgs, f, f.x0, 6, search=inexact, memory=6).path).max() > 1e-3


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 6))
def test_the_two_loops_are_the_matrix_update_unrolled(seed, n, count):
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(n, n))
    A = A @ A.T + np.eye(n)
    pairs = [(s, A @ s) for s in rng.normal(size=(count, n))]
    s, y = pairs[-1]
    H = (s @ y) / (y @ y) * np.eye(n)
    for s, y in pairs:
        H = bfgs_update(H, s, y)
    g = rng.normal(size=n)
    np.testing.assert_allclose(two_loop(g, pairs), -H @ g, rtol=1e-6, atol=1e-9 * np.linalg.norm(H))


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_a_bfgs_update_keeps_secant_equation_symmetry_definiteness_and_rank_two(seed, n):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n))
    H, (s, y) = root @ root.T + np.eye(n), rng.normal(size=(2, n))
    y *= np.sign(s @ y)
    if s @ y < 1e-3 * np.linalg.norm(s) * np.linalg.norm(y):
        y = y + s
    new = bfgs_update(H, s, y)
    np.testing.assert_allclose(new @ y, s, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(new, new.T, rtol=1e-9, atol=1e-9 * np.abs(new).max())
    assert np.linalg.eigvalsh(new)[0] > 0
    singular = np.linalg.svd(new - H, compute_uv=False)
    assert n <= 2 or singular[2] < 1e-10 * singular[0]
    assert n < 2 or singular[1] > 1e-10 * singular[0]  # the notes say rank one: it is two


@given(st.integers(0, 2**32 - 1), st.integers(1, 8))
def test_powell_damping_keeps_the_update_definite_and_leaves_good_pairs_alone(seed, n):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(n, n))
    B = root @ root.T + np.eye(n)
    s, y = rng.normal(size=(2, n))
    r = powell(s, y, B @ s)
    assert s @ r >= 0.2 * (s @ B @ s) * (1 - 1e-9)
    if s @ y >= 0.2 * (s @ B @ s):
        assert np.array_equal(r, y)
    else:
        assert s @ r == pytest.approx(0.2 * (s @ B @ s))
    assert np.linalg.eigvalsh(bfgs_update(np.linalg.inv(B), s, r))[0] > 0


def test_bfgs_damps_and_lbfgs_skips_a_pair_without_curvature_and_both_say_so():
    f, start = Saddle(), [0.1, 0.2]  # concave along y near 0: s·y < 0 for a short step along y
    record = run(bfgs, f, start, 1, search=lambda *_: 0.1)
    assert len(record.notes) == 1 and "step 1: s·y is not positive, y is damped (s·y = -" in record.notes[0]
    assert np.linalg.eigvalsh(record.state["H"])[0] > 0
    record = run(lbfgs, f, start, 1, search=lambda *_: 0.1)
    assert len(record.notes) == 1 and "the pair is skipped (s·y = -" in record.notes[0]
    assert record.state["pairs"] == ()
    for rule in (bfgs, lbfgs):
        for name, f in COLLECTION.items():
            assert run(rule, f, f.x0, 200, tol=1e-6).notes == (), name  # a strong Wolfe step leaves positive curvature


def test_damped_bfgs_uses_b_times_s_from_the_step():
    """B s = -a g: the damped pair is the one of the formula with B = H⁻¹."""
    rng = np.random.default_rng(0)
    root = rng.normal(size=(2, 2))
    H, f, x = root @ root.T + np.eye(2), Saddle(), np.array([0.1, 0.2])
    g = f.grad(x)
    new, updated, notes = bfgs(x, g, 2, H, loss=f, search=lambda *_: 0.05)
    s = new - x
    y = f.grad(new) - g
    assert s @ y < 0 and notes
    np.testing.assert_allclose(updated, bfgs_update(H, s, powell(s, y, np.linalg.solve(H, s))), rtol=1e-9)


@pytest.mark.parametrize("rule", [bfgs, lbfgs], ids=lambda r: r.__name__)
def test_quasi_newton_paths_do_not_depend_on_the_scale_of_the_loss(rule):
    class Scaled(RosenbrockN):
        def __call__(self, x):
            return 1024 * super().__call__(x)

        def grad(self, x):
            return 1024 * super().grad(x)

    f = RosenbrockN(4)
    here, there = run(rule, f, f.x0, 20).path, run(rule, Scaled(4), f.x0, 20).path
    np.testing.assert_allclose(there, here, rtol=1e-6, atol=1e-8)


def test_memory_holds_the_newest_pairs_only():
    f = RosenbrockN(10)
    walk = steps_of(lbfgs, f, f.x0, 8, memory=3)
    assert [len(pairs) for _, pairs, _ in walk] == [0, 1, 2, 3, 3, 3, 3, 3, 3]
    x7, x8 = walk[7][0], walk[8][0]
    np.testing.assert_array_equal(walk[8][1][-1][0] + x7, x8)
    assert walk[8][1][0] is walk[7][1][1]
    for wrong in (0, 2.5, -1):
        with pytest.raises(ValueError, match="memory is"):
            run(lbfgs, f, f.x0, 1, memory=wrong)


# The record


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_pure_and_returns_its_states_in_order(name):
    rule, f = RULES[name], Beale()
    x, g = np.array([0.5, 0.4]), f.grad(np.array([0.5, 0.4]))
    before = x.copy(), g.copy()
    first, second = rule(x, g, 1, loss=f), rule(x, g, 1, loss=f)
    assert np.array_equal(x, before[0]) and np.array_equal(g, before[1])
    assert np.array_equal(first[0], second[0])
    states = [p.name for p in list(inspect.signature(rule).parameters.values())[3:] if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert len(first) == 1 + len(states) and states[-1] == "notes"
    assert all(isinstance(note, str) for note in first[-1])


@pytest.mark.parametrize("name", RULES)
def test_the_record_counts_every_evaluation(name):
    """The counts are those of a loss that counts itself; asking twice at one point is free."""
    counts = {"value": 0, "grad": 0, "hess": 0, "residual": 0, "jacobian": 0}

    class Honest(Beale):
        def __call__(self, x):
            counts["value"] += 1
            r = Beale.residual(self, x)
            return r @ r / 2

        def grad(self, x):
            counts["grad"] += 1
            return Beale.jacobian(self, x).T @ Beale.residual(self, x)

        def hess(self, x):
            counts["hess"] += 1
            J = Beale.jacobian(self, x)
            return J.T @ J + np.tensordot(Beale.residual(self, x), self.curvatures(x), 1)

        def residual(self, x):
            counts["residual"] += 1
            return super().residual(x)

        def jacobian(self, x):
            counts["jacobian"] += 1
            return super().jacobian(x)

    record = run(RULES[name], Honest(), [2.5, 0.4], 6)
    counts["value"] -= 1  # the loss at the end, for the record itself
    assert record.calls == {k: v for k, v in counts.items() if v}
    assert record.evaluations == counts["grad"]
    expected = {
        "newton": {"grad": 6, "hess": 6},
        "saddle_free": {"grad": 6, "hess": 6},
        "gauss_newton": {"grad": 6, "residual": 6, "jacobian": 6},
    }
    assert record.calls == expected.get(name, record.calls)


def test_the_record_says_why_a_run_ended():
    f = QuadraticN(3, 10)
    record = run(bfgs, f, f.x0, 50, tol=1e-6)
    assert record.converged
    assert record.stopped == f"after {record.steps} steps, no partial derivative is above the tolerance 1e-06"
    assert len(record.path) == record.steps + 1 and np.abs(f.grad(record.x)).max() <= 1e-6
    assert np.abs(f.grad(record.path[-2])).max() > 1e-6
    short = run(bfgs, f, f.x0, 2, tol=1e-6)
    assert not short.converged and short.stopped == "took all 2 steps" and short.reason is None

    class Falling(Flat):
        def __call__(self, x):
            return -x.sum()

        def grad(self, x):
            return -np.ones_like(x)

    failed = run(lbfgs, Falling(), [1.0, 2.0], 9)
    assert not failed.converged and "line search failed" in failed.stopped and failed.steps == 0
    assert "line search failed" in str(failed)
    with pytest.raises(Stop, match="line search failed"):
        list(iterate(lbfgs, Falling(), [1.0, 2.0]))
    assert "exactly zero" in run(lbfgs, f, f.c, 9).stopped
    same = final(bfgs, f, f.x0, 50, tol=1e-6)
    assert same.path is None and np.array_equal(same.x, record.x) and same.calls == record.calls


def test_a_tolerance_stops_first_order_rules_as_well():
    record = run(rules.sgd, losses.Quadratic(kappa=1), [1.0, 0.0], 100, lr=0.5, tol=0.1)
    assert record.converged and record.steps == 4 and record.evaluations == 5
    assert run(rules.sgd, losses.Quadratic(), [1.0, 0.0], 7).evaluations == 7
    for wrong in (-1.0, float("nan"), "small", [1.0, 2.0]):
        with pytest.raises(ValueError, match="tol"):
            run(rules.sgd, losses.Quadratic(), [1.0, 0.0], 7, tol=wrong)


def test_rules_ask_for_what_they_need_in_one_sentence():
    with pytest.raises(TypeError, match="newton asks for the loss itself"):
        run(newton, lambda x: x, [1.0], 3)
    with pytest.raises(TypeError, match="has no method hess"):
        run(newton, Linear(np.eye(2), np.ones(2)), [1.0, 2.0], 3)
    with pytest.raises(TypeError, match="search is 0.5: give a function"):
        run(bfgs, QuadraticN(2), [1.0, 2.0], 3, search=0.5)
    with pytest.raises(TypeError, match="no hyperparameter 'search_'.*did you mean 'search'"):
        run(bfgs, QuadraticN(2), [1.0, 2.0], 3, search_=exact)
    for rule in (bfgs, lbfgs, trust_region):
        with pytest.raises(ValueError, match="takes one point"):
            run(rule, losses.Rosenbrock(), np.ones((2, 3)), 3)


def test_a_learning_rate_of_newton_may_be_a_schedule_or_a_sweep():
    f = losses.Quadratic(kappa=10)
    assert run(newton, f, [1.0, 1.0], 2, lr=lambda t: 1 / t**2 / 2).x == pytest.approx([0.5 * 0.875] * 2)
    swept = run(newton, f, [[1.0], [1.0]], 1, lr=np.array([0.0, 0.5, 1.0])).x
    np.testing.assert_allclose(swept, [[1, 0.5, 0]] * 2, atol=1e-15)


@pytest.mark.parametrize("name", [n for n in RULES if n not in ("gauss_newton", "levenberg_marquardt")])
def test_float32_stays_float32(name):
    record = run(RULES[name], losses.Rosenbrock(b=np.float32(10)), np.float32([-1.0, 0.5]), 5)
    assert record.path.dtype == np.float32
    walk = steps_of(RULES[name], losses.Rosenbrock(b=np.float32(10)), np.float32([-1.0, 0.5]), 5)
    assert all(x.dtype == np.float32 for x, *_ in walk)


def test_the_counter_forgets_all_but_two_points():
    f = Counted(Himmelblau())
    a, b, c = np.eye(3)[:, :2]
    for x in (a, b, a, b, a):
        f(x)
    assert f.calls == {"value": 2}
    f(c), f(a)
    assert f.calls == {"value": 3}
    f(b)
    assert f.calls == {"value": 4}
    assert f.x0 is Himmelblau.x0 and not hasattr(f, "hvp")


def test_powells_singular_function_is_reached_although_the_hessian_is_singular_there():
    f = Powell4()
    for rule in (damped_newton, trust_region, levenberg_marquardt, bfgs, lbfgs):
        record = run(rule, f, f.x0, 300, tol=1e-8)
        assert record.converged and np.abs(record.x).max() < 1e-2
    path = run(newton, f, f.x0, 15).path
    ratio = np.linalg.norm(path[6:], axis=1) / np.linalg.norm(path[5:-1], axis=1)
    np.testing.assert_allclose(ratio, 2 / 3, rtol=0.05)  # quartic along the null space: the rate of a triple root


def test_styblinski_tang_shows_newton_at_a_maximum_and_the_others_at_a_minimum():
    f = StyblinskiTang(2)
    assert f(run(newton, f, [0.5, 0.5], 20).x) > 0
    for rule in (damped_newton, saddle_free, trust_region, bfgs, lbfgs):
        record = run(rule, f, [0.5, 0.5], 60, tol=1e-8)
        assert record.converged and np.linalg.eigvalsh(f.hess(record.x))[0] > 0
