"""The checks of chapter 6; see kit.py."""

import numpy as np
from chapter import SLIPS
from kit import Wrong, agree, choice, members, near, shown, verdict

from optlib import rules
from optlib.check import check_rule


def beta_of(half_life):
    """The β at which a gradient counts half after so many steps, by halving an interval."""
    low, high = 0.5, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if middle**half_life < 0.5 else (low, middle)
    return low


def exercise_1(beta_500, age, beta_1000):
    """Hand in three numbers.

    beta_500: a number to five digits after the point, the β whose half-life is 500 steps
    age: a number, the mean age of what it averages, in steps
    beta_1000: a number to five digits, the β with that half-life in epochs of 1000 steps
    """
    first, second = beta_of(500), beta_of(1000)
    hint = f"After {{}} steps a gradient counts {shown(0.5)} of what it did when β to that power is one half"
    near(
        "beta_500",
        beta_500,
        first,
        {"this is 1 − 1/n, at which the mean age is about n, not the half-life": 1 - 1 / 500},
        rel=0,
        tol=1e-5,
        hint=hint.format(500),
    )
    weights = (1 - first) * first ** np.arange(40_000)
    near(
        "age",
        age,
        weights @ np.arange(40_000),
        {
            "this is the half-life; the old gradients, few as they count, pull the mean up": 500,
            "you multiplied the half-life by ln 2; the mean age is longer than the half-life, so divide": 500 * np.log(2),
        },
    )
    near(
        "beta_1000",
        beta_1000,
        second,
        {
            "this is the old one, and 500 steps are half an epoch now": first,
            "you squared it; a step is a smaller part of an epoch now and has to forget less: take the root": first**2,
            "this is 1 − 1/n, at which the mean age is about n, not the half-life": 1 - 1 / 1000,
        },
        rel=0,
        tol=1e-5,
        hint=hint.format(1000),
    )


PAIRS = [(0, 0.9), (0.9, 0.95), (0.95, 0.95), (0.95, 0.999), (0.99, 0.999)]


def exercise_2(first_too_long, first_too_short, later_too_long, wrong_longest):
    """Hand in sets of pairs.

    first_too_long: a set of pairs, written as {(0, 0.9), …}, those whose first step is too long
    first_too_short: a set of pairs, those whose first step is too short
    later_too_long: a set of pairs, those with a step after the first that is too long
    wrong_longest: a set of pairs, those that are the last to come within 5 % of the right step for good
    """
    b1, b2 = np.array(PAIRS).T
    m = v = np.zeros(len(PAIRS))
    steps = []
    for t in range(1, 3001):  # the library's rule on a constant gradient, all pairs at once
        x, m, v = rules.adam_uncorrected(np.zeros(len(PAIRS)), 1.0, t, m, v, lr=1.0, beta1=b1, beta2=b2, eps=0)
        steps.append(-x)
    steps = np.array(steps)
    off = np.array([np.flatnonzero(abs(r - 1) > 0.05)[-1] + 1 for r in steps.T])

    def those(which):
        return {pair for pair, is_so in zip(PAIRS, which, strict=True) if is_so}

    def why(values, text):
        return {pair: text.format(pair, value) for pair, value in zip(PAIRS, values, strict=True)}

    first = why(steps[0], "the first step at {} is {:.3f} learning rates")
    later = why(steps[1:].max(axis=0), "the longest step after the first at {} is {:.4f} learning rates")
    members("first_too_long", first_too_long, those(steps[0] > 1), first, among=set(PAIRS))
    members("first_too_short", first_too_short, those(steps[0] < 1), first, among=set(PAIRS))
    members("later_too_long", later_too_long, those(steps[1:].max(axis=0) > 1 + 1e-9), later, among=set(PAIRS))
    last = why(off, "the last step at {} that is more than 5 % off is number {}")
    members("wrong_longest", wrong_longest, those(off == off.max()), last, among=set(PAIRS))


