"""Every rule against implementations and formulas that are not ours, and each plausible slip seen by one of them.

A comparison is a function of the rule, so that the second half of this file can hand it a rule with a slip in it.
"""

import inspect

import numpy as np
import pytest
import torch

from optlib import catalogue, rules, run
from optlib.losses import Quadratic, Rosenbrock, ScaledFeature

STEPS = 150
PROBLEMS = {  # name: (our loss, start)
    "round": (Quadratic(kappa=1), [1.0, -2.0]),
    "valley": (Quadratic(kappa=50, angle=0.5), [-1.5, 0.75]),
    "features": (ScaledFeature(scale=8), [0.0, 0.5]),
    "curved": (Rosenbrock(b=10), [-1.2, 1.0]),
}

# rule: the torch optimizer with the names of our hyperparameters, and settings of both
TORCH = {
    "sgd": (lambda p, **h: torch.optim.SGD(p, **h), [{"lr": 0.01}, {"lr": 0.002}]),
    "momentum": (
        lambda p, beta, **h: torch.optim.SGD(p, momentum=beta, **h),
        [{"lr": 0.003, "beta": 0.9}, {"lr": 0.001, "beta": 0.99}, {"lr": 0.01, "beta": 0.0}],
    ),
    "nesterov": (
        lambda p, beta, **h: torch.optim.SGD(p, momentum=beta, nesterov=True, **h),
        [{"lr": 0.003, "beta": 0.9}, {"lr": 0.001, "beta": 0.99}],
    ),
    "adagrad": (lambda p, **h: torch.optim.Adagrad(p, **h), [{"lr": 0.1, "eps": 1e-10}, {"lr": 0.5, "eps": 0.1}]),
    "rmsprop": (
        lambda p, rho, **h: torch.optim.RMSprop(p, alpha=rho, **h),
        [{"lr": 0.01, "rho": 0.99, "eps": 1e-8}, {"lr": 0.003, "rho": 0.5, "eps": 0.1}],
    ),
    "adam": (
        lambda p, beta1, beta2, **h: torch.optim.Adam(p, betas=(beta1, beta2), **h),
        [
            {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
            {"lr": 0.002, "beta1": 0.5, "beta2": 0.9, "eps": 0.1},
            {"lr": 0.02, "beta1": 0.0, "beta2": 0.99, "eps": 1e-8},
        ],
    ),
}


def torch_path(make, loss, start, steps, dtype=np.float64, **hyper):
    """Return the path of a torch optimizer on the gradient of one of our losses, which sympy proves elsewhere."""
    x = torch.tensor(np.asarray(start, dtype))
    optimizer = make([x], **hyper)
    path = [x.numpy().copy()]
    for _ in range(steps):
        x.grad = torch.from_numpy(loss.grad(x.numpy()).astype(dtype))
        optimizer.step()
        path.append(x.numpy().copy())
    return np.array(path)


def against_torch(rule, dtype=np.float64):
    """Compare paths with torch's: on the gradients that torch met, to rounding; and on our own, where valleys magnify it."""
    make, settings = TORCH[rule.__name__]
    replayed, free = {np.float64: (1e-13, 1e-9), np.float32: (1e-5, 2e-3)}[dtype]
    for loss, start in PROBLEMS.values():
        for hyper in settings:
            theirs = torch_path(make, loss, start, STEPS, dtype, **hyper)
            met = iter(theirs)
            for grad, tolerance in [(lambda x, met=met, loss=loss: loss.grad(next(met)), replayed), (loss, free)]:
                ours = run(rule, grad, np.array(start, dtype), STEPS, **hyper)
                assert ours.path.dtype == theirs.dtype == dtype
                assert ours.diverged is None
                np.testing.assert_allclose(ours.path, theirs, rtol=tolerance, atol=tolerance, err_msg=f"{loss} {hyper}")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", TORCH)
def test_rule_is_torchs(name, dtype):
    against_torch(catalogue.RULES[name], dtype)


def test_defaults_are_torchs():
    """Where torch has a default it is ours, but for the learning rates of SGD and momentum (1e-3 there, 0.01 here)."""
    p = [torch.zeros(1)]
    adam, rms, ada = torch.optim.Adam(p).defaults, torch.optim.RMSprop(p).defaults, torch.optim.Adagrad(p).defaults
    assert rules.adam.__kwdefaults__ == {"lr": adam["lr"], "beta1": 0.9, "beta2": 0.999, "eps": adam["eps"]}
    assert adam["betas"] == (0.9, 0.999)
    assert rules.rmsprop.__kwdefaults__ == {"lr": rms["lr"], "rho": rms["alpha"], "eps": rms["eps"]}
    assert rules.adagrad.__kwdefaults__ == {"lr": ada["lr"], "eps": ada["eps"]}
    assert torch.optim.SGD(p).defaults["lr"] == 1e-3 and rules.sgd.__kwdefaults__["lr"] == 0.01


def test_ema_momentum_and_torchs_dampening_part_at_the_first_step_alone():
    """torch's SGD(momentum=b, dampening=b) is our average, but for its first step: the buffer starts as the whole gradient.

    So torch's buffer is ours plus what is left of that gradient, b**t of it, and torch's path is one that starts our rule
    with the average m_0 = g_1 instead of 0.
    """
    lr, beta, start = 0.02, 0.9, np.array([-1.5, 0.75])
    loss = Quadratic(kappa=50, angle=0.5)
    theirs = torch_path(lambda p, **h: torch.optim.SGD(p, **h), loss, start, STEPS, lr=lr, momentum=beta, dampening=beta)
    x, m, path = start, loss.grad(start), [start]
    for t in range(1, STEPS + 1):
        x, m = rules.ema_momentum(x, loss.grad(x), t, m, lr=lr, beta=beta)
        path.append(x)
    np.testing.assert_allclose(theirs, path, atol=1e-12)
    ours = run(rules.ema_momentum, loss, start, STEPS, lr=lr, beta=beta).path
    np.testing.assert_allclose(theirs[1] - start, (ours[1] - start) / (1 - beta), rtol=1e-12)


def test_adagrad_and_torchs_initial_accumulator():
    """optax and Keras start the sum at 0.1; torch can, and then our rule with that state is the same."""
    loss, start, hyper = Rosenbrock(), np.array([-1.2, 1.0]), {"lr": 0.1, "eps": 1e-10}
    theirs = torch_path(lambda p, **h: torch.optim.Adagrad(p, initial_accumulator_value=0.1, **h), loss, start, 100, **hyper)
    x, s = start, 0.1
    for t in range(1, 101):
        x, s = rules.adagrad(x, loss.grad(x), t, s, **hyper)
    np.testing.assert_allclose(x, theirs[-1], rtol=1e-10)


# Closed forms


def descent_on_a_quadratic(rule):
    """x_t = (1 - lr λ)^t x_0 in each eigen-direction (Goh, "Why Momentum Really Works", 2017)."""
    t, lams = np.arange(STEPS + 1)[:, None], np.array([1.0, 7.0, 30.0])
    for lr in (0.01, 1 / 30, 0.06):
        path = run(rule, lambda x: lams * x, np.ones(3), STEPS, lr=lr).path
        np.testing.assert_allclose(path, (1 - lr * lams) ** t, rtol=1e-11, atol=1e-300)


def heavy_ball_roots(rule):
    """On λx²/2 the path obeys z² − (1 + β − lr λ) z + β = 0 (Polyak 1964): x_t = a z1^t + b z2^t, with x_1 = (1 − lr λ) x_0."""
    t = np.arange(STEPS + 1)
    for lr, beta, lam in [(0.1, 0.5, 1.0), (0.02, 0.9, 10.0), (0.3, 0.9, 12.0), (0.05, 0.2, 3.0)]:
        z1, z2 = np.roots([1, -(1 + beta - lr * lam), beta]).astype(complex)
        a, b = np.linalg.solve([[1, 1], [z1, z2]], [1, 1 - lr * lam])
        path = run(rule, lambda x, lam=lam: lam * x, 1.0, STEPS, lr=lr, beta=beta).path
        np.testing.assert_allclose(path, (a * z1**t + b * z2**t).real, atol=1e-12)


def nesterov_roots(rule):
    """The same with z² − (1 + β)(1 − lr λ) z + β (1 − lr λ) = 0 (O'Donoghue & Candès 2015).

    `x` is the look-ahead point, so its first step is longer: x_1 = (1 − lr (1 + β) λ) x_0.
    """
    t = np.arange(STEPS + 1)
    for lr, beta, lam in [(0.1, 0.5, 1.0), (0.02, 0.9, 10.0), (0.05, 0.2, 3.0)]:
        z1, z2 = np.roots([1, -(1 + beta) * (1 - lr * lam), beta * (1 - lr * lam)]).astype(complex)
        a, b = np.linalg.solve([[1, 1], [z1, z2]], [1, 1 - lr * lam * (1 + beta)])
        path = run(rule, lambda x, lam=lam: lam * x, 1.0, STEPS, lr=lr, beta=beta).path
        np.testing.assert_allclose(path, (a * z1**t + b * z2**t).real, atol=1e-12)


def nesterov_look_ahead(rule):
    """The form of Sutskever et al. (2013, eqs. 3 and 4), whose look-ahead point θ + μ w the rule's x is."""
    loss, lr, beta = Rosenbrock(), 0.002, 0.9
    theta, w, points = np.array([-1.2, 1.0]), np.zeros(2), []
    for _ in range(STEPS + 1):
        points.append(theta + beta * w)
        w = beta * w - lr * loss.grad(theta + beta * w)
        theta = theta + w
    np.testing.assert_allclose(run(rule, loss, [-1.2, 1.0], STEPS, lr=lr, beta=beta).path, points, rtol=1e-10)


def average_is_a_scaled_sum(rule):
    """The average form with lr walks the path of the sum form with lr (1 − beta)."""
    for beta in (0.0, 0.5, 0.9, 0.99):
        loss, start = Quadratic(kappa=20, angle=0.3), [-1.5, 0.75]
        average = run(rule, loss, start, STEPS, lr=0.05, beta=beta).path
        summed = run(rules.momentum, loss, start, STEPS, lr=0.05 * (1 - beta), beta=beta).path
        np.testing.assert_allclose(average, summed, atol=1e-12)


def adagrad_on_a_constant_gradient(rule):
    """Steps of lr / √t: with the constant gradient g the sum is t g² (Duchi, Hazan & Singer 2011)."""
    path = run(rule, lambda x: np.array([3.0, -0.02]), [0.0, 0.0], STEPS, lr=0.1, eps=0).path
    expected = np.sign([-3.0, 0.02]) * 0.1 / np.sqrt(np.arange(1, STEPS + 1))[:, None]
    np.testing.assert_allclose(np.diff(path, axis=0), expected, rtol=1e-10)


def rmsprop_on_a_constant_gradient(rule):
    """The average is (1 − ρᵗ) g², so a step is lr |g| / (|g| √(1 − ρᵗ) + eps): too long at first, then lr."""
    g, t = np.array([3.0, -0.02]), np.arange(1, STEPS + 1)[:, None]
    for eps in (0.0, 0.1):
        path = run(rule, lambda x: g, [0.0, 0.0], STEPS, lr=0.1, rho=0.9, eps=eps).path
        expected = -0.1 * g / (np.abs(g) * np.sqrt(1 - 0.9**t) + eps)
        np.testing.assert_allclose(np.diff(path, axis=0), expected, rtol=1e-9)


def adam_on_a_constant_gradient(rule):
    """Both averages are corrected to g and g² at every step, so each step is lr g / (|g| + eps) (Kingma & Ba 2015, sec. 3).

    The first of them holds on any loss: −lr · sign(g) / (1 + eps/|g|).
    """
    g = np.array([3.0, -0.02, 1e-4])
    for eps in (0.0, 1e-8, 0.1):
        path = run(rule, lambda x, g=g: g, np.zeros(3), STEPS, lr=0.01, eps=eps).path
        expected = np.broadcast_to(-0.01 * np.sign(g) / (1 + eps / np.abs(g)), (STEPS, 3))
        np.testing.assert_allclose(np.diff(path, axis=0), expected, rtol=1e-8)


def adam_by_sums(rule):
    """The averages as explicit sums over the past instead of recursions (Kingma & Ba 2015, eq. 1), gradients drawn once."""
    rng = np.random.default_rng(1)
    grads, b1, b2, lr, eps = rng.normal(size=(40, 3)) * [1, 10, 0.01], 0.8, 0.95, 0.1, 1e-3
    expected = [np.zeros(3)]
    for t in range(1, 41):
        age = np.arange(t)[::-1, None]
        m = (b1**age * grads[:t]).sum(0) / (b1**age).sum(0)  # a weighted mean, whose weights sum to one by construction
        v = (b2**age * grads[:t] ** 2).sum(0) / (b2**age).sum(0)
        expected.append(expected[-1] - lr * m / (np.sqrt(v) + eps))
    queue = iter(grads)
    path = run(rule, lambda x: next(queue), np.zeros(3), 40, lr=lr, beta1=b1, beta2=b2, eps=eps).path
    np.testing.assert_allclose(path, expected, atol=1e-12)


CLOSED = {
    "sgd": [descent_on_a_quadratic],
    "momentum": [heavy_ball_roots],
    "ema_momentum": [average_is_a_scaled_sum],
    "nesterov": [nesterov_roots, nesterov_look_ahead],
    "adagrad": [adagrad_on_a_constant_gradient],
    "rmsprop": [rmsprop_on_a_constant_gradient],
    "adam": [adam_on_a_constant_gradient, adam_by_sums],
}


@pytest.mark.parametrize(("name", "comparison"), [(n, c) for n, cs in CLOSED.items() for c in cs])
def test_closed_form(name, comparison):
    comparison(catalogue.RULES[name])


def test_every_rule_has_an_oracle():
    assert set(catalogue.RULES) == set(CLOSED) and set(catalogue.RULES) - set(TORCH) == {"ema_momentum"}


@pytest.mark.parametrize(("kappa", "steps"), [(10, 69), (100, 691), (1000, 6908)])
def test_steps_on_a_valley_as_published(kappa, steps):
    """At lr = 2/(μ + L) the error shrinks by (κ−1)/(κ+1) a step; steps to 1e-6 of the start, from the syllabus' table."""
    loss = Quadratic(kappa=kappa)
    path = run(rules.sgd, loss, [1.0, 1.0], steps, lr=2 / (1 + kappa)).path
    far = np.linalg.norm(path, axis=1) > 1e-6 * np.linalg.norm(path[0])
    assert far[:-1].all() and not far[-1]


@pytest.mark.parametrize(
    ("name", "edge"),
    [("sgd", 2.0), ("momentum", 2 + 2 * 0.9), ("nesterov", (2 + 2 * 0.9) / (1 + 2 * 0.9)), ("ema_momentum", 38.0)],
)
def test_edge_of_stability(name, edge):
    """lr λ at which a quadratic starts to diverge (Polyak 1964; Nesterov's from the roots above), met from both sides."""
    hyper = {} if name == "sgd" else {"beta": 0.9}
    sizes = np.abs(run(catalogue.RULES[name], lambda x: x, [[1.0]], 4000, lr=edge * np.array([0.99, 1.01]), **hyper).x[0])
    assert sizes[0] < 1e-6 and sizes[1] > 1e6


# Slips: one line of a rule rewritten, and the comparison that sees it

SLIPS = [
    ("sgd", "x - lr * g", "x + lr * g", descent_on_a_quadratic),
    ("momentum", "x - lr * v", "x + lr * v", heavy_ball_roots),
    ("momentum", "beta * v + g", "beta * v + (1 - beta) * g", heavy_ball_roots),
    ("momentum", "beta * v + g", "beta * v - g", against_torch),
    ("momentum", "x - lr * v", "x - lr * g", heavy_ball_roots),
    ("ema_momentum", "(1 - beta) * g", "g", average_is_a_scaled_sum),
    ("nesterov", "(g + beta * v)", "v", nesterov_roots),
    ("nesterov", "(g + beta * v)", "(v + beta * v)", nesterov_look_ahead),
    ("adagrad", "sqrt(s)", "s", adagrad_on_a_constant_gradient),
    ("adagrad", "s + g**2", "s + abs(g)", adagrad_on_a_constant_gradient),
    ("adagrad", "(sqrt(s) + eps)", "sqrt(s + eps)", against_torch),
    ("rmsprop", "x - lr", "x + lr", rmsprop_on_a_constant_gradient),
    ("rmsprop", "sqrt(v)", "v", rmsprop_on_a_constant_gradient),
    ("rmsprop", "(sqrt(v) + eps)", "sqrt(v + eps)", rmsprop_on_a_constant_gradient),
    ("rmsprop", "(1 - rho) * g**2", "g**2", rmsprop_on_a_constant_gradient),
    ("rmsprop", "rho * v + (1 - rho) * g**2", "(1 - rho) * v + rho * g**2", against_torch),
    ("adam", "x - lr", "x + lr", adam_on_a_constant_gradient),
    ("adam", "sqrt(v_hat)", "v_hat", adam_on_a_constant_gradient),
    ("adam", "(sqrt(v_hat) + eps)", "sqrt(v_hat + eps)", adam_on_a_constant_gradient),
    ("adam", "m / (1 - beta1**t)", "m * (1 - beta1**t)", adam_on_a_constant_gradient),
    ("adam", "v / (1 - beta2**t)", "v * (1 - beta2**t)", adam_on_a_constant_gradient),
    ("adam", "v / (1 - beta2**t)", "v", adam_on_a_constant_gradient),
    ("adam", "beta1**t", "beta1**(t + 1)", adam_on_a_constant_gradient),
    ("adam", "beta2**t", "beta2**(t + 1)", adam_on_a_constant_gradient),
    ("adam", "beta2**t", "beta2", adam_on_a_constant_gradient),  # the counter stuck at 1
    ("adam", "return x, m, v", "return x, m_hat, v_hat", adam_by_sums),  # the correction fed back into the recursion
    ("adam", "(1 - beta2) * g**2", "(1 - beta2) * g", against_torch),
    ("adam", "beta2 * v", "beta1 * v", adam_by_sums),
    ("adam", "/ (sqrt(v_hat) + eps)", "/ sqrt(v_hat) + eps", adam_on_a_constant_gradient),  # as d2l's TensorFlow tab has it
]


def slipped(name, right, wrong):
    """Return the rule `name` with `right` replaced by `wrong` in its source."""
    source = inspect.getsource(catalogue.RULES[name])
    head, body = source.rsplit('"""', 1)
    assert body.count(right) == 1, f"{name} no longer has {right!r} once: rewrite the slip"
    scope = {"sqrt": np.sqrt}
    exec(head + '"""' + body.replace(right, wrong), scope)
    return scope[name]


@pytest.mark.parametrize(("name", "right", "wrong", "comparison"), SLIPS, ids=lambda v: getattr(v, "__name__", v))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_slip_is_seen(name, right, wrong, comparison):
    comparison(slipped(name, right, right))  # the same machinery passes the rule as it is
    with pytest.raises(AssertionError):
        comparison(slipped(name, right, wrong))
