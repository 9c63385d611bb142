"""Wrong answers to the exercises of chapter 5, and words of what the check must say to them."""

import numpy as np

from optlib import rules

G = np.array([3.0, 4.0, 0.0])


def stores_corrected(x, g, t, v=0, *, lr=0.01, rho=0.99, eps=1e-8):
    v = (rho * v + (1 - rho) * g**2) / (1 - rho**t)
    return x - lr * g / (np.sqrt(v) + eps), v


def l2(x, g, t, m=0, v=0, *, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8, wd=0.01):
    return rules.adam(x, g + wd * x, t, m, v, lr=lr, beta1=beta1, beta2=beta2, eps=eps)


def not_centred(x, g, t, m=0, v=0, *, lr=0.01, rho=0.99, eps=1e-8):
    v = rho * v + (1 - rho) * g**2
    return x - lr * g / (np.sqrt(v) + eps), m, v


def by_variance(x, g, t, m=0, v=0, *, lr=0.01, rho=0.99, eps=1e-8):
    m, v = rho * m + (1 - rho) * g, rho * v + (1 - rho) * g**2
    return x - lr * g / (v - m * m + eps), m, v


def correlation(kappa, alpha):
    c, s = np.cos(alpha), np.sin(alpha)
    return (kappa - 1) * c * s / np.sqrt((c * c + kappa * s * s) * (s * s + kappa * c * c))


WRONG = {
    1: [
        ({"sign_steps": [1, 1, 1]}, "zero has no sign"),
        ({"sign_steps": [3, 4, 0]}, "gradient descent"),
        ({"sign_steps": 1}, "three numbers were expected"),
        ({"adagrad_steps": [1 / 3, 4 / 25, 0]}, "take its root"),
        ({"adagrad_steps": [1, 4 / 7, 0]}, "not of sizes"),
        ({"adagrad_steps": [1, 1, 0]}, "still holds the first square"),
        ({"rmsprop_steps": [1, 0.8, 0]}, "AdaGrad's"),
        ({"rmsprop_steps": [1, 1.1094, 0]}, "with the correction"),
        ({"rmsprop_steps": [2, 1.68, 1]}, "nothing to divide"),
        ({"moving": {"adam", "lion", "amsgrad", "rmsprop"}}, "above the fraction bar"),
        ({"moving": {"adam"}}, "an average of gradients"),
    ],
    2: [
        ({"my_rmsprop": rules.rmsprop}, "does not correct"),
        ({"my_rmsprop": stores_corrected}, "stores the corrected average"),
    ],
    3: [
        ({"blind_to_loss": {"adagrad", "rmsprop", "adam", "sign_descent", "lion", "momentum"}}, "a thousandfold"),
        ({"blind_to_loss": {"adam", "rmsprop"}}, "a factor cancels"),
        ({"blind_to_units": {"adam"}}, "a length in the unit of x"),
        ({"sgd_factor": 1000}, "a thousandth besides"),
        ({"adam_factor": 1e6}, "this is for gradient descent"),
        ({"adam_factor": 1}, "a longer way to go"),
    ],
    4: [({"my_adamw": l2}, "which is L2"), ({"my_adamw": rules.adam}, "wd")],
    5: [
        ({"jacobi": lambda kappa, alpha: correlation(kappa, alpha)}, "the eigenvalues are 1 ± r"),
        ({"jacobi": lambda kappa, alpha: 2 / (1 + correlation(kappa, alpha)) - 1}, "above the fraction bar"),
        ({"jacobi": lambda kappa, alpha: kappa}, "without any scaling"),
        ({"jacobi": lambda kappa, alpha: 1.0}, "expected about"),
    ],
    6: [
        ({"centred": not_centred}, "subtract the square of the mean"),
        ({"centred": by_variance}, "divides by the variance"),
        ({"mean_step": lambda deviation: 1 / np.sqrt(1 + deviation**2)}, "here the mean is subtracted"),
        ({"mean_step": lambda deviation: 1 / deviation**2}, "not by the variance"),
    ],
    7: [
        ({"uphill": lambda n, C, beta: n - 1 > C}, "always right"),
        ({"uphill": lambda n, C, beta: True}, "always wrong"),
        ({"uphill": lambda n, C, beta: 1 / (1 - beta) < n}, "in a steady round"),
        ({"fools": (100, 50)}, "there Adam may go up"),
        ({"fools": (3, 3)}, "memory of a thousand steps is long"),
        ({"fools": (100, 500)}, "too far above"),
        ({"fools": 100}, "the pair (n, C)"),
    ],
    8: [
        ({"rest": lambda b, w: b}, "where it balances the sign"),
        ({"rest": lambda b, w: b / (1 + w)}, "L2"),
        ({"rest": lambda b, w: np.clip(b, -w, w)}, "not at w"),
        ({"rest": lambda b, w: min(b, 1 / w)}, "on both sides"),
    ],
}
