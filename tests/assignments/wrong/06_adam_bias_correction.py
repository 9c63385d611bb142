"""Wrong answers to the exercises of chapter 6, and words of what the check must say to them."""

import numpy as np

from optlib import broken_adams, rules

WRONG = {
    1: [
        ({"beta_500": 1 - 1 / 500}, "this is 1 − 1/n"),
        ({"beta_500": 0.9}, "too low. After 500 steps"),
        ({"age": 500}, "this is the half-life"),
        ({"age": 347}, "so divide"),
        ({"beta_1000": 2 ** (-1 / 500)}, "half an epoch now"),
        ({"beta_1000": 2 ** (-1 / 250)}, "take the root"),
    ],
    2: [
        ({"first_too_long": {(0, 0.9)}}, "the first step at (0.95, 0.999) is 1.581"),
        ({"first_too_short": {(0.9, 0.95), (0.95, 0.95), (0.95, 0.999), (0.99, 0.999)}}, "is 1.581 learning rates"),
        (
            {"later_too_long": {(0, 0.9), (0.95, 0.999), (0.99, 0.999)}},
            "the longest step after the first at (0.9, 0.95) is 1.09",
        ),
        ({"wrong_longest": {(0.99, 0.999)}}, "number 2374"),
        ({"wrong_longest": {(0.9, 0.999)}}, "choose among"),
    ],
    3: [
        ({"my_adam": rules.adam_uncorrected}, "the correction is missing"),
        ({"my_adam": broken_adams.inverted}, "divide"),
        ({"my_adam": broken_adams.fed_back}, "return m and v themselves"),
    ],
    4: [
        ({"corrected_average": lambda g, beta: walk(g, beta)}, "not divided by w"),
        ({"corrected_average": lambda g, beta: walk(g, beta) / (1 - beta[-1] ** len(g))}, "the clock with the last β"),
        ({"corrected_average": lambda g, beta: g.mean()}, "the plain mean"),
        ({"corrected_average": lambda g, beta: g[-1]}, "expected about"),
        ({"on_zero": lambda beta: 1 - np.prod(beta)}, "what lies on the gradients"),
        ({"on_zero": lambda beta: beta[-1] ** len(beta)}, "multiplied by its own"),
        ({"still_right": "clock"}, "the clock makes 3.5"),
    ],
    5: [
        ({"dangerous": "m, v"}, "between 0.152 and 0.4"),
        ({"slow": "nothing"}, "between 1.000 and 1.000"),
        ({"longest_step": 3.162}, "this is the first step"),
        ({"longest_step": 7.27}, "this one is constant"),
        ({"shortest_step": 0.316}, "the next ones are shorter"),
        ({"shortest_step": 6.57}, "the other way round"),
    ],
    6: [
        ({"corrected_variance": lambda t, beta: (1 - beta) / (1 + beta)}, "where it ends"),
        ({"corrected_variance": lambda t, beta: weigh(t, beta)}, "not divided"),
        ({"corrected_variance": lambda t, beta: weigh(t, beta) / (1 - beta**t)}, "squared"),
        ({"first_variance": lambda t, beta: weigh(t, beta)}, "with no factor 1 − β"),
        ({"first_variance": lambda t, beta: weigh(t - 1, beta) + beta ** (2 * t)}, "has the age t − 1"),
        ({"unbiased": "no"}, "its weights sum to 1"),
    ],
    7: [
        ({"worst_step": lambda beta1: 1.2564 / (1 - beta1)}, "use the logarithm"),
        ({"worst_step": lambda beta1: 1.2564 / np.log(beta1)}, "negative"),
        ({"hump": lambda beta1, beta2: (1 - beta1) / np.sqrt(1 - beta2)}, "this is the first step"),
        ({"hump": lambda beta1, beta2: 0.638 * -np.log(beta1) / (1 - beta2)}, "the root is missing"),
        ({"hump": lambda beta1, beta2: exact(beta1, beta2)}, "this is the exact height"),
    ],
    8: [
        ({"gradients": np.ones(800)}, "forgets faster than m"),
        ({"gradients": (9 / 8) ** np.arange(800)}, "belong into the past"),
        ({"gradients": (8 / 9) ** np.arange(100)}, "it takes more of them"),
        ({"gradients": 0.95 ** np.arange(800)}, "not by the factor"),
        ({"gradients": np.r_[0.0, np.ones(10)]}, "Begin with one that is not"),
        ({"gradients": 0.5}, "one row of at most"),
    ],
}


def walk(g, beta):
    m = 0.0
    for each, b in zip(g, beta, strict=True):
        m = b * m + (1 - b) * each
    return m


def weigh(t, beta):
    return np.sum(((1 - beta) * beta ** np.arange(t)) ** 2)


def exact(beta1, beta2):
    t = np.arange(1, 5001)
    return np.max((1 - beta1**t) / np.sqrt(1 - beta2**t))
