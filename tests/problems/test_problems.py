"""The problems of any dimension: derivatives, shapes, and what theory and other libraries say of each."""

import inspect

import numpy as np
import pytest
import torch
from scipy import optimize

from optlib import catalogue, final, problems, rules, run, schedules, second_order, translate
from optlib.problems import Chain, LeastSquares, Logistic, NoisyQuadratic, OnlineCounterexample, QuadraticN

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4)) * [1, 5, 0.2, 1] + [0, 1, 0, -1]
Y = X @ [1, -0.5, 2, 0] + 0.1 * RNG.normal(size=30)
LABELS = (Y + RNG.normal(size=30) > 0).astype(int)
PROBLEMS = {
    "QuadraticN": QuadraticN([-1.0, 2.0, 3.0, 10.0], rng=np.random.default_rng(1), center=[1, 2, 3, 4]),
    "LeastSquares": LeastSquares(X, Y),
    "Logistic": Logistic(X, LABELS, wd=0.1),
    "Chain": Chain(4, L=3.0),
    "NoisyQuadratic": NoisyQuadratic([0.5, 1.0, 2.0, 4.0], sigma=0.3),
}
EACH = pytest.mark.parametrize("loss", PROBLEMS.values(), ids=PROBLEMS)


def test_every_problem_is_tested():
    kinds = {n for n, c in vars(problems).items() if inspect.isclass(c) and c.__module__ == problems.__name__}
    assert kinds == set(PROBLEMS) | {"OnlineCounterexample"}
    assert not kinds & set(catalogue.LOSSES)


@EACH
def test_gradient_and_hessian_are_derivatives(loss):
    """By central differences with their order of error shown: a tenth of the step, a hundredth of the error."""
    x, direction = np.random.default_rng(2).normal(size=(2, 4))
    slope, bend = loss.grad(x) @ direction, loss.hess(x) @ direction
    for h, tolerance in ((1e-2, 1e-3), (1e-3, 1e-5), (1e-4, 1e-7)):
        np.testing.assert_allclose((loss(x + h * direction) - loss(x - h * direction)) / (2 * h), slope, rtol=tolerance)
        near = (loss.grad(x + h * direction) - loss.grad(x - h * direction)) / (2 * h)
        np.testing.assert_allclose(near, bend, rtol=tolerance, atol=tolerance)


@EACH
def test_a_grid_is_its_points(loss):
    grid = np.random.default_rng(3).normal(size=(4, 2, 3))
    value, grad, hess = loss(grid), loss.grad(grid), loss.hess(grid)
    assert value.shape == (2, 3) and grad.shape == (4, 2, 3) and hess.shape == (4, 4, 2, 3)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_allclose(value[i, j], loss(grid[:, i, j]), rtol=1e-13)
        np.testing.assert_allclose(grad[:, i, j], loss.grad(grid[:, i, j]), rtol=1e-12)
        np.testing.assert_allclose(hess[:, :, i, j], loss.hess(grid[:, i, j]), rtol=1e-12)


@EACH
def test_minima_and_curvature(loss):
    for point in loss.minima:
        np.testing.assert_allclose(loss.grad(np.array(point)), 0, atol=1e-12)
    for x in 3 * np.random.default_rng(4).normal(size=(50, 4)):
        eigenvalues = np.linalg.eigvalsh(loss.hess(x))
        assert loss.curvature[0] - 1e-12 <= eigenvalues[0] and eigenvalues[-1] <= loss.curvature[1] * (1 + 1e-12)


def test_spectrum_and_axes():
    """The same eigenvalues whatever the axes, and axes without preference: the mean of their squared entries is 1/n."""
    squares = []
    for seed in range(300):
        f = QuadraticN([1.0, 4.0, 9.0], rng=np.random.default_rng(seed))
        np.testing.assert_allclose(np.linalg.eigvalsh(f.matrix), [1, 4, 9], rtol=1e-12)
        np.testing.assert_allclose(f.axes.T @ f.axes, np.eye(3), atol=1e-14)
        squares.append(np.stack([f.axes**2, f.axes]))
    mean = np.mean(squares, axis=0)
    np.testing.assert_allclose(mean[0], 1 / 3, atol=0.07)  # four standard errors of 0.298/√300
    np.testing.assert_allclose(mean[1], 0, atol=0.14)  # of 0.577/√300; a QR without signs fails here
    assert QuadraticN([1.0, -2.0]).minima == () and (QuadraticN([1.0, 2.0]).matrix == np.diag([1.0, 2.0])).all()


