"""The checks of chapter 7; see kit.py."""

import numpy as np
from chapter import SLIPS, right_cosine
from kit import Wrong, agree, choice, near, number, shown, verdict

from optlib import schedules
from optlib.check import check_schedule
from optlib.problems import NoisyQuadratic
from optlib.schedules import schedule


def moments(m, steps, *, lr, lam, variance=1.0):
    """The mean square of x after some steps at a constant rate, from the fixed point of the recursion."""
    end = lr**2 * variance / (1 - (1 - lr * lam) ** 2)
    return end + (1 - lr * lam) ** (2 * steps) * (m - end)


def exercise_1(steep_floor, flat_floor, by_rule, steps):
    """Hand in four numbers for the curvatures 4 and 0.5, the learning rate 0.1 and noise of standard deviation 2.

    steep_floor: a number, the height of the loss at which the direction of curvature 4 gets stuck, exactly
    flat_floor: a number, the same for the direction of curvature 0.5
    by_rule: a number, what the rule for small rates says of each direction
    steps: a number, the steps until the flat direction's loss is a hundred times closer to its floor
    """

    def stuck(lam, variance=4.0):
        return lam / 2 * moments(9.0, 10_000, lr=0.1, lam=lam, variance=variance)

    for name, value, lam in (("steep_floor", steep_floor, 4.0), ("flat_floor", flat_floor, 0.5)):
        slips = {
            "this is by the rule for small rates; the exact floor has 2 − ηλ below the line": 0.1,
            "the noise enters with its variance, and that is σ² = 4": stuck(lam, variance=2.0),
            "this is the mean of x²; the loss is λ/2 times it": stuck(lam) * 2 / lam,
            "this is λ times the mean of x²; the loss is half of it": stuck(lam) * 2,
        }
        near(name, value, stuck(lam), slips, rel=0.005, hint="Where does η²σ² balance what (1 − ηλ)² forgets")
    near(
        "by_rule",
        by_rule,
        stuck(1e-2),
        {
            "the noise enters with its variance, and that is σ² = 4": stuck(1e-2, variance=2.0),
            "this is for both directions together": 2 * stuck(1e-2),
        },
        rel=0.005,
        hint="The rule is ησ²/4, whatever the curvature",
    )
    far = [moments(9.0, t, lr=0.1, lam=0.5, variance=0.0) for t in range(200)]
    first = next(t for t in range(200) if far[t] <= far[0] / 100)
    near(
        "steps",
        steps,
        first,
        {
            "a step shrinks the distance of the loss by (1 − ηλ)², not by 1 − ηλ": 2 * first,
            "this is the steep direction": np.log(100) / (-2 * np.log(0.6)),
            "this brings the distance down tenfold": first / 2,
        },
        rel=0,
        tol=1,
        hint="The distance to the floor shrinks by (1 − 0.05)² a step",
    )


def exercise_2(k, s, forgotten, above):
    """Hand in four numbers for the recipe: the rate 0.01, tenfold down every 20 epochs, batches of 32 out of 55000 samples.

    k: a number, the decay of `exponential`, per step; an epoch uses its last, smaller batch, too
    s: a number, the steps of `tenfold`
    forgotten: a number, the steps by which `20 * 55000 // 32` is too short
    above: a number, the callback's rate over that of the smooth curve, on average over the steps
    """
    per_epoch = len(range(0, 55_000, 32))
    right = 20 * per_epoch
    near(
        "s",
        s,
        right,
        {
            "this is in epochs; tenfold is asked with the step": 20,
            "an epoch ends with a smaller batch, and it is a step, too: 55000/32 rounds up": 20 * (per_epoch - 1),
            "this is the author's; each epoch has a last, smaller batch": 20 * 55_000 // 32,
            "this is one epoch": per_epoch,
        },
        rel=0,
        tol=0.01,
        hint="Count the batches of one epoch, the last one as well, and take 20 times as many",
    )
    fits = -np.log(schedules.tenfold(right + 1, lr=1.0, s=right)) / right
    k = number("k", k)
    near(
        "k",
        k,
        fits,
        {
            "this is per epoch; divide it by the steps of an epoch": fits * per_epoch,
            "the minus is in the formula already; k is above 0": -fits,
            "this falls to 1/e in 20 epochs; tenfold asks for ln 10": 1 / right,
            "this falls tenfold in one epoch": fits * 20,
        },
        rel=0.002,
        hint=f"After 20 epochs e^(−kt) has to be 0.1, and with your k it is {np.exp(-k * right):.3g}",
    )
    author = 20 * 55_000 // 32
    near(
        "forgotten",
        forgotten,
        right - author,
        {
            "this leaves out the last batch of each epoch; the author rounds once, after the product": 20,
            "this is his s; by how much is it too short": author,
        },
        rel=0,
        tol=0.01,
    )
    smooth = schedule(schedules.tenfold, lr=1.0, s=right)
    t = np.arange(1, per_epoch + 1)
    near(
        "above",
        above,
        np.mean(smooth(1) / smooth(t)),
        {
            "this is at the end of an epoch, where the gap is widest; on average it is about the root of that": smooth(1)
            / smooth(per_epoch),
            "this is the curve over the callback": np.mean(smooth(t)) / smooth(1),
            "this is the excess alone; add 1": np.mean(smooth(1) / smooth(t)) - 1,
        },
        rel=0.01,
        hint="Through an epoch the callback keeps the rate of the epoch's first step",
    )


