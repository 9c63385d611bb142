"""The checks of chapter 1; see kit.py."""

from itertools import combinations

import numpy as np
from chapter import SLIPS, TIMES, right_rule, right_schedule
from kit import Wrong, agree, call, members, near, shown, verdict

from optlib.check import check_rule, check_schedule
from optlib.problems import NoisyQuadratic


def exercise_1(limit, in_one_step):
    """Hand in two numbers for f(x) = 3x² − 12x + 5.

    limit: a number, the learning rate above which gradient descent diverges
    in_one_step: a number, the learning rate that arrives in a single step from everywhere
    """
    slope = np.polyder(np.poly1d([3, -12, 5]))
    L = slope.deriv()(0)
    near(
        "limit",
        limit,
        2 / L,
        {
            "this is 1/L, where one step arrives; the limit is 2/L": 1 / L,
            "3 is not the curvature of 3x²; differentiate twice": 2 / 3,
        },
        hint="The limit is 2/L, with L the second derivative",
    )
    near(
        "in_one_step",
        in_one_step,
        1 / L,
        {"from here each step lands on the other side, as far away: this is the limit": 2 / L, "3 is not the curvature": 1 / 3},
        hint=f"From x = 7 a step with it ends at {7 - in_one_step * slope(7):.4g}, and the minimum is at 2",
    )


def exercise_2(comes_down, promised):
    """Hand in two borders for gradient descent on x⁴/4 with the learning rate 0.1.

    comes_down: a number, the distance from 0 below which every start comes down
    promised: a number, the distance from 0 below which the descent lemma promises it
    """
    low, high = 0.0, 100.0
    for _ in range(60):
        x = x0 = (low + high) / 2
        for _ in range(5):  # once a step is longer than the last, so are all that follow
            x = x - 0.1 * x**3 if abs(x) < 1e3 else x
        low, high = (x0, high) if abs(x) < x0 else (low, x0)
    limit = 2 / 0.1  # of the curvature, by the lemma
    lemma = max(x for x in np.linspace(0, 10, 100_001) if 3 * x**2 < limit)
    near(
        "comes_down",
        comes_down,
        low,
        {
            "this is what the lemma promises; the run comes down from further away": lemma,
            "from here the first step ends at 0 at once; a step may also end on the other side": (1 / 0.1) ** 0.5,
            "this is x², take the root": low**2,
        },
        rel=2e-3,
        hint="A step multiplies x by 1 − ηx²; when is that shorter than 1",
    )
    near(
        "promised",
        promised,
        lemma,
        {
            "the lemma asks for 2/L, not 1/L": (1 / 0.3) ** 0.5,
            "this is where runs come down; the lemma looks at the curvature, which is 3x²": low,
            "this is x², take the root": lemma**2,
        },
        rel=2e-3,
        hint="On |x| ≤ x₀ the curvature is at most 3x₀², and the lemma needs η < 2/L",
    )


def exercise_3(careful):
    """Hand in a rule.

    careful(x, g, t, *, lr=0.1, c=1.0): a rule that shortens the gradient to length c where it is longer
    """
    verdict("careful", check_rule(careful, right_rule, slips=SLIPS, lr=0.5, c=2.0))


def exercise_4(falling, meets):
    """Hand in a schedule and the powers.

    falling(t, *, lr=1.0, k=1.0): a schedule, lr / (1 + k (t − 1)) at step t
    meets: a set, those exponents a among 0.5, 1 and 2 for which the rates t⁻ᵃ meet both conditions
    """
    verdict("falling", check_schedule(falling, right_schedule, slips=TIMES, lr=0.5, k=0.1))
    t = np.arange(1.0, 200_001)
    grows = {p: np.sum(t**-p) > np.sum(t[:20_000] ** -p) + 0.1 for p in (0.5, 1, 2, 4)}
    right = {a for a in (0.5, 1, 2) if grows[a] and not grows[2 * a]}
    why = {
        0.5: "the squares of the rates are 1/t, and their sum is infinite: the noise does not die out",
        1: "the sum of 1/t is infinite and the sum of 1/t² is not",
        2: "the sum of 1/t² is finite: the run may stop short of the minimum",
    }
    members("meets", meets, right, why, among={0.5, 1, 2})


