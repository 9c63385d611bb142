"""Wrong answers to the exercises of chapter 9, and words of what the check must say to them."""

import numpy as np

from optlib import rules

WRONG = {
    1: [
        ({"images_apart": 0.7}, "in per cent, not in images"),
        ({"gift": lambda errors: errors.min()}, "how far is it below the mean"),
        ({"gift": lambda errors: np.ptp(errors)}, "the whole range"),
        ({"ask_for": "another seed of N"}, "twenty tries against one"),
        ({"ask_for": "nothing"}, "choose among"),
    ],
    2: [
        ({"tries": lambda p, sure: 1 / p}, "on average"),
        ({"tries": lambda p, sure: np.log(1 - sure) / np.log(1 - p)}, "round up"),
        ({"share": lambda losses: (losses <= 1.5 * losses.min()).sum()}, "divide by how many"),
    ],
    3: [
        ({"signum": lambda x, g, t, m=0, *, lr, beta: (x - lr * np.sign(g), m)}, "m is not used"),
        ({"signum": rules.ema_momentum}, "it steps along m"),
    ],
    4: [
        ({"common_rate": {"adam": 0.01}}, "find at least three"),
        ({"common_rate": {"sgd": 0.01}}, "adam wins with"),
        ({"common_rate": {"sgd": 1e-5}}, "no rate near"),
        ({"common_rate": {"newton": 1.0}}, "took no part"),
        ({"common_rate": [0.01]}, "no dictionary"),
    ],
    5: [
        ({"paired": lambda sa, sb, r, n: (sa**2 + sb**2 - 2 * r * sa * sb) / n}, "take the root"),
        ({"paired": lambda sa, sb, r, n: np.sqrt((sa**2 + sb**2 - r * sa * sb) / n)}, "counts twice"),
        ({"unpaired": lambda sa, sb, n: (sa + sb) / np.sqrt(n)}, "deviations do not"),
        ({"times": lambda r: 1 - r}, "the other way round"),
    ],
    6: [
        ({"expected_best_distinct": lambda values, k: float(np.min(values))}, "expected about"),
        ({"higher": "without"}, "worth less than two different"),
    ],
    7: [
        ({"setting": lambda t, lr, beta: {"lr": lr, "beta1": beta}}, "still counts"),
        ({"setting": lambda t, lr, beta: {"lr": 1e12 * lr, "beta1": beta, "eps": 1e12}}, "small at first"),
        ({"setting": lambda t, lr, beta: 1}, "a dictionary of Adam's"),
    ],
}