def exercise_3(warm_cosine):
    """Hand in a schedule.

    warm_cosine(t, *, lr=0.1, warmup_steps=10, steps=100): a climb to lr, then half a cosine to 0 at step steps + 1
    """
    for until, hyper in ((80, {"lr": 0.5, "warmup_steps": 5, "steps": 60}), (50, {"lr": 0.2, "warmup_steps": 12, "steps": 40})):
        verdict("warm_cosine", check_schedule(warm_cosine, right_cosine, slips=SLIPS, until=until, **hyper))


def half_averaged(lr, lam, begin=501, end=1000, of_losses=False):
    """The exact expected loss of the average of the points from `begin` to `end`, from x = 3 with noise 1, in one direction."""
    a, window = 1 - lr * lam, np.arange(begin, end + 1)
    if of_losses:
        return lam / 2 * np.mean([moments(9.0, t, lr=lr, lam=lam) for t in window])
    s = np.arange(1, end + 1)
    # the noise of step s is in the point of step t with a^(t − s); summed over the window
    reach = (a ** (np.maximum(begin, s) - s) - a ** (end + 1 - s)) / (1 - a) / len(window)
    return lam / 2 * (9 * np.mean(a**window) ** 2 + np.sum((lr * reach) ** 2))


def exercise_4(last, averaged, best_cosine, best_rate):
    """Hand in losses in the valley with curvatures 1 and 1/10, after 1000 steps from (3, 3), and a rate.

    last: four numbers, the mean loss of the last point of 1000 runs or more, at the constant rates 0.02, 0.1, 0.5 and 1,
        in this order
    averaged: four numbers, the mean loss of the average of the last 500 points, at the same rates
    best_cosine: a number, the expected loss at the end of a cosine over 1000 steps at its best first rate
    best_rate: a number, the one among these four rates that suits the average best
    """
    rates, curvatures = (0.02, 0.1, 0.5, 1.0), (1.0, 0.1)

    def both(f, lr, **how):
        return sum(f(lr, lam, **how) for lam in curvatures)

    def at_the_end(lr, lam):
        return lam / 2 * moments(9.0, 1000, lr=lr, lam=lam)

    for name, value in (("last", last), ("averaged", averaged)):
        if np.shape(value) != (4,):
            raise Wrong(f"`{name}` is {shown(value)}; four numbers were expected, one for each rate.")
        for i, lr in enumerate(rates):
            end, mean = both(at_the_end, lr), both(half_averaged, lr)
            slips = {
                "averaged": {
                    "this is the average of the losses; average the points first": both(half_averaged, lr, of_losses=True),
                    "this averages the whole run, the start as well": both(half_averaged, lr, begin=1),
                    "this is the last point": end,
                    "this is the steep direction alone": half_averaged(lr, 1.0),
                },
                "last": {
                    "this is the average of the second half": mean,
                    "this is the steep direction alone": at_the_end(lr, 1.0),
                    "the loss has the factor 1/2": 2 * end,
                },
            }
            truth = end if name == "last" else mean
            hint = f"At the rate {lr} it is about {truth:.3g}; is it the mean of many runs"
            near(f"{name}[{i}]", value[i], truth, slips[name], rel=0.15, hint=hint)
    grid = np.geomspace(0.01, 1.9, 60)
    valley = NoisyQuadratic(curvatures)
    near(
        "best_cosine",
        best_cosine,
        valley.expected(lr=schedule(schedules.cosine, lr=grid, steps=1000), steps=1000, start=[3.0, 3.0])[-1].min(),
        {
            "this is over 100 steps; here there are 1000": valley.expected(
                lr=schedule(schedules.cosine, lr=grid, steps=100), steps=100, start=[3.0, 3.0]
            )[-1].min(),
            "this is the best constant rate": min(both(at_the_end, lr) for lr in grid[:40]),
        },
        rel=0.02,
        hint="Try rates between 0.01 and 1, and take the lowest loss at the end",
    )
    best = min(rates, key=lambda lr: both(half_averaged, lr))
    why = {
        lr: f"there the average has the loss {both(half_averaged, lr):.3g}, and {both(half_averaged, best):.3g} can be had"
        for lr in rates
    }
    why[0.02] = "it suits the last point; the average still remembers the start at that rate"
    choice("best_rate", best_rate, best, why, among=rates)


