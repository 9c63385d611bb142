"""The checks of chapter 9; see kit.py."""

from itertools import combinations

import numpy as np
from chapter import GRID, SLIPS, definition, median
from kit import Wrong, agree, call, choice, near, number, shown, verdict

from optlib import rules
from optlib.check import check_rule

IMAGES = 449


def exercise_1(images_apart, gift, ask_for):
    """Hand in a number, a function and a choice.

    images_apart: a number, by how many of the 449 test images the two errors differ
    gift(errors): how much lower than their mean is the error that gets reported, if the best of several equally good candidates
        is chosen by these very errors, an array
    ask_for: "20 tries for Adam", "another seed of N", "N at Adam's default" or "more decimals", what you would ask for first
    """
    apart = IMAGES * (0.056 - 0.049)
    slips = {
        "this is the difference in per cent, not in images": 0.7,
        "0.7 % is 0.007": 0.7 * IMAGES,
        "these are the errors of N alone": 0.049 * IMAGES,
    }
    near("images_apart", images_apart, apart, slips, rel=0.2)
    rng = np.random.default_rng(0)
    agree(
        gift,
        lambda errors: sum(errors) / len(errors) - sorted(errors)[0],
        [(rng.normal(6, 1, n),) for n in (2, 5, 20)],
        {
            "this is the lowest error itself; how far is it below the mean": lambda e: e.min(),
            "this is the whole range; the reader expects the mean": lambda e: e.max() - e.min(),
            "the sign is the other way round: the best is below the mean": lambda e: e.min() - e.mean(),
        },
        rel=1e-9,
    )
    why = {
        "another seed of N": "a second seed helps, but N would still have had twenty tries against one",
        "N at Adam's default": "the default of one rule says nothing about another, and one try is luck for both",
        "more decimals": "0.7 % are three images, and no decimal makes them more",
    }
    choice("ask_for", ask_for, "20 tries for Adam", why, among=("20 tries for Adam", *why))


def exercise_2(tries, share):
    """Hand in two functions.

    tries(p, sure): how many random tries find a good rate with at least the probability `sure`, if the share p is good
    share(losses): which share of the rates is good, from an array with the loss of each: at most 1.5 times the lowest
    """

    def count(p, sure):
        missed, k = 1.0, 0
        while 1 - missed < sure:
            missed, k = missed * (1 - p), k + 1
        return k

    agree(
        tries,
        count,
        [(1 / 4, 0.95), (1 / 20, 0.95), (1 / 2, 0.9), (0.01, 0.99)],
        {
            "tries are whole: round up": lambda p, sure: np.log(1 - sure) / np.log(1 - p),
            "rounded down it is not quite enough: round up": lambda p, sure: np.floor(np.log(1 - sure) / np.log(1 - p)),
            "this is how many tries find one good rate on average": lambda p, sure: 1 / p,
            "tries do not share the probability out: all of them must miss": lambda p, sure: np.ceil(sure / p),
            "`sure` is the probability to find one; all of them miss with 1 − sure": lambda p, sure: np.ceil(
                np.log(sure) / np.log(1 - p)
            ),
        },
        rel=1e-9,
    )
    agree(
        share,
        lambda losses: sum(loss <= 1.5 * min(losses) for loss in losses) / len(losses),
        [(median[rule],) for rule in ("adam", "sgd", "momentum")],
        {
            "this is a number of rates; divide by how many there are": lambda v: (v <= 1.5 * v.min()).sum(),
            "at most 1.5 times the lowest, not 1.5 more": lambda v: (v <= 1.5 + v.min()).mean(),
            "these are the ones that are not good": lambda v: (v > 1.5 * v.min()).mean(),
        },
        rel=1e-9,
    )


def exercise_3(signum):
    """Hand in a rule.

    signum(x, g, t, m=0, *, lr=0.01, beta=0.9): the step along the sign of the average of the gradients
    """
    verdict("signum", check_rule(signum, definition, slips=SLIPS, lr=0.1, beta=0.9))


def exercise_4(common_rate):
    """Hand in the lies.

    common_rate: a dictionary, {rule: rate}: for at least three rules the learning rate at which this rule wins when all rules
        get this same rate, among the rules that have it on their grids in `GRID`; losses are those of `median`
    """
    if not isinstance(common_rate, dict) or not common_rate:
        raise Wrong('`common_rate` is no dictionary with rules in it; write {"adam": …, …}.')
    for rule, rate in common_rate.items():
        if rule not in GRID:
            raise Wrong(f"`common_rate` names {rule!r}, which took no part; choose among {', '.join(GRID)}.")
        rate = number(f"common_rate[{rule!r}]", rate)
        ends = {}
        for other, grid in GRID.items():
            nearest = np.abs(grid / rate - 1).argmin()
            if abs(grid[nearest] / rate - 1) < 0.1:
                ends[other] = median[other][nearest]
        if rule not in ends:
            raise Wrong(f"`common_rate`: {rule} has no rate near {rate:.2g} on its grid; take one of GRID[{rule!r}].")
        winner = min(ends, key=ends.get)
        if ends[rule] > 1.01 * ends[winner]:
            raise Wrong(
                f"`common_rate`: at {rate:.2g} for all, {winner} wins with {ends[winner]:.2f}; {rule} has {ends[rule]:.2f}."
            )
    if len(common_rate) < 3:
        raise Wrong(f"`common_rate` makes {len(common_rate)} of the rules win; find at least three.")


