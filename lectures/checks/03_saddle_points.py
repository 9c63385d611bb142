"""The checks of chapter 3; see kit.py."""

from itertools import count
from math import erfc

import numpy as np
from chapter import SLIPS, leaves, reference
from kit import agree, choice, members, near, number, verdict

from optlib import iterate, rules, run
from optlib.catalogue import RULES
from optlib.check import check_rule


def slope(x):
    return 3 * x**2 - 3


def exercise_1(minimum_x1, saddle_x1, leave_steps, end_right, falls):
    """Hand in what you read off x₁³ − 3x₁ + x₂²; x₂ is 0 at both critical points.

    minimum_x1: a number, x₁ at the critical point that is a minimum
    saddle_x1: a number, x₁ at the critical point that is a saddle
    leave_steps: a number, the steps of gradient descent with learning rate 0.05 from 1e-6 beside the saddle to 0.1 beside it
    end_right: a number, x₁ where the path to the right of the saddle ends
    falls: "left" or "right", the side on which the loss falls for ever
    """

    def follow(side, done):
        x = saddle + side * 1e-6
        for t in count():
            if done(x) or t == 500:
                return t, x
            x = x - 0.05 * slope(x)

    flat = np.roots([3, 0, -3])
    minimum, saddle = max(flat, key=lambda x: 6 * x), min(flat, key=lambda x: 6 * x)
    swapped = "the second derivative along x₁ is 6x₁, so {} here"
    near("minimum_x1", minimum_x1, minimum, {swapped.format("it is negative, and x₂ rises: a saddle is"): saddle})
    near("saddle_x1", saddle_x1, saddle, {swapped.format("it is positive, as along x₂: a minimum is"): minimum})
    far, _ = follow(1, lambda x: abs(x - saddle) >= 0.1)
    slips = {
        "this is the way to a distance of 1; it ends at 0.1, which is 10⁵ times as far as the start": np.log(1e6) / np.log(1.3),
        "the factor at the saddle is 1 + 6η; this has 1 + η": np.log(1e5) / np.log(1.05),
        "the factor at the saddle is 1 + 6η; this has 1 + 2η": np.log(1e5) / np.log(1.1),
        "at the saddle distances grow by 1 + 6η; this has 1 − 6η, which is how they shrink at the minimum": (
            np.log(1e5) / -np.log(0.7)
        ),
        "each step multiplies by 1.3, so ln(1 + 6η) stands below, not 6η": np.log(1e5) / 0.3,
    }
    near(
        "leave_steps",
        leave_steps,
        far,
        slips,
        rel=0,
        tol=2,
        hint="The distance is multiplied by 1 + 6η a step, and has to grow 10⁵ fold",
    )
    ends = {side: follow(side, lambda x: abs(x) > 1e3)[1] for side in (1, -1)}
    near("end_right", end_right, ends[1], {"this is the saddle that it leaves": saddle}, rel=0.01)
    lost = next(side for side, x in ends.items() if abs(x) > 1e3)
    names = {1: "right", -1: "left"}
    choice("falls", falls, names[lost], {names[-lost]: "there x₁³ outgrows 3x₁, and the loss rises"}, among=("left", "right"))


def exercise_2(stays, stay_steps):
    """Hand in what happens from a start exactly on the ridge, with the learning rate 0.1.

    stays: a set, the angles among 0, 30, 45 and 60 degrees at which gradient descent never leaves
    stay_steps: a number, about how many steps it takes to a distance of 1 at the other angles
    """
    counted = {degrees: int(leaves(rules.sgd, 0.0, degrees, steps=600, lr=0.1)) for degrees in (0, 30, 45, 60)}
    why = {
        degrees: "without a turn x₂ is exactly 0, and 1.2 times 0 is 0"
        if n < 0
        else f"turned by {degrees} degrees the start is a rounded point, so it lies beside the ridge"
        for degrees, n in counted.items()
    }
    members("stays", stays, {degrees for degrees, n in counted.items() if n < 0}, why, among=set(counted))
    slips = {
        "this is from 1e-10; the start is rounded in the sixteenth digit": np.log(1e10) / np.log(1.2),
        "so fine are numbers around 0; the coordinates of the start are near 1, and rounded to about 1e-16": (
            -np.log(np.finfo(float).tiny) / np.log(1.2)
        ),
        "each step multiplies by 1.2, so ln 1.2 stands below, not ln 2": np.log(1e16) / np.log(2),
    }
    near(
        "stay_steps",
        stay_steps,
        np.median([n for n in counted.values() if n > 0]),
        slips,
        rel=0.15,
        hint="How far is 1e-16 from 1",
    )


