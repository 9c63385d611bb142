"""Wrong answers to the exercises of chapter 2, and words of what the check must say to them."""

import numpy as np

WRONG = {
    1: [
        ({"limit": 2 / 3}, "no eigenvalue"),
        ({"limit": 0.25}, "this is 1/L"),
        ({"limit": 1.0}, "(1, 1) is steeper"),
        ({"best_lr": 0.25}, "keeps half of the error"),
        ({"best_lr": 1 / 6}, "2 stands above"),
        ({"best_lr": 0.4}, "keeps 0.600 a step"),
        ({"steps": 6.3}, "this is for the loss"),
        ({"steps": 13.8}, "good for large κ"),
        ({"steps": 20}, "not by 1/2"),
        ({"steps": "thirteen"}, "one number was expected"),
    ],
    2: [
        ({"steps_to": lambda distance, gap: np.log(distance / gap) / np.log(1.21)}, "time of the loss"),
        ({"steps_to": lambda distance, gap: np.log10(distance / gap)}, "divide by the logarithm of 1.1"),
        ({"steps_to": lambda distance, gap: np.log10(distance / gap) / np.log(1.1)}, "different bases"),
        ({"steps_to": lambda distance, gap: np.log(distance / gap) / np.log(2.1)}, "2.1 is ηλ"),
        ({"steps_to": lambda distance, gap: 386}, "expected about"),
        ({"turned": 145}, "a millionth away"),
        ({"turned": 193}, "when the loss"),
        ({"turned": 1000}, "too high"),
        ({"not_turned": 1e-16}, "x₂ is exactly 0"),
    ],
    3: [
        ({"scaled_sgd": lambda x, g, t, *, lr=0.01, h=1.0: (x,)}, "does not move"),
        ({"scaled_sgd": lambda x, g, t, *, lr=0.01, h=1.0: (x - lr * g * h,)}, "multiplies by h"),
        ({"scaled_sgd": lambda x, g, t, *, lr=0.01, h=1.0: (x - lr * g / np.sqrt(h),)}, "root of h"),
    ],
    4: [
        ({"perfect_rates": lambda h, x: search(h, x, lambda x, g: 2 / (h[0] + h[-1]))}, "one rate all the time"),
        ({"perfect_rates": lambda h, x: search(h, x, lambda x, g: g @ (h * g) / (g @ g))}, "upside down"),
        ({"perfect_rates": lambda h, x: search(h, x, lambda x, g: g @ (h * g) / (g @ (h * h * g)))}, "next gradient"),
        ({"perfect_rates": lambda h, x: search(h, x, lambda x, g: x @ x / (x @ (h * x)))}, "the gradient belongs"),
        ({"perfect_rates": lambda h, x: search(h, x, lambda x, g: 0.5 * g @ g / (g @ (h * g)))}, "half of the perfect step"),
        ({"perfect_rates": lambda h, x: search(h, x, size=lambda x: np.sum(h * x * x))}, "a millionth of the loss"),
        ({"perfect_rates": lambda h, x: search(h, x, size=lambda x: np.linalg.norm(h * x))}, "a millionth of the gradient"),
        ({"perfect_rates": lambda h, x: len(search(h, x))}, "return the list"),
        ({"perfect_rates": lambda h, x: search(h, x)[:20]}, "steps are needed"),
        ({"turn": 180}, "straight back"),
        ({"turn": np.pi / 2}, "radians"),
        ({"turn": 45}, "too low"),
    ],
    5: [
        ({"level_variance": lambda n, slope: 2 / n}, "He's rule"),
        ({"level_variance": lambda n, slope: 4 / (n * (1 + slope) ** 2)}, "square of the mean slope"),
        ({"level_variance": lambda n, slope: 2 / (n * (1 + slope))}, "its square enters"),
        ({"level_variance": lambda n, slope: (2 / (n * (1 + slope**2))) ** 0.5}, "the deviation"),
        ({"he_growth": lambda slope, depth: (1 + slope**2) ** depth}, "take its root"),
        ({"he_growth": lambda slope, depth: (1 + slope**2) ** 0.5}, "number of layers"),
        ({"he_growth": lambda slope, depth: ((1 + slope**2) / 2) ** (depth / 2)}, "σ² = 1/n"),
        ({"he_growth": lambda slope, depth: depth * slope}, "expected about"),
    ],
    6: [
        ({"cycle": lambda m, mu, L: roots(m, mu, L)}, "1 over them"),
        ({"cycle": lambda m, mu, L: [2 / (mu + L)] * m}, "best single rate"),
        ({"cycle": lambda m, mu, L: 1 / (mu + (L - mu) * (np.arange(m) + 0.5) / m)}, "evenly spaced"),
        ({"cycle": lambda m, mu, L: 1 / roots(m, mu, L, np.arange(1, m + 1))}, "all multiples"),
        ({"cycle": lambda m, mu, L: 1 / roots(m, mu, L, 2 * np.arange(m) - 1)}, "begin with k = 0"),
        ({"cycle": lambda m, mu, L: 2 / (mu + L)}, "expected 2 numbers"),
        ({"left_over": lambda m, mu, L: ((L - mu) / (L + mu)) ** m}, "best single rate"),
        ({"left_over": lambda m, mu, L: np.cosh(m * np.arccosh((L + mu) / (L - mu)))}, "one over it"),
        ({"left_over": lambda m, mu, L: np.cosh(m * np.arccosh((L + mu) / (L - mu))) ** (-1 / m)}, "for one step"),
    ],
    7: [
        (
            {"products": lambda net, theta, x, y: summed(net, theta, x, y, lambda w, g: np.linalg.norm(w) * np.linalg.norm(g))},
            "two lengths",
        ),
        ({"products": lambda net, theta, x, y: summed(net, theta, x, y, lambda w, g: np.mean(w * g))}, "the mean of"),
        ({"products": lambda net, theta, x, y: summed(net, theta, x, y, lambda w, g: np.sum(g))}, "gradients alone"),
        ({"products": lambda net, theta, x, y: summed(net, theta, x, y, lambda w, g: np.sum(w * g))[::-1]}, "comes last"),
        ({"products": lambda net, theta, x, y: 0.0}, "expected an array of 3 numbers"),
        ({"products": lambda net, theta, x, y: np.ones(3)}, "expected about"),
        ({"equal_for": {"linear", "relu", "tanh"}}, "does not pass through it"),
        ({"equal_for": {"linear"}}, "max(0, αz)"),
        ({"next_length": lambda length, gradient, lr: length + lr * gradient}, "do not add up"),
        ({"next_length": lambda length, gradient, lr: length}, "makes them longer"),
        ({"next_length": lambda length, gradient, lr: length**2 + (lr * gradient) ** 2}, "square of the length"),
        ({"next_length": lambda length, gradient, lr: np.sqrt(length**2 + lr * gradient**2)}, "enters as its square"),
    ],
}


def search(h, x, choose=None, size=np.linalg.norm):
    rates, goal = [], 1e-6 * size(x)
    while size(x) > goal and len(rates) < 2000:
        g = h * x
        rates.append(choose(x, g) if choose else g @ g / (g @ (h * g)))
        x = x - rates[-1] * g
    return rates


def roots(m, mu, L, odd=None):
    odd = 2 * np.arange(1, m + 1) - 1 if odd is None else odd
    return (L + mu) / 2 + (L - mu) / 2 * np.cos(odd * np.pi / (2 * m))


def summed(net, theta, x, y, what):
    layers = zip(net.layers(theta), net.layers(net.grad(theta, x, y)), strict=True)
    return np.array([what(w, g) for (w, _), (g, _) in layers])