def exercise_5(halved_loss, doubled_loss, samples):
    """Hand in three numbers for the valley with curvatures 1 and 1/10, from (3, 3), with noise of variance 1/B.

    halved_loss: a number, the expected loss after 100 steps with B = 1 and the rate 0.4, halved after every 25 steps
    doubled_loss: a number, the same with the rate 0.4 throughout and B = 1, doubled after every 25 steps
    samples: a number, how many samples the growing batch has used
    """

    def ends(rates, variances, lengths=(25, 25, 25, 25)):
        total = 0.0
        for lam in (1.0, 0.1):
            m = 9.0
            for lr, variance, steps in zip(rates, variances, lengths, strict=True):
                m = moments(m, steps, lr=lr, lam=lam, variance=variance)
            total += lam / 2 * m
        return total

    same, powers = np.ones(4), 0.5 ** np.arange(4)
    rate, batch = ends(0.4 * powers, same), ends(0.4 * same, powers)
    early = np.append(powers, 1 / 16), (24, 25, 25, 25, 1)
    near(
        "halved_loss",
        halved_loss,
        rate,
        {
            "this is the growing batch": batch,
            "the rate is halved one step early: the first 25 steps have 0.4": ends(0.4 * early[0], np.ones(5), early[1]),
            "the rate was never halved": ends(0.4 * same, same),
            "this is the sum of λ E x²; the loss is half of it": 2 * rate,
        },
        rel=0.004,
    )
    near(
        "doubled_loss",
        doubled_loss,
        batch,
        {
            "this is the halved rate": rate,
            "the deviation was divided by B; it is the variance that is": ends(0.4 * same, powers**2),
            "the variance was divided by the root of B": ends(0.4 * same, powers**0.5),
            "the batch grows one step early: the first 25 steps have B = 1": ends(np.full(5, 0.4), *early),
            "both were changed at once; here the rate stays": ends(0.4 * powers, powers),
            "this is the sum of λ E x²; the loss is half of it": 2 * batch,
        },
        rel=0.004,
    )
    near(
        "samples",
        samples,
        np.sum(np.repeat(1 / powers, 25)),
        {
            "this is the number of steps; a step uses B samples": 100,
            "the batch grows one step early: the first 25 steps have B = 1": early[1] @ (1 / early[0]),
            "this is as if all steps had the last batch": 800,
        },
        rel=0,
        tol=0.01,
    )


def walk(xi, rate, x=100.0):
    """The point after the steps with the noise xi, curvature 1."""
    for t, noise in enumerate(xi, 1):
        x = x - rate(t) * (x + noise)
    return x