def exercise_3(my_adam):
    """Hand in a rule.

    my_adam(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8): Adam with its correction, the new point and m, v
    """
    verdict("my_adam", check_rule(my_adam, rules.adam, slips=SLIPS, lr=0.1, eps=1e-3))


def exercise_4(corrected_average, on_zero, still_right):
    """Hand in two functions of arrays, and a verdict.

    corrected_average(g, beta): m/w after all the gradients of the array g, with the array beta of their rates
    on_zero(beta): the weight that lies on the start, m = 0, after steps with these rates
    still_right: "clock" or "sum", the form that is right when β changes: m/(1 − β**t) or m/w
    """
    rng = np.random.default_rng(6)
    t = np.arange(1, 31)
    rates = [np.full(5, 0.9), 0.85 + 0.14 * t / 30, np.linspace(0.99, 0.5, 12), 1 - t**-0.8]
    cases = [(rng.standard_normal(len(beta)) + 2, beta) for beta in rates]

    def weights(beta):  # of each gradient, written out
        return np.array([(1 - b) * np.prod(beta[i + 1 :]) for i, b in enumerate(beta)])

    slips = {
        "this is m; it is not divided by w": lambda g, beta: weights(beta) @ g,
        "this is the clock with the last β, which is wrong as soon as β changes": lambda g, beta: (
            weights(beta) @ g / (1 - beta[-1] ** len(g))
        ),
        "this is the clock with the first β, which is wrong as soon as β changes": lambda g, beta: (
            weights(beta) @ g / (1 - beta[0] ** len(g))
        ),
        "this is the plain mean": lambda g, beta: g.mean(),
    }
    agree(
        corrected_average,
        lambda g, beta: weights(beta) @ g / weights(beta).sum(),
        cases,
        slips,
        rel=1e-6,
        hint="Update w with the same β as m, at each step, and divide once, at the end",
    )

    def from_one(beta):  # an average that starts at 1 and sees nothing but zeros
        m = 1.0
        for b in beta:
            m = b * m + (1 - b) * 0.0
        return m

    slips = {
        "this is w, what lies on the gradients; the rest of 1 was asked for": lambda beta: 1 - from_one(beta),
        "this is the last β to the power of t; each step has multiplied by its own": lambda beta: beta[-1] ** len(beta),
        "this is the first β to the power of t; each step has multiplied by its own": lambda beta: beta[0] ** len(beta),
    }
    agree(on_zero, from_one, [(beta,) for beta in rates], slips, rel=1e-6, tol=1e-12)
    beta = rates[1]
    clock = weights(beta).sum() / (1 - beta[-1] ** len(beta))
    said = f"if β grows from 0.85 to 0.99 in 30 steps and all gradients are 1, the clock makes {clock:.3f} of their average"
    choice("still_right", still_right, "sum", {"clock": said}, among=("clock", "sum"))


FILES = {"m, v, t": (1.0, 1.0, 10_000), "t": (0.0, 0.0, 10_000), "m, v": (1.0, 1.0, 0), "nothing": (0.0, 0.0, 0)}


def exercise_5(dangerous, slow, longest_step, shortest_step):
    """Hand in two choices and two numbers.

    dangerous: "m, v, t", "t", "m, v" or "nothing", what the file has when the steps get longest
    slow: "m, v, t", "t", "m, v" or "nothing", what the file has when the steps get shortest
    longest_step: a number, the longest step after any of the four files, in learning rates
    shortest_step: a number, the shortest step after any of the four, in learning rates
    """
    steps = {}
    for name, (m, v, t0) in FILES.items():
        steps[name] = []
        for t in range(t0 + 1, t0 + 201):
            x, m, v = rules.adam(0.0, 1.0, t, m, v, lr=1.0)
            steps[name].append(-x)
    why = {
        name: f"its steps are between {min(s):.3f} and {max(s):.3f} learning rates long in the first two hundred"
        for name, s in steps.items()
    }
    far, near_ = max(steps, key=lambda name: max(steps[name])), min(steps, key=lambda name: min(steps[name]))
    choice("dangerous", dangerous, far, why, among=tuple(FILES))
    choice("slow", slow, near_, why, among=tuple(FILES))
    near(
        "longest_step",
        longest_step,
        max(steps[far]),
        {
            "this is the first step; m fills faster than v, so go on to the worst": steps[far][0],
            "this is the supremum over all gradients; this one is constant": 7.27,
        },
        hint="The averages are empty and the correction has faded: this is uncorrected Adam",
    )
    near(
        "shortest_step",
        shortest_step,
        min(steps[near_]),
        {
            "this is the first step; the next ones are shorter": steps[near_][0],
            "the correction multiplies the quotient by √(1 − β₂**t)/(1 − β₁**t); this is the other way round": max(steps[far]),
        },
        hint="The averages are full, and the correction enlarges both once more, v more than m under its root",
    )