def exercise_3(nudged):
    """Hand in a rule.

    nudged(x, g, t, *, lr=0.1, small=0.01, nudge=0.0): the new point, in a tuple (x,)
    """
    verdict("nudged", check_rule(nudged, reference, slips=SLIPS, lr=0.1, small=1.0, nudge=0.3))


def exercise_4(offset, sgd_steps, momentum_steps):
    """Hand in three numbers for the saddle in 100 dimensions, with the learning rate 1.

    offset: a number, how far beside the ridge, along the one way out, a random start at distance 1 typically is
    sgd_steps: a number, the steps of gradient descent from your offset to a distance of 1 along the way out
    momentum_steps: a number, the same for momentum 0.9 with the same learning rate
    """
    random = np.random.default_rng(0).standard_normal((20_000, 100))
    beside = np.abs(random[:, 0]) / np.linalg.norm(random, axis=1)
    typical, middle = np.sqrt(np.mean(beside**2)), np.median(beside)
    found = number("offset", offset)
    if not middle * 0.97 < found < typical * 1.03:  # the median, the mean and the root mean square are all typical
        slips = {
            "this is the mean square of one coordinate; the offset is the root of that": np.mean(beside**2),
            "this is the distance to the saddle, which 100 coordinates share": 1.0,
        }
        near("offset", found, typical, slips, rel=0.03, hint="The squares of 100 equal coordinates sum to 1")

    def counted(rule, **hyper):
        path = iterate(rule, lambda x: -0.01 * x, np.array(found), **hyper)
        return next(t for t, (x, *_) in enumerate(path) if x >= 1 or t == 5000)

    def by_factor(z):
        return -np.log(found) / np.log(z)

    slips = {
        "the factor is 1 + 0.01, from the way out; the 99 rising directions do not come in": by_factor(2),
        "this is the time to grow by e": 1 / np.log(1.01),
        "this grows the offset by the same length each step; it grows by the same factor": (1 - found) / (0.01 * found),
    }
    near("sgd_steps", sgd_steps, counted(rules.sgd, lr=1), slips, rel=0.01, tol=1, hint="Each step multiplies by 1.01")
    root = np.roots([1, -1.91, 0.9]).max()  # the factor alone, or with the start, where v is 0: both are right
    low, high = sorted((by_factor(root), counted(rules.momentum, lr=1, beta=0.9)))
    slips = {
        "this is with a tenth of the learning rate; the same one was asked for": counted(rules.momentum, lr=0.1, beta=0.9),
        "this is without momentum": counted(rules.sgd, lr=1),
        "this is gradient descent with ten times the rate; the larger root z of the quadratic is smaller than 1.1": by_factor(
            1.1
        ),
    }
    hint = "The factor is the larger root of z² − (1.9 + 0.01) z + 0.9"
    near("momentum_steps", momentum_steps, (low + high) / 2, slips, rel=0, tol=(high - low) / 2 + 1.5, hint=hint)


def share_by_grid(c):
    """The share of minima by a sum over q and r, of variance ½ each; p, of the same, has to exceed the root of q² + c² r²."""
    at = np.linspace(0, 4, 120, endpoint=False) + 4 / 240
    q, r = np.meshgrid(at, at)
    weight = np.exp(-(q**2) - r**2)
    return np.sum(weight * np.vectorize(erfc)(np.sqrt(q**2 + c**2 * r**2))) / (2 * weight.sum())


def exercise_5(share):
    """Hand in a formula; a sum over a grid of angles may stand for its integral.

    share(c): the share of minima with variance 1 on the diagonal and c²/2 beside it
    """
    cases = [(c,) for c in (0.0, 0.5, 1.0, 2.0, 8.0)]
    slips = {
        "c does not come in; this is the share at c = 0, of two coins": lambda c: 0.25,
        "c does not come in; this is the share at c = 1": lambda c: share_by_grid(1.0),
        "the variance beside the diagonal is c²/2; this has c²": lambda c: share_by_grid(np.sqrt(2) * c),
        "m has c² in it; this has c": lambda c: share_by_grid(np.sqrt(c)),
        "this counts the maxima, too": lambda c: 2 * share_by_grid(c),
        "this is the share of saddles": lambda c: 1 - 2 * share_by_grid(c),
    }
    hint = "At c = 0 it is ¼, and it falls as c grows"
    agree(share, share_by_grid, cases, slips, rel=0.01, tol=5e-4, hint=hint)