def test_values_between_the_extremes_cost_nothing():
    """Descent at 2/(μ + L) on any spectrum from 1 to κ takes no longer than on the two ends alone (syllabus, chapter 2)."""
    ends = [run(rules.sgd, QuadraticN(s), np.ones(len(s)), 300, lr=2 / 101).x for s in ([1.0, 100.0], [1.0, 7.0, 50.0, 100.0])]
    np.testing.assert_allclose(ends[0][0], ends[1][0])
    assert np.abs(ends[1][1:3]).max() < np.abs(ends[1][0])


def test_least_squares():
    loss = PROBLEMS["LeastSquares"]
    w = np.array([1.0, -2.0, 0.5, 3.0])
    np.testing.assert_allclose(loss(w), np.mean((X @ w - Y) ** 2) / 2)
    np.testing.assert_allclose(loss.minima[0], np.linalg.lstsq(X, Y)[0])
    np.testing.assert_allclose(loss(w), loss.residual(w) @ loss.residual(w) / 2)
    np.testing.assert_allclose(loss.jacobian(w).T @ loss.residual(w), loss.grad(w))
    one = run(second_order.gauss_newton, loss, w, 1)
    np.testing.assert_allclose(one.x, loss.minima[0], atol=1e-10)
    assert LeastSquares([[1.0, 1.0], [2.0, 2.0]], [1.0, 2.0]).minima == ()
    with pytest.raises(ValueError, match=r"features have shape \(4,\) and the target \(4,\)"):
        LeastSquares(np.ones(4), np.ones(4))


def test_logistic_is_torchs():
    loss, w = Logistic(X, LABELS), torch.tensor([0.3, -0.2, 1.0, 0.5], dtype=torch.float64, requires_grad=True)
    theirs = torch.nn.functional.binary_cross_entropy_with_logits(
        torch.tensor(X) @ w, torch.tensor(LABELS, dtype=torch.float64)
    )
    theirs.backward()
    np.testing.assert_allclose(loss(w.detach().numpy()), theirs.item(), rtol=1e-13)
    np.testing.assert_allclose(loss.grad(w.detach().numpy()), w.grad.numpy(), rtol=1e-12)


def test_logistic_is_stable_and_bounded():
    loss = Logistic([[1.0], [-1.0]], [1, 0])  # a plane separates them
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(loss([-1000.0]), 1000)
        assert loss([1000.0]) == 0 and loss.grad([1000.0]) == 0 and loss.hess([[5000.0]]) == 0
    grown = [run(rules.sgd, loss, [0.0], n, lr=1.0).x[0] for n in (10, 100, 1000)]
    np.testing.assert_allclose(np.diff(grown), np.log(10), rtol=0.2)  # log t, for ever (Soudry et al. 2018)
    decayed = PROBLEMS["Logistic"]
    best = optimize.minimize(decayed, np.zeros(4), jac=decayed.grad, tol=1e-10).x
    ours = run(rules.sgd, decayed, np.zeros(4), 4000, lr=1 / decayed.curvature[1]).x
    np.testing.assert_allclose(ours, best, atol=1e-6)
    with pytest.raises(ValueError, match="each is 0 or 1"):
        Logistic([[1.0], [2.0]], [-1, 1])


# The chain: Nesterov (2004, sec. 2.1.2)

TUNED = {  # anything within its stability, since the light cone holds whatever the tuning
    "sgd": {"lr": 1.9},
    "momentum": {"lr": 1.0, "beta": 0.9},
    "ema_momentum": {"lr": 5.0, "beta": 0.9},
    "nesterov": {"lr": 1.0, "beta": 0.9},
    "nesterov_look_ahead": {"lr": 1.0, "beta": 0.9},
    "adam": {"lr": 0.1},
    "adagrad": {"lr": 0.5},
    "rmsprop": {"lr": 0.1},
    "sign_descent": {"lr": 0.1},
    "lion": {"lr": 0.1},
    "delta_bar_delta": {"lr": 0.5},
    "adam_uncorrected": {"lr": 0.1},
    "adamw": {"lr": 0.1},
    "amsgrad": {"lr": 0.1},
}


@pytest.mark.parametrize("name", catalogue.RULES)
def test_light_cone(name):
    """After k steps from 0 coordinate k + 1 and all beyond are exactly 0, and f has not passed the bound."""
    loss = Chain(41)
    path = run(catalogue.RULES[name], loss, np.zeros(41), 41, **TUNED[name]).path
    for k, x in enumerate(path):
        assert (x[k:] == 0).all()
        assert loss(x) - loss.least >= loss.bound(k) * (1 - 1e-12)
    assert (path != 0).any(axis=0).all()  # and every coordinate has been reached