def exercise_6(corrected_variance, first_variance, unbiased):
    """Hand in two formulas and a verdict; the gradients are independent, with variance 1.

    corrected_variance(t, beta): the variance of m_t/(1 − β**t), where m starts at zero
    first_variance(t, beta): the variance of m_t, where m_1 = g_1
    unbiased: "yes" or "no", whether the second average is, if all gradients have one mean
    """
    cases = [(1, 0.9), (3, 0.9), (10, 0.9), (30, 0.8), (100, 0.99)]

    def weights(t, beta, start):  # how the average answers to each gradient alone
        seen = np.eye(t)
        m = seen[0] if start == "first" else (1 - beta) * seen[0]
        for g in seen[1:]:
            m = beta * m + (1 - beta) * g
        return m

    def uncorrected(t, beta):
        return np.sum(weights(t, beta, "zero") ** 2)

    slips = {
        "the average is not divided by 1 − β**t": uncorrected,
        "the variance of m is divided by (1 − β**t) squared, not by the factor itself": lambda t, beta: (
            uncorrected(t, beta) / (1 - beta**t)
        ),
        "this is where it ends; it depends on t": lambda t, beta: (1 - beta) / (1 + beta),
        "this is the plain mean of t gradients, the best there is": lambda t, beta: 1 / t,
        "this is the deviation, the root of the variance": lambda t, beta: np.sqrt(uncorrected(t, beta)) / (1 - beta**t),
    }
    agree(
        corrected_variance,
        lambda t, beta: uncorrected(t, beta) / (1 - beta**t) ** 2,
        cases,
        slips,
        rel=1e-6,
        hint="It is the sum of the squared weights",
    )
    slips = {
        "the first gradient has the weight β**(t − 1), with no factor 1 − β": uncorrected,
        "this is the corrected one, from zero": lambda t, beta: uncorrected(t, beta) / (1 - beta**t) ** 2,
        "the newest of t gradients has the age 0, so the first one has the age t − 1": lambda t, beta: (
            np.sum(weights(t, beta, "zero")[1:] ** 2) + beta ** (2 * t)
        ),
        "this is the deviation, the root of the variance": lambda t, beta: np.linalg.norm(weights(t, beta, "first")),
    }
    agree(
        first_variance,
        lambda t, beta: np.sum(weights(t, beta, "first") ** 2),
        cases,
        slips,
        rel=1e-6,
        hint="It is the sum of the squared weights; the first gradient has inherited that of the zeros",
    )
    total = np.mean([weights(t, beta, "first").sum() for t, beta in cases])
    right = "yes" if np.isclose(total, 1) else "no"
    said = f"its weights sum to {total:.3g}, and a mean goes through a sum"
    choice("unbiased", unbiased, right, {"yes": said, "no": said}, among=("yes", "no"))