def exercise_5(best_rate):
    """Hand in a formula.

    best_rate(T, x0, sigma): the constant learning rate with the lowest expected loss after T steps from x0, for large T
    """
    cases = [(1000, 3.0, 1.0), (4000, 1.0, 0.5), (2000, 2.0, 4.0)]

    def exact(T, x0, sigma):
        rates = np.geomspace(1e-4, 0.1, 400)
        return rates[NoisyQuadratic([1.0], sigma=sigma).expected(lr=rates, steps=T, start=[x0])[-1].argmin()]

    def formula(T, x0, sigma, inside=4, outside=2, power=2):
        return np.log(inside * T * x0**power / sigma**2) / (outside * T)

    agree(
        best_rate,
        exact,
        cases,
        {
            "the 4 in the logarithm is missing: the noise floor is ησ²/4": lambda *c: formula(*c, inside=1),
            "it is twice as high; the distance shrinks by (1 − η)² a step, twice over in the loss": lambda *c: formula(
                *c, outside=1
            ),
            "x0 enters as its square": lambda *c: formula(*c, power=1),
            "the noise enters as its variance, sigma²": lambda T, x0, s: np.log(4 * T * x0**2 / s) / (2 * T),
            "this is a logarithm to base 10": lambda *c: formula(*c) / np.log(10),
            "this is fast for the start and ignores the noise: it need not fall with T": lambda T, x0, s: 1.0,
        },
        rel=0.04,
        hint="Set the derivative of the expected loss after T steps to zero",
    )


def exercise_6(dealt_variance):
    """Hand in a formula.

    dealt_variance(numbers, B): the variance of the mean of B numbers that are dealt, no number twice, from an array of numbers
    """

    def every_batch(numbers, B):
        return np.var([np.mean(batch) for batch in combinations(numbers, B)])

    some = np.array([3.0, -1.0, 0.5, 2.0, 2.5, 7.0, -4.0])
    agree(
        dealt_variance,
        every_batch,
        [(some, B) for B in (1, 2, 5, 6, 7)] + [(some[:5], 3)],
        {
            "this is for numbers that are drawn, where one can come twice": lambda n, B: n.var() / B,
            "the variance is that of these n numbers; do not divide by n − 1 there": lambda n, B: (
                n.var(ddof=1) / B * (len(n) - B) / (len(n) - 1)
            ),
            "the last factor divides by n − 1, not by n": lambda n, B: n.var() / B * (len(n) - B) / len(n),
            "this is the deviation; square it": lambda n, B: np.sqrt(n.var() / B * (len(n) - B) / (len(n) - 1)),
        },
        rel=1e-6,
        tol=1e-9,
    )


def exercise_7(keep_promise):
    """Hand in one step of the search.

    keep_promise(f, grad, x, lr): the pair (new x, rate) of the step with the first of the rates lr, lr/2, lr/4, …
        that keeps the promise of the descent lemma
    """

    def halve(f, g, x, lr, share=0.5):
        while f(x - lr * g) > f(x) - share * lr * (g @ g):
            lr = lr / 2
        return lr

    def watched(f, asked):
        def loss(x):
            asked.append(x)
            if len(asked) > 200:
                raise Wrong("`keep_promise` asked for the loss 200 times without accepting a rate: look at its condition.")
            return f(x)

        return loss

    h = np.array([1.0, 5.0])
    problems = [
        ("of curvature 1 and 5", lambda x: np.sum(h * x * x) / 2, lambda x: h * x),
        ("log(cosh(3 x))", lambda x: np.sum(np.log(np.cosh(3 * x))), lambda x: 3 * np.tanh(3 * x)),
        ("x⁴/4", lambda x: np.sum(x**4) / 4, lambda x: x**3),
    ]
    for what, f, grad in problems:
        for x in (np.array([1.0, 0.3]), np.array([-2.0, 1.5])):
            result = call(keep_promise, watched(f, []), grad, x, 8.0)
            if not isinstance(result, tuple) or len(result) != 2:
                raise Wrong(f"`keep_promise` returns {shown(result)}; return the pair (new x, rate).")
            new, lr = result
            g = grad(x)
            where = f"`keep_promise` on the loss {what} from {shown(x)}, started at 8,"
            right = halve(f, g, x, 8.0)
            if np.ndim(lr):
                raise Wrong(f"{where} returns {shown(lr)} as the rate; return the pair (new x, rate).")
            if lr != right:
                if lr == halve(f, g, x, 8.0, share=0):
                    raise Wrong(f"{where} stops as soon as the loss falls; it must fall by lr‖g‖²/2.")
                if lr == halve(f, g, x, 8.0, share=1):
                    raise Wrong(f"{where} asks for too much; the loss must fall by lr‖g‖²/2, half of what the slope says.")
                if lr in (2 * right, right / 2):
                    raise Wrong(f"{where} returns the rate {shown(lr)}, one halving too {'few' if lr > right else 'many'}.")
                raise Wrong(f"{where} chooses {shown(lr)}; the first rate that keeps the promise is {shown(right)}.")
            if np.shape(new) != x.shape or not np.allclose(new, x - lr * g):
                raise Wrong(f"{where} returns the point {shown(new)}; with that rate the step ends at {shown(x - lr * g)}.")
