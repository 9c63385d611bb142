"""The checks of chapter 4; see kit.py."""

import numpy as np
from chapter import SLIPS
from kit import Wrong, agree, call, choice, members, near, number, shown, verdict

from optlib import iterate, rules, run
from optlib.check import check_rule


def worst_root(lr, beta, eigenvalues=(1, 4, 9)):
    return max(np.abs(np.roots([1, -(1 + beta - lr * lam), beta])).max() for lam in eigenvalues)


def exercise_1(best_lr, best_beta, rate, plain_rate, rate_at_4):
    """Hand in five numbers for the eigenvalues between 1 and 9.

    best_lr: a number, the best learning rate of the heavy ball
    best_beta: a number, the momentum that goes with it
    rate: a number, the factor by which the error then shrinks a step
    plain_rate: a number, the same for the best of gradient descent
    rate_at_4: a number, the factor for the eigenvalue 4 at the best settings of the heavy ball
    """
    lr, beta = number("best_lr", best_lr), number("best_beta", best_beta)
    settings = [(worst_root(a, b, (1, 9)), a, b) for a in np.linspace(0.01, 0.5, 50) for b in np.linspace(0, 0.5, 51)]
    best, a, b = min(settings)
    near("best_lr", lr, a, {"this is best without momentum, 2/(μ + L)": 0.2, "2/(√μ + √L) has to be squared": 0.5}, rel=0.02)
    near(
        "best_beta",
        beta,
        b,
        {"this is the rate; the momentum is its square": best, "this is 1 − β": 1 - b},
        rel=0.02,
        hint=f"With it the slower end shrinks by {worst_root(lr, beta, (1, 9)):.3f} a step, and {best:.3f} can be had",
    )
    near("rate", rate, best, {"this is β; the roots have the length √β": b}, rel=0.02)
    plain = min(max(abs(1 - a), abs(1 - 9 * a)) for a in np.linspace(0.1, 0.3, 2001))
    near("plain_rate", plain_rate, plain, {"this is 1 − 1/κ, the rate at η = 1/L": 1 - 1 / 9}, rel=0.005)
    there = worst_root(a, b, (4,))
    near(
        "rate_at_4",
        rate_at_4,
        there,
        {"this is the product of the two roots; each has the root of it as its length": b, "this is without momentum": 0.2},
        rel=0.02,
        hint="Put ηλ = 1 into z² − (1 + β − ηλ) z + β and take the length of the roots",
    )


RECIPES = {
    1: lambda x, g, t, v=0, *, lr: (x - lr * (0.9 * v + 0.1 * g), 0.9 * v + 0.1 * g),
    2: lambda x, g, t, v=0, *, lr: (x - lr * (0.9 * g + 0.1 * g), 0.9 * g + 0.1 * g),
    3: lambda x, g, t, v=0, *, lr: (x + 0.9 * v - lr * g, 0.9 * v - lr * g),
    4: lambda x, g, t, v=0, *, lr: (x - lr * 0.1 * (0.9 * v + g), 0.9 * v + g),
}


def exercise_2(same, is_sum, no_memory):
    """Hand in the numbers of recipes.

    same: a set, the numbers of the two recipes that are the same at every step and under every schedule
    is_sum: a number, the recipe that is the sum of this book while the learning rate is constant
    no_memory: a number, the recipe that has no memory
    """

    def path(rule, lr):
        return run(rule, lambda x: np.array([1, 50]) * x, [1, 1], 30, lr=lr).path

    def agree_under(lr):
        paths = {n: path(rule, lr) for n, rule in RECIPES.items()}
        return lambda n, other: np.allclose(paths[n], paths[other] if other in paths else path(other, lr))

    always, constant = agree_under(lambda t: 0.01 / t), agree_under(0.01)
    pair = next({a, b} for a in RECIPES for b in RECIPES if a < b and always(a, b))
    the_sum = next(n for n in RECIPES if constant(n, rules.momentum))
    plain = next(n for n in RECIPES if always(n, rules.sgd))
    why = {
        1: "it is the average of the gradients, with η outside",
        2: "look at its right-hand side: V does not occur in it",
        3: "its η stands inside the sum, so that a cut of the rate comes late",
        4: "its step is 1 − β times the sum, which is the average, with η outside",
    }
    members("same", same, pair, why, among=set(RECIPES))
    choice("is_sum", is_sum, the_sum, why, among=tuple(RECIPES))
    choice("no_memory", no_memory, plain, why, among=tuple(RECIPES))


def exercise_3(my_nesterov):
    """Hand in a rule.

    my_nesterov(x, g, t, v=0, *, lr=0.01, beta=0.9): Nesterov's rule, the new look-ahead point and the state
    """
    verdict("my_nesterov", check_rule(my_nesterov, rules.nesterov, slips=SLIPS, lr=0.1, beta=0.8))