def test_chain_as_published():
    """The least value, the minimum and the bound of theorem 2.1.7, with L = 2 as an example."""
    for n in (1, 5, 41):
        loss = Chain(n, L=2.0)
        best = np.array(loss.minima[0])
        np.testing.assert_allclose(loss(best), loss.least, rtol=1e-12)
        np.testing.assert_allclose(loss.least, 2 / 8 * (-1 + 1 / (n + 1)))
        assert best @ best <= (n + 1) / 3 and np.linalg.eigvalsh(loss.matrix)[-1] < 2
        np.testing.assert_allclose(np.linalg.eigvalsh(loss.matrix)[[0, -1]], loss.curvature, rtol=1e-10)
        k = (n - 1) // 2
        assert loss.bound(k) >= 3 * 2 * (best @ best) / (32 * (k + 1) ** 2) * (1 - 1e-12)
    for bad in (0, 2.5, True):
        with pytest.raises(ValueError, match="n is"):
            Chain(bad)


def test_conjugate_gradients_meet_the_bound():
    """The bound is the best that is possible: scipy's conjugate gradients reach it at every step."""
    loss = Chain(21)
    reached = []
    from scipy.sparse.linalg import cg

    cg(loss.matrix, np.eye(21)[0] / 4, rtol=1e-14, maxiter=12, callback=lambda x: reached.append(loss(x) - loss.least))
    np.testing.assert_allclose(reached, [loss.bound(k) for k in range(1, 13)], rtol=1e-9)


# The online counterexample: Reddi, Kale & Kumar (2018)


@pytest.mark.parametrize("C", [2.5, 3.0, 10.0])
def test_adam_ends_at_the_worst_point_and_amsgrad_at_the_best(C):
    """Theorem 1 with β₁ = 0, β₂ = 1/(1 + C²) and α/√t; plain descent goes where AMSGrad goes."""
    game = OnlineCounterexample(C)
    rate = {"lr": schedules.schedule(schedules.power, lr=0.5, s=1, c=0.5)}
    hyper = rate | {"beta1": 0.0, "beta2": game.beta2}
    ends = {r.__name__: run(game.online(r), game, [0.0], 6000, **hyper).x[0] for r in (rules.adam, rules.amsgrad)}
    ends["sgd"] = run(game.online(rules.sgd), game, [0.0], 6000, **rate).x[0]
    assert ends["adam"] > 0.98 and ends["amsgrad"] < -0.9 and ends["sgd"] < -0.9, ends


def test_adam_with_a_long_memory_is_right():
    """It is the short memory: with β₂ = 0.999 Adam goes to the best point of the same game."""
    game, hyper = OnlineCounterexample(3.0), {"lr": lambda t: 0.5 / t**0.5, "beta1": 0.0}
    assert run(game.online(rules.adam), game, [0.0], 3000, beta2=0.999, **hyper).x[0] < -0.9


def test_the_game():
    game = OnlineCounterexample(C=4.0)
    np.testing.assert_array_equal(game.slope(np.arange(1, 8)), [4, -1, -1, 4, -1, -1, 4])
    np.testing.assert_allclose(game([0.6]), np.mean(game.slope(np.arange(1, 4))) * 0.6)
    np.testing.assert_allclose(game.grad(np.zeros((1, 3))), np.full((1, 3), 2 / 3))
    step = game.online(rules.adam)
    assert step.__name__ == "adam" and inspect.signature(step) == inspect.signature(rules.adam)
    sweep = run(step, game, [[0.0, 0.5]], 30, lr=np.array([0.1, 0.2]), beta1=0.0).x
    single = run(step, game, [0.5], 30, lr=0.2, beta1=0.0).x
    np.testing.assert_array_equal(sweep[:, 1], single)
    assert np.abs(run(step, game, [0.0], 100, lr=5.0).path).max() == 1
    with pytest.raises(ValueError, match="more than 2"):
        OnlineCounterexample(2.0)


# The noisy quadratic

RATES = [
    {"lr": 0.1},
    {"lr": 0.3, "beta": 0.5},
    {"lr": 0.05, "beta": 0.9},
    {"lr": lambda t: 0.5 / t, "beta": 0.0},
    {"lr": lambda t: 0.1 * 0.97**t, "beta": lambda t: min(0.9, t / 20)},
]


@pytest.mark.parametrize("hyper", RATES)
def test_expected_loss_against_an_ensemble(hyper):
    """20,000 runs in one; the mean is within five of its own standard errors at every step, and the errors are small."""
    loss, runs, start = NoisyQuadratic([0.5, 3.0], sigma=0.8), 20_000, np.array([2.0, -1.0])
    expected = loss.expected(steps=40, start=start, **hyper)
    rule = rules.momentum if "beta" in hyper else rules.sgd
    noisy = loss.noisy(np.random.default_rng(5))
    points = np.repeat(start[:, None], runs, axis=1)
    losses = loss(np.moveaxis(run(rule, noisy, points, 40, **hyper).path, 1, 0))
    error = losses.std(axis=1) / np.sqrt(runs)
    assert (np.abs(losses.mean(axis=1) - expected) <= 5 * error + 1e-12).all() and error.max() < 0.05