def exercise_5(paired, unpaired, times):
    """Hand in three functions.

    paired(sa, sb, r, n): the standard deviation of the difference of the two means over n seeds, the same for both rules;
        sa and sb are the standard deviations of the losses over seeds, r is their correlation
    unpaired(sa, sb, n): the same when each rule has n seeds of its own
    times(r): how many times as many runs the unpaired comparison needs for the same error bar, when sa = sb
    """

    def spread(sa, sb, r, n):
        covariance = np.array([[sa * sa, r * sa * sb], [r * sa * sb, sb * sb]]) / n
        return np.sqrt([1, -1] @ covariance @ [1, -1])

    agree(
        paired,
        spread,
        [(1.0, 1.0, 0.6, 20), (0.02, 0.03, 0.4, 5), (2.0, 0.5, -0.3, 8)],
        {
            "this is the variance; take the root": lambda *a: spread(*a) ** 2,
            "this is for one seed; the mean of n has a smaller one": lambda sa, sb, r, n: spread(sa, sb, r, 1),
            "the covariance counts twice": lambda sa, sb, r, n: np.sqrt((sa**2 + sb**2 - r * sa * sb) / n),
            "this is for the sum; in the difference the shared luck cancels": lambda sa, sb, r, n: spread(sa, sb, -r, n),
        },
        rel=1e-6,
    )
    agree(
        unpaired,
        lambda sa, sb, n: spread(sa, sb, 0, n),
        [(1.0, 1.0, 20), (0.02, 0.03, 5)],
        {"variances add up, deviations do not": lambda sa, sb, n: (sa + sb) / np.sqrt(n)},
        rel=1e-6,
    )
    agree(
        times,
        lambda r: (spread(1, 1, 0, 1) / spread(1, 1, r, 1)) ** 2,
        [(0.0,), (0.5,), (0.9,)],
        {
            "this is the quotient of the error bars; runs go with its square": lambda r: (
                spread(1, 1, 0, 1) / spread(1, 1, r, 1)
            ),
            "it is the other way round: the unpaired comparison needs more runs": lambda r: 1 - r,
        },
        rel=1e-6,
    )


def exercise_6(expected_best_distinct, higher):
    """Hand in a function and a choice.

    expected_best_distinct(values, k): the mean of the lowest of k different values, over all ways to choose k of them
    higher: "with replacement" or "without", the formula that gives the higher loss for 1 < k ≤ n
    """

    def by_hand(values, k):
        return np.mean([min(some) for some in combinations(values, k)])

    def drawn(values, k):
        values, n = np.sort(values), len(values)
        above = (np.arange(n, -1, -1) / n) ** k
        return values @ (above[:-1] - above[1:])

    some = np.array([0.9, 0.3, 1.7, 0.4, 2.1, 0.35, 0.8])
    cases = [(some, k) for k in (1, 2, 4, 7)]
    slips = {
        "this draws the same value twice now and then, as the chapter's formula does": drawn,
        "this is the highest of the k; the lowest loss is the best": lambda v, k: np.mean([max(c) for c in combinations(v, k)]),
    }
    agree(expected_best_distinct, by_hand, cases, slips, rel=1e-9)
    truth = "with replacement" if drawn(some, 4) > by_hand(some, 4) else "without"
    why = {"without": "two equal tries are worth less than two different ones, so the formula that allows them lies higher"}
    choice("higher", higher, truth, why, among=("with replacement", "without"))


def exercise_7(setting):
    """Hand in a function.

    setting(t, lr, beta): what Adam is given at step t, a dictionary with lr, beta1 and eps (beta2 if you like), so that
        its steps are those of momentum in the average form with the rate lr and the momentum beta
    """

    def gap(given, lr, beta, steps=50):
        x = y = np.array([1.0, -2.0])
        states, m, curvature, gaps = (), 0, np.array([1.0, 10.0]), []
        for t in range(1, steps + 1):
            x, *states = rules.adam(x, curvature * x, t, *states, **given(t, lr, beta))
            y, m = rules.ema_momentum(y, curvature * y, t, m, lr=lr, beta=beta)
            gaps.append(np.abs(x - y).max())
        return np.array(gaps)

    first = call(setting, 1, 0.1, 0.9)
    if not isinstance(first, dict) or not set(first) <= {"lr", "beta1", "beta2", "eps"}:
        raise Wrong(f"`setting(1, 0.1, 0.9)` is {shown(first)}; a dictionary of Adam's lr, beta1, beta2 and eps was expected.")
    for lr, beta in ((0.1, 0.9), (0.05, 0.5)):
        gaps = gap(setting, lr, beta)
        if gaps[0] > 1e-6:
            small = call(setting, 1, lr, beta).get("eps", 1e-8) < 1e6
            part = (
                "the root in the denominator still counts: what makes it small beside ε"
                if small
                else ("the correction of m divides by 1 − β₁ᵗ, which is small at first: what takes that away")
            )
            raise Wrong(f"`setting`: the first step differs from momentum's by {gaps[0]:.2g}; {part}?")
        if gaps.max() > 1e-6:
            at = int(np.argmax(gaps > 1e-6)) + 1
            raise Wrong(f"`setting`: the steps part at step {at}, for lr {lr} and beta {beta}; what changes with t in Adam?")