def steps_with(rule, **hyper):
    """Steps to a millionth of the distance on the eigenvalues 1 and 100; infinite if that takes too long for any setting."""
    path = iterate(rule, lambda x: np.array([1, 100]) * x, np.ones(2), **hyper)
    steps = (t for t, (x, *_) in zip(range(5000), path, strict=False) if np.linalg.norm(x) <= 1e-6 * np.sqrt(2))
    return next(steps, np.inf)


def tuned(guess, lr_for=None):
    """The settings of the heavy ball for a guessed μ; lr_for: another guess for the learning rate."""
    a, b = 10.0, np.sqrt(guess)
    return {"lr": (2 / (a + np.sqrt(lr_for or guess))) ** 2, "beta": ((a - b) / (a + b)) ** 2}


def exercise_4(ball_steps, nesterov_steps, worse):
    """Hand in two counts and a verdict.

    ball_steps(guess): the steps of the heavy ball from (1, 1), on the eigenvalues 1 and 100, until the distance is a
        millionth of the first, with the settings that are best for L = 100 and a smallest eigenvalue `guess`
    nesterov_steps(guess): the same of Nesterov's rule, with lr = 1/100 and the momentum that the guess asks for
    worse: "too high" or "too low", the guess that costs more of the heavy ball, by the same factor between 2 and 4
    """
    guesses = [(1.0,), (4.0,), (0.25,), (0.04,)]
    ball = {
        "the learning rate depends on the guess, too: (2/(√L + √μ))²": lambda guess: steps_with(
            rules.momentum, **tuned(guess, lr_for=1)
        ),
        "the momentum is the square of (√κ − 1)/(√κ + 1)": lambda guess: steps_with(
            rules.momentum, **(tuned(guess) | {"beta": tuned(guess)["beta"] ** 0.5})
        ),
        "the guess does not come in": lambda guess: steps_with(rules.momentum, **tuned(1.0)),
    }
    agree(ball_steps, lambda guess: steps_with(rules.momentum, **tuned(guess)), guesses, ball, tol=2)
    look = {
        "the momentum is (√κ − 1)/(√κ + 1) here, not its square": lambda guess: steps_with(
            rules.nesterov, lr=0.01, beta=tuned(guess)["beta"]
        ),
        "the learning rate is 1/L here, whatever the guess": lambda guess: steps_with(
            rules.nesterov, **(tuned(guess) | {"beta": tuned(guess)["beta"] ** 0.5})
        ),
        "the guess does not come in": lambda guess: steps_with(rules.nesterov, lr=0.01, beta=9 / 11),
    }
    agree(
        nesterov_steps,
        lambda guess: steps_with(rules.nesterov, lr=0.01, beta=tuned(guess)["beta"] ** 0.5),
        guesses,
        look,
        tol=2,
    )
    cost = {what: steps_with(rules.momentum, **tuned(guess)) for what, guess in {"too high": 4.0, "too low": 0.25}.items()}
    right = max(cost, key=cost.get)
    other = min(cost, key=cost.get)
    said = f"four times {other} costs {cost[other]} steps, four times {right} {cost[right]}"
    choice("worse", worse, right, {other: said}, among=("too high", "too low"))


def restarted(uphill=lambda g, v: np.sum(g * v) < 0, clear=True, reset=True, late=0):
    """Nesterov's rule with growing momentum that starts over; the arguments say how it may be done wrong."""

    def rule(x, g, t, v=0, age=0, *, lr):
        if uphill(g, v):
            v, age = (0 * v if clear else v), (0 if reset else age)
        age = age + 1
        beta = (age - 1 + late) / (age + 2 + late)
        v = beta * v + g
        return x - lr * (g + beta * v), v, age

    return rule


def exercise_5(growing):
    """Hand in a rule; the names of its state are yours.

    growing(x, g, t, v=0, age=0, *, lr=0.01): Nesterov's rule with the momentum (t − 1)/(t + 2), which starts over, with v = 0
        and t = 1, whenever the gradient and the stored sum have a negative product
    """
    slips = {
        "it never starts over": restarted(lambda g, v: False),
        "it starts over when the product is positive, which is when all goes well": restarted(lambda g, v: np.sum(g * v) > 0),
        "it sets the age back and keeps the sum": restarted(clear=False),
        "it clears the sum and keeps the age, so the momentum stays high": restarted(reset=False),
        "the momentum is one step ahead: at t = 1 it is 0": restarted(late=1),
        "this is the heavy ball with a growing momentum; Nesterov's step is g + beta v": lambda x, g, t, v=0, age=0, *, lr: (
            x - lr * restarted()(0 * x, g, t, v, age, lr=lr)[1],
            *restarted()(0 * x, g, t, v, age, lr=lr)[1:],
        ),
    }
    verdict("growing", check_rule(growing, restarted(), slips=slips, lr=0.05))


