"""Wrong answers to the exercises of chapter 4, and words of what the check must say to them."""

import numpy as np

from optlib import rules

WRONG = {
    1: [
        ({"best_lr": 0.2}, "best without momentum"),
        ({"best_lr": 0.5}, "squared"),
        ({"best_beta": 0.5}, "the momentum is its square"),
        ({"best_beta": 0.9}, "the slower end shrinks by 0.9"),
        ({"rate": 0.25}, "the length √β"),
        ({"plain_rate": 8 / 9}, "1 − 1/κ"),
        ({"rate_at_4": 0.25}, "product of the two roots"),
    ],
    2: [
        ({"same": {1, 3}}, "a cut of the rate comes late"),
        ({"same": {1, 4, 2}}, "V does not occur"),
        ({"same": {1}}, "lacks"),
        ({"same": "1 and 4"}, "a set was expected"),
        ({"is_sum": 4}, "1 − β times the sum"),
        ({"no_memory": 0}, "choose among 1, 2, 3, 4"),
    ],
    3: [
        ({"my_nesterov": rules.momentum}, "this is the heavy ball"),
        ({"my_nesterov": lambda x, g, t, v, *, lr, beta: (x, v)}, "has no initial value"),
    ],
    4: [
        ({"ball_steps": lambda guess: 315}, "is 315; expected about"),
        ({"nesterov_steps": lambda guess: 3.5 * guess}, "expected about"),
        ({"worse": "too low"}, "four times too low costs"),
        ({"worse": "both"}, "choose among"),
    ],
    5: [
        ({"growing": lambda x, g, t, v=0, age=0, *, lr: follow(x, g, v, t, lr)}, "never starts over"),
        ({"growing": lambda x, g, t, v=0, age=0, *, lr: follow(x, g, 0, 1, lr)}, "after step"),
    ],
    6: [
        ({"larger_root": lambda lr, delta, beta: 1 + lr * delta / (1 - beta)}, "tends to for small"),
        ({"larger_root": lambda lr, delta, beta: np.roots([1, -(1 + beta + lr * delta), beta]).min()}, "smaller root"),
        ({"predicted_steps": lambda lr, delta, beta: np.log(1e6) / np.log(1 + lr * delta)}, "without momentum"),
    ],
    7: [
        ({"chebyshev": lambda t, mu, L: (0.1, 0.4)}, "the worst error between μ and L is"),
        ({"chebyshev": lambda t, mu, L: ball(mu, L)}, "the heavy ball's pair"),
        ({"chebyshev": lambda t, mu, L: numbers(t, mu, L)[::-1]}, "in the wrong order"),
        ({"chebyshev": lambda t, mu, L: numbers(t - 1, mu, L)}, "Look at the learning rate"),
        ({"chebyshev": lambda t, mu, L: (numbers(t, mu, L)[0], 0)}, "Look at the momentum"),
        ({"chebyshev": lambda t, mu, L: 1}, "return the pair"),
    ],
}


def follow(x, g, v, age, lr):
    v = (age - 1) / (age + 2) * v + g
    return x - lr * (g + (age - 1) / (age + 2) * v), v, age


def ball(mu, L):
    a, b = np.sqrt(L), np.sqrt(mu)
    return (2 / (a + b)) ** 2, ((a - b) / (a + b)) ** 2


def numbers(t, mu, L):
    before, now, after = np.cosh(np.arange(t - 1, t + 2) * np.arccosh((L + mu) / (L - mu)))
    return 4 / (L - mu) * now / after, before / after