def test_expected_loss_without_noise_is_the_loss():
    loss, start = NoisyQuadratic([0.5, 3.0], sigma=0.0), [2.0, -1.0]
    for hyper in RATES:
        rule = rules.momentum if "beta" in hyper else rules.sgd
        path = run(rule, loss, start, 30, **hyper).path
        np.testing.assert_allclose(loss.expected(steps=30, start=start, **hyper), loss(path.T), rtol=1e-9)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9, 0.99])
def test_stationary_variance(beta):
    """The fixed point of the recursion is the closed form; without momentum E f ends at Σ η σ²/(2 (2 − η λ)) (syllabus)."""
    loss = NoisyQuadratic([0.5, 3.0], sigma=0.7)
    for lr in (0.01, 0.2, 0.6):
        end = loss.expected(lr=lr, beta=beta, steps=12_000, start=[1.0, 1.0])[-1]
        np.testing.assert_allclose(end, loss.curvatures @ loss.stationary(lr=lr, beta=beta) / 2, rtol=1e-8)
        if beta == 0:
            np.testing.assert_allclose(end, np.sum(lr * 0.7**2 / (2 * (2 - lr * loss.curvatures))), rtol=1e-8)
    edge = 2 * (1 + beta) / 3
    assert np.isfinite(loss.stationary(lr=0.999 * edge, beta=beta)).all()
    assert np.isnan(loss.stationary(lr=1.001 * edge, beta=beta)).tolist() == [False, True]


def test_momentum_at_the_same_effective_rate_is_noisier_only_a_little():
    """At lr (1 − β) in place of lr the floor is nearly plain descent's: averaging the noise is not free of its own lag."""
    loss = NoisyQuadratic([1.0])
    plain, heavy = loss.stationary(lr=0.1)[0], loss.stationary(lr=0.1 * (1 - 0.9), beta=0.9)[0]
    assert 0.9 < heavy / plain < 1.1


def test_a_sweep_of_expected_losses():
    loss, lrs = NoisyQuadratic([0.5, 3.0]), np.array([0.01, 0.1, 0.5])
    sweep = loss.expected(lr=lrs, beta=0.5, steps=20, start=[1.0, 2.0])
    assert sweep.shape == (21, 3)
    for k, lr in enumerate(lrs):
        np.testing.assert_array_equal(sweep[:, k], loss.expected(lr=lr, beta=0.5, steps=20, start=[1.0, 2.0]))


def test_noise_is_from_the_given_generator_and_of_the_given_size():
    loss = NoisyQuadratic([1.0, 2.0], sigma=0.5)
    x = np.zeros((2, 50_000))
    drawn = loss.noisy(np.random.default_rng(6))(x)
    np.testing.assert_array_equal(drawn, loss.noisy(np.random.default_rng(6))(x))
    np.testing.assert_allclose(drawn.std(axis=1), 0.5, rtol=0.02)
    assert final(rules.sgd, loss.noisy(np.random.default_rng(7)), x, 3).x.std() > 0


def test_moments_in_the_browser(node):
    """Plain arithmetic, to the last bit; and the first of the two is the second without momentum."""
    cases = np.random.default_rng(8).uniform(0, 2, (50, 7)).tolist()
    code = translate.to_js(problems.second_moments)
    call = "second_moments(a, b, c, { lr, beta, lam, sigma })"
    theirs = node(f"{code} export default data.map(([a, b, c, lr, beta, lam, sigma]) => {call});", cases)
    for (a, b, c, lr, beta, lam, sigma), other in zip(cases, theirs, strict=True):
        hyper = {"lr": lr, "lam": lam, "sigma": sigma}
        assert list(problems.second_moments(a, b, c, beta=beta, **hyper)) == other
        plain = problems.second_moment(a, **hyper)
        np.testing.assert_allclose(problems.second_moments(a, b, c, beta=0.0, **hyper)[0], plain, atol=1e-12)
    assert translate.to_js(problems.second_moment)


SLIPS = [("2 * lr * along", "lr * along"), ("2 * beta * lam * xv", "beta * lam * xv"), ("- lr * speed", "+ lr * speed")]


@pytest.mark.parametrize(("right", "wrong"), SLIPS)
def test_slip_in_the_recursion_is_seen(right, wrong, monkeypatch):
    source = inspect.getsource(problems.second_moments)
    assert source.count(right) == 1
    scope = {}
    exec(source.replace(right, wrong), scope)
    monkeypatch.setattr(problems, "second_moments", scope["second_moments"])
    with pytest.raises(AssertionError):
        test_expected_loss_without_noise_is_the_loss()