def exercise_6(larger_root, predicted_steps):
    """Hand in two formulas.

    larger_root(lr, delta, beta): the larger root of the recursion along the curvature −δ, exactly
    predicted_steps(lr, delta, beta): the steps to grow from an offset of a millionth to 1 at that rate, as a number
    """
    cases = [(1.0, 0.1, 0.9), (1.0, 0.01, 0.9), (0.5, 0.001, 0.99), (0.1, 0.2, 0.5)]

    def root(lr, delta, beta):
        return np.roots([1, -(1 + beta + lr * delta), beta]).real.max()

    slips = {
        "this is the smaller root": lambda lr, d, b: np.roots([1, -(1 + b + lr * d), b]).real.min(),
        "this is where it tends to for small ηδ; the exact root was asked for": lambda lr, d, b: 1 + lr * d / (1 - b),
        "along a negative curvature the recursion has +ηδ": lambda lr, d, b: np.abs(np.roots([1, -(1 + b - lr * d), b])).max(),
        "1 is missing: this is w in z = 1 + w": lambda *c: root(*c) - 1,
    }
    agree(larger_root, root, cases, slips, rel=1e-6, hint="Solve z² − (1 + β + ηδ) z + β = 0")
    slips = {
        "this is the time to grow to e; a millionfold takes ln 10⁶ of them": lambda *c: 1 / np.log(root(*c)),
        "the distance grows by the factor z a step, not by z² as the loss does": lambda *c: (
            np.log(1e6) / (2 * np.log(root(*c)))
        ),
        "w stands for ln(1 + w), which is good only for small w": lambda *c: np.log(1e6) / (root(*c) - 1),
        "this is without momentum": lambda lr, d, b: np.log(1e6) / np.log(1 + lr * d),
    }
    agree(predicted_steps, lambda *c: np.log(1e6) / np.log(root(*c)), cases, slips, rel=0.002, tol=1)


def exercise_7(chebyshev):
    """Hand in the rule's numbers.

    chebyshev(t, mu, L): the pair (learning rate, momentum) of the step from x_t to x_{t+1}, for t = 1, 2, …; the first step,
        from x_0 to x_1, is gradient descent with 2/(μ + L)
    """
    for mu, L in ((1.0, 10.0), (0.5, 100.0)):
        lam = np.linspace(mu, L, 7)
        sigma, u = (L + mu) / (L - mu), (L + mu - 2 * lam) / (L - mu)
        old, x = np.ones(7), 1 - 2 / (mu + L) * lam
        for t in range(1, 9):
            pair = call(chebyshev, t, mu, L)
            where = f"`chebyshev({t}, {shown(mu)}, {shown(L)})`"
            if np.shape(pair) != (2,):
                raise Wrong(f"{where} is {shown(pair)}; return the pair (learning rate, momentum).")
            lr, beta = pair
            T = np.polynomial.chebyshev.Chebyshev.basis
            right = 4 / (L - mu) * T(t)(sigma) / T(t + 1)(sigma), T(t - 1)(sigma) / T(t + 1)(sigma)
            if np.allclose([beta, lr], right, rtol=1e-6):
                raise Wrong(f"{where} is the right pair in the wrong order; the learning rate comes first.")
            if t > 1:
                late = 4 / (L - mu) * T(t - 1)(sigma) / T(t)(sigma), T(t - 2)(sigma) / T(t)(sigma)
                if np.allclose(pair, late, rtol=1e-6):
                    raise Wrong(f"{where} is the pair of the step before; the first that you are asked for, t = 1, leaves x_1.")
            root = np.sqrt(L / mu)
            if np.allclose(pair, [(2 / (np.sqrt(L) + np.sqrt(mu))) ** 2, ((root - 1) / (root + 1)) ** 2], rtol=1e-6):
                raise Wrong(f"{where} is the heavy ball's pair, which is the limit; the numbers change with t.")
            old, x = x, x + beta * (x - old) - lr * lam * x
            error = T(t + 1)(u) / T(t + 1)(sigma)
            if not np.allclose(x, error, rtol=1e-6, atol=1e-9):
                worst, best = np.abs(x).max(), np.abs(error).max()
                flaw = "the momentum" if np.isclose(lr, right[0], rtol=1e-6) else "the learning rate"
                raise Wrong(
                    f"{where} is {shown(tuple(pair))}: after the step the worst error between μ and L is {worst:.4g}; "
                    f"the Chebyshev polynomial leaves {best:.4g}. Look at {flaw}."
                )