def exercise_6(plain, late, extra):
    """Hand in two formulas, without a loop over the steps, and a number.

    plain(xi): the point after len(xi) steps with the rates 1/t, when step t has the noise xi[t − 1]
    late(xi): the same with the rates 2/(t + 1)
    extra: a number, the variance of the second over that of the first, for long runs
    """
    rng = np.random.default_rng(3)
    cases = [(rng.standard_normal(n).round(2),) for n in (1, 2, 5, 20)]

    def weighted(xi, weights):
        return np.sum(weights * xi) / np.sum(weights)

    def count(xi):
        return np.arange(1.0, len(xi) + 1)

    agree(
        plain,
        lambda xi: walk(xi, lambda t: 1 / t),
        cases,
        {
            "this is the mean of the noise; the readings of the minimum are y = −ξ": np.mean,
            "divide the sum by the number of steps": lambda xi: -np.sum(xi),
            "this is the schedule 2/(t + 1)": lambda xi: -weighted(xi, count(xi)),
        },
        rel=1e-6,
        tol=1e-9,
        hint="Multiply x_t = (1 − 1/t) x_{t−1} + y_t/t by t",
    )
    agree(
        late,
        lambda xi: walk(xi, lambda t: 2 / (t + 1)),
        cases,
        {
            "the readings of the minimum are y = −ξ": lambda xi: weighted(xi, count(xi)),
            "all readings have the same weight here, as with 1/t": lambda xi: -np.mean(xi),
            "the weights are turned round: late readings count more": lambda xi: -weighted(xi, count(xi)[::-1]),
            "divide by the sum of the weights, not by their number": lambda xi: -np.mean(count(xi) * xi),
            "the weights grow in proportion to t, not to its square": lambda xi: -weighted(xi, count(xi) ** 2),
        },
        rel=1e-6,
        tol=1e-9,
        hint="Multiply x_t by t (t + 1)",
    )
    n = 2000
    answers = np.zeros(n)
    for t in range(1, n + 1):  # by how much each reading counts
        answers *= 1 - 2 / (t + 1)
        answers[t - 1] = 2 / (t + 1)
    near(
        "extra",
        extra,
        n * answers @ answers,
        {"this is the first over the second": 3 / 4, "this is the ratio of the deviations": np.sqrt(4 / 3)},
        rel=0.012,
        hint="Add the squares of the weights, and divide by the square of their sum",
    )


def exercise_7(ends_at, best_order):
    """Hand in a formula and an order.

    ends_at(lr, T, lam, sigma): the expected loss at the end of the straight line, for large T and small lr·lam
    best_order: "1/sqrt(T)", "log T/T", "sqrt(log T)/T" or "1/T", the order of the loss at the best first rate
    """
    cases = [(0.1, 4000, 1.0, 1.0), (0.2, 8000, 0.5, 2.0), (0.05, 6000, 1.0, 0.5), (0.1, 8000, 0.3, 1.0)]

    def exact(lr, T, lam, sigma):
        m = 1.0
        for t in range(1, T + 1):
            rate = lr * (1 - t / T)
            m = (1 - rate * lam) ** 2 * m + (rate * sigma) ** 2
        return lam / 2 * m

    def formula(lr, T, lam, sigma):
        return np.sqrt(np.pi) / 8 * sigma**2 * np.sqrt(lr / (lam * T))

    slips = {
        "this is the floor of the constant rate": lambda lr, T, lam, sigma: lr * sigma**2 / 4,
        "this is the mean of x²; the loss is λ/2 times it": lambda *c: formula(*c) * 2 / c[2],
        "this is λ times the mean of x²; the loss is half of it": lambda *c: formula(*c) * 2,
        "the noise enters with its variance, sigma²": lambda *c: formula(*c) / c[3],
        "noise shrinks by the square, (1 − ηλ)² a step, and so twice as fast in the exponent": lambda *c: formula(*c) * 2**1.5,
        "the budget that is left u steps before the end is ηu²/(2T)": lambda *c: formula(*c) / 2**1.5,
        "the rate ends at 0, the loss does not": lambda *c: 0.0,
    }
    hint = "Add up the noise of all steps, each with what is left of it at the end"
    agree(ends_at, exact, cases, slips, rel=0.02, hint=hint)

    def best(T):
        """The lowest loss over the first rates, the noise by the formula, the start by its budget; times T."""
        budgets = np.linspace(1, 200, 20_000)  # λ η T
        return (T * formula(budgets / T, T, 1.0, 1.0) + T * 4.5 * np.exp(-budgets)).min()

    short, long = 1e4, 1e16
    logs = np.log(long) / np.log(short)
    grows = {"1/sqrt(T)": np.sqrt(long / short), "log T/T": logs, "sqrt(log T)/T": np.sqrt(logs), "1/T": 1.0}
    right = min(grows, key=lambda order: abs(np.log(best(long) / best(short) / grows[order])))
    why = {
        "1/sqrt(T)": "that is at a rate that stays; the best one falls as T grows",
        "log T/T": "the best rate has the order log T/T, and the loss has the root of it over T",
        "1/T": "the start leaves e^(−ληT/2) of itself in x, so ληT must be a few logarithms of T",
    }
    choice("best_order", best_order, right, why, among=tuple(grows))
