"""Wrong answers to the exercises of chapter 8, and words of what the check must say to them."""

import numpy as np

from optlib.second_order import bfgs_update

WRONG = {
    1: [
        ({"simple": "A"}, "its errors are halved"),
        ({"double": "B"}, "fall faster and faster"),
        ({"triple": "x³"}, "choose among"),
        ({"one_step": {"A": 2, "B": 4 / 3, "C": 3}}, "from another start it misses"),
        ({"one_step": {"A": 2}}, "lacks a member"),
        ({"one_step": {"A": 2, "C": 2 / 3}}, "the part of the error"),
        ({"one_step": {"A": 1, "C": 3}}, "Newton's own step"),
        ({"one_step": {"A": 2, "C": 1 / 3}}, "upside down"),
        ({"one_step": "A and C"}, "a dictionary was expected"),
    ],
    2: [
        ({"next_point": lambda x: -x * (1 + x**2)}, "this is the step"),
        ({"next_point": lambda x: x**3}, "the sign is wrong"),
        ({"next_point": lambda x: x - x / np.sqrt(1 + x**2)}, "gradient descent"),
        ({"next_point": lambda x: x + x * (1 + x**2)}, "adds the step"),
        ({"border": 0.582}, "of the theorem"),
        ({"border": 1.5}, "too high"),
        ({"order": 2}, "its constant vanishes"),
        ({"order": 1}, "a constant part"),
    ],
    3: [
        ({"barzilai_borwein": lambda x, g, t, last_x=0, last_g=0, *, lr=0.01: (x - lr * g, x, g)}, "it keeps lr"),
        (
            {"barzilai_borwein": lambda x, g, t, last_x=0, last_g=0, *, lr=0.01: inverted(x, g, t, last_x, last_g, lr)},
            "upside down",
        ),
        ({"barzilai_borwein": lambda x, g, t, *, lr=0.01: x - lr * g}, "return a tuple"),
    ],
    4: [
        ({"next_guess": lambda x, a: x - (1 / x - a) / (-1 / x**2)}, "divides"),
        ({"next_guess": lambda x, a: 1 / a}, "this is 1/a itself"),
        ({"next_guess": lambda x, a: x * x * (1 / x - a)}, "this is the step"),
        ({"next_guess": lambda x, a: a * x * x}, "the step is added"),
        ({"starts": lambda a: (0, 1 / a)}, "beyond 1/a it converges too"),
        ({"starts": lambda a: (0, 2)}, "divide by a"),
        ({"starts": lambda a: 2 / a}, "expected 2 numbers"),
        ({"matrix_rule": lambda X, A: X * (2 * np.eye(len(A)) - A * X)}, "entry by entry"),
        ({"matrix_rule": lambda X, A: X @ (2 - A @ X)}, "a matrix of twos"),
        ({"matrix_rule": lambda X, A: (2 * np.eye(len(A)) - A @ X) @ X}, "the order counts"),
    ],
    5: [
        ({"update": bfgs_update}, "multiplies two matrices"),
        ({"update": lambda C, s, y: C + np.outer(s - C @ y, s - C @ y) / ((s - C @ y) @ y)}, "of rank one"),
        ({"update": lambda C, s, y: davidon(C, s, y)}, "Davidon, Fletcher and Powell"),
        ({"update": lambda C, s, y: spread(C, s, y, 1, 1)}, "the second part is missing"),
        ({"update": lambda C, s, y: spread(C, s, y, 1 + (y @ C @ y) / (s @ y), -1)}, "taken away, not added"),
    ],
    6: [
        ({"after_04": 2.5}, "this is 1/η"),
        ({"after_02": 5}, "until it meets the new edge"),
        ({"after_03": 10}, "too sharp for 0.3"),
        ({"after_03": 5}, "the edge of 0.4"),
        ({"after_02": 20}, "too high"),
        ({"survives": {0.3, 0.4}}, "twice too sharp"),
        ({"survives": set()}, "lacks a member"),
    ],
    7: [
        ({"euclidean": lambda g: -g}, "has the norm of g"),
        ({"largest": lambda g: np.sign(g)}, "uphill"),
        ({"largest": lambda g: -g / np.abs(g).max()}, "each coordinate may go to its limit"),
        ({"curved": lambda g, H: -np.linalg.solve(H, g)}, "this is Newton's step; divide"),
        ({"curved": lambda g, H: -g / np.sqrt(g @ H @ g)}, "another direction is steeper"),
        ({"spectral": lambda G: -G / np.linalg.norm(G, 2)}, "here only the largest is"),
        ({"spectral": lambda G: -np.sign(G)}, "not all singular values"),
        ({"rotates": {"euclidean", "largest"}}, "depend on the axes"),
        ({"rotates": {"euclidean", "curved"}}, "changes no singular value"),
    ],
}


def inverted(x, g, t, last_x, last_g, lr):
    s, y = x - last_x, g - last_g
    rate = lr if t == 1 else (s @ y) / (s @ s)
    return x - rate * g, x, g


def davidon(C, s, y):
    z = C @ y
    return C - np.outer(z, z) / (y @ z) + np.outer(s, s) / (s @ y)


def spread(C, s, y, factor, sign):
    z, rho = C @ y, 1 / (s @ y)
    return C - sign * rho * (np.outer(s, z) + np.outer(z, s)) + rho * factor * np.outer(s, s)