def exercise_7(worst_step, hump):
    """Hand in two formulas.

    worst_step(beta1): the predicted number of the worst step of uncorrected Adam; leave it unrounded
    hump(beta1, beta2): how long that step is predicted to be, in learning rates
    """
    s = np.linspace(0.5, 3, 25_001)
    height = (1 - np.exp(-s)) / np.sqrt(s)
    top, at = height.max(), s[height.argmax()]
    slips = {
        "−ln β₁ is about 1 − β₁ only when β₁ is near 1; use the logarithm": lambda b1: at / (1 - b1),
        "this is s; the step is t = s/(−ln β₁)": lambda b1: at,
        "this is negative: ln β₁ is, and s = −t ln β₁": lambda b1: at / np.log(b1),
        "this is where m is full to 1 − 1/e; the hump is a little later": lambda b1: -1 / np.log(b1),
    }
    agree(worst_step, lambda b1: at / -np.log(b1), [(0.5,), (0.9,), (0.99,), (0.999,)], slips, rel=0.002, tol=0.01)

    def predicted(b1, b2):
        return top * np.sqrt(-np.log(b1) / (1 - b2))

    slips = {
        "this is the first step; the hump is the worst": lambda b1, b2: (1 - b1) / np.sqrt(1 - b2),
        "the root is missing: v is divided by through its root": lambda b1, b2: top * -np.log(b1) / (1 - b2),
        "the factor (1 − e⁻ˢ)/√s is missing": lambda b1, b2: np.sqrt(-np.log(b1) / (1 - b2)),
        "the numerator is 1 − e⁻ˢ, not 1: m is not full there": lambda b1, b2: np.sqrt(-np.log(b1) / (1 - b2) / at),
        "−ln β₁ is about 1 − β₁ only when β₁ is near 1; use the logarithm": lambda b1, b2: top * np.sqrt((1 - b1) / (1 - b2)),
        "this is the exact height; the approximation for small t (1 − β₂) was asked for": lambda b1, b2: np.max(
            (1 - b1 ** np.arange(1, 5001)) / np.sqrt(1 - b2 ** np.arange(1, 5001))
        ),
    }
    cases = [(0.5, 0.9999), (0.9, 0.9999), (0.99, 0.9999), (0.99, 0.999)]
    agree(hump, predicted, cases, slips, rel=0.003, hint="Put s = 1.2564 into (1 − e⁻ˢ)/√s and mind what is in front of it")


def exercise_8(gradients):
    """Hand in gradients.

    gradients: an array of at most 10,000 numbers, the gradients from the first step to the last, on which the library's Adam
        with β₁ = 0.9, β₂ = 0.8 and ε = 0 takes a step of more than a hundred learning rates
    """
    g = np.asarray(gradients, dtype=float)
    if g.ndim != 1 or not 0 < g.size <= 10_000:
        raise Wrong(f"`gradients` is {shown(gradients)}; one row of at most 10,000 numbers was expected.")
    if not np.isfinite(g).all() or not g.any():
        raise Wrong("`gradients` must hold finite numbers, and one of them at least must not be 0.")
    if g[0] == 0:
        raise Wrong("The first of `gradients` is 0: with ε = 0 its step is 0/0. Begin with one that is not.")
    m, v, best = 0.0, 0.0, (0.0, 0)
    for t, each in enumerate(g, start=1):
        x, m, v = rules.adam(0.0, each, t, m, v, lr=1.0, beta1=0.9, beta2=0.8, eps=0)
        if not np.isfinite(x):
            raise Wrong(f"At step {t} v is {v:.1e}, beyond what a number can hold as a square; begin larger, or take fewer.")
        best = max(best, (abs(float(x)), t))
    if best[0] > 100:
        return
    a = np.abs(g)
    factor = (a[-1] / a[0]) ** (1 / (a.size - 1)) if a.size > 1 and a[-1] > 0 else 1.0
    if np.isclose(factor, 8 / 9, rtol=1e-3):
        hint = "The factor is right; q = β₁²/β₂ is only a little above 1, so it takes more of them"
    elif factor > 1:
        hint = "They grow. That is best when β₁ < β₂; here v forgets faster than m, so the large ones belong into the past"
    elif np.isclose(factor, 1):
        hint = "v forgets faster than m here: what do gradients do that shrink at a steady pace"
    else:
        hint = "They shrink, but not by the factor β₂/β₁ a step, at which Cauchy and Schwarz are content"
    raise Wrong(f"On `gradients` the longest step is {best[0]:.2f} learning rates, number {best[1]}. {hint}.")