def waits(lr, L, gamma, saddles=4):
    """Steps at each saddle of a chain, as `chain` counts them, for other curvatures."""
    x, spent = [0.01] * saddles, []
    for k in range(saddles):
        spent.append(0)
        while x[k] < 1:
            x = [*x[:k], x[k] * (1 + lr * gamma), *(y * (1 - lr * L) for y in x[k + 1 :])]
            spent[-1] += 1
    return spent


def exercise_6(ratio, limit):
    """Hand in two formulas for saddles whose rising directions have curvature L and whose falling one has −γ.

    ratio(lr, L, gamma): how many times as long the path waits at a saddle as at the one before
    limit(L, gamma): where that tends to for a small learning rate
    """

    def counted(lr, L, gamma):
        *_, before, last = waits(lr, L, gamma)
        return last / before

    def r(lr, L, gamma):
        return -np.log(1 - lr * L) / np.log(1 + lr * gamma)

    slips = {
        "this is r, the decades lost for each one gained; the wait of before comes on top: 1 + r": r,
        "this is where it tends to for a small learning rate": lambda lr, L, gamma: 1 + L / gamma,
        "the two logarithms are exchanged: what shrinks stands above": lambda *c: 1 + 1 / r(*c),
        "rising directions shrink by 1 − ηL a step, which is not 1/(1 + ηL)": lambda lr, L, gamma: (
            1 + np.log(1 + lr * L) / np.log(1 + lr * gamma)
        ),
    }
    agree(ratio, counted, [(0.1, 2.0, 2.0), (0.05, 4.0, 2.0), (0.1, 1.0, 2.0)], slips, rel=0.02)
    slips = {
        "this is r for a small learning rate; the ratio of the waits is 1 + r": lambda L, gamma: L / gamma,
        "the curvatures are exchanged: the steep one that rises stands above": lambda L, gamma: 1 + gamma / L,
    }
    agree(limit, lambda L, gamma: counted(0.005, L, gamma), [(2.0, 2.0), (4.0, 2.0), (1.0, 2.0)], slips, rel=0.02)


CAUSES = ("mini-batches", "weight decay", "a schedule", "other starting weights", "noise of its own for each weight", "dropout")


def parted(rule=rules.sgd, lr=0.05, cause=None):
    """Whether one of 30 steps parts two exchangeable weights that start equal, unless the cause is the start."""
    rng = np.random.default_rng(0)

    def gradient(x):
        keep = np.array([0.0, 1.0]) if cause == "dropout" else 1.0
        batch = rng.standard_normal(2) if cause == "mini-batches" else np.ones(2)
        own = 0.1 * rng.standard_normal(2) if cause == "noise of its own for each weight" else 0.0
        decay = 0.1 * x if cause == "weight decay" else 0.0
        out = np.sum(keep * np.tanh(batch[0] * x))
        return 2 * (out - batch[1]) * keep * batch[0] / np.cosh(batch[0] * x) ** 2 + own + decay

    start = np.array([0.3, 0.4 if cause == "other starting weights" else 0.3])
    rate = (lambda t: lr / t) if cause == "a schedule" else lr
    path = run(rule, gradient, start, 30, lr=rate).path
    return bool(np.any(path[:, 0] != path[:, 1]))


def exercise_7(parting, parts):
    """Hand in what follows from the proof.

    parting: a number, how many of the library's rules part two equal units
    parts: a set, all that can part them among "mini-batches", "weight decay", "a schedule", "other starting weights",
        "noise of its own for each weight" and "dropout"
    """
    slips = {"this is how many rules there are; does one of them treat two coordinates by two formulas": len(RULES)}
    told = "Each rule treats all coordinates by one formula, so equal weights with equal gradients stay equal"
    near("parting", parting, sum(parted(rule) for rule in RULES.values()), slips, rel=0, hint=told)
    why = {
        "mini-batches": "both units see the same batch, and get the same gradient",
        "weight decay": "equal weights shrink equally",
        "a schedule": "both units have the same learning rate at each step",
        "other starting weights": "units that start apart are not exchanged by anything, so their gradients differ",
        "noise of its own for each weight": "noise that is drawn for each weight separately differs between the units",
        "dropout": "it switches off one unit and not the other",
    }
    members("parts", parts, {cause for cause in CAUSES if parted(cause=cause)}, why, among=set(CAUSES))
