"""Wrong answers to the exercises of chapter 1, and words of what the check must say to them."""

import numpy as np

WRONG = {
    1: [
        ({"limit": 1 / 6}, "this is 1/L"),
        ({"limit": 2 / 3}, "differentiate twice"),
        ({"limit": 0.4}, "too high"),
        ({"limit": "1/3"}, "one number"),
        ({"in_one_step": 1 / 3}, "this is the limit"),
        ({"in_one_step": 0.1}, "ends at 4"),
    ],
    2: [
        ({"comes_down": np.sqrt(20 / 3)}, "from further away"),
        ({"comes_down": np.sqrt(10)}, "ends at 0 at once"),
        ({"promised": np.sqrt(20)}, "the curvature, which is 3x²"),
        ({"promised": np.sqrt(10 / 3)}, "not 1/L"),
    ],
    3: [
        ({"careful": lambda x, g, t, *, lr=0.1, c=1.0: (x - lr * np.clip(g, -c, c),)}, "each coordinate on its own"),
        ({"careful": lambda x, g, t, *, lr=0.1, c=1.0: x - lr * g}, "return a tuple"),
    ],
    4: [
        ({"falling": lambda t, *, lr=1.0, k=1.0: lr / (1 + k * t)}, "only t - 1 steps are done"),
        ({"meets": {0.5, 1}}, "the noise does not die out"),
        ({"meets": {1, 2}}, "may stop short"),
        ({"meets": set()}, "lacks"),
        ({"meets": {-1}}, "choose among"),
    ],
    5: [
        ({"best_rate": lambda T, x0, sigma: np.log(T * x0**2 / sigma**2) / (2 * T)}, "the 4 in the logarithm"),
        ({"best_rate": lambda T, x0, sigma: np.log(4 * T * x0**2 / sigma**2) / T}, "twice as high"),
        ({"best_rate": lambda T, x0, sigma: 0.01}, "`best_rate(1000, 3, 1)` is 0.01; expected about 0.0052"),
        ({"best_rate": lambda T, x0, sigma: 1 / 0}, "raises ZeroDivisionError"),
        ({"best_rate": lambda T, x0, sigma: print(end="")}, "returns None"),
        ({"best_rate": lambda T, x0, sigma: np.ones(2)}, "expected one number"),
    ],
    6: [
        ({"dealt_variance": lambda numbers, B: numbers.var() / B}, "drawn"),
        ({"dealt_variance": lambda n, B: n.var(ddof=1) / B * (len(n) - B) / (len(n) - 1)}, "n − 1"),
    ],
    7: [
        ({"keep_promise": lambda f, grad, x, lr: (x - lr * grad(x), lr)}, "first rate that keeps the promise"),
        ({"keep_promise": lambda f, grad, x, lr: x - lr * grad(x)}, "the pair"),
        ({"keep_promise": lambda f, grad, x, lr: search(f, grad, x, lr, share=0)}, "as soon as the loss falls"),
        ({"keep_promise": lambda f, grad, x, lr: search(f, grad, x, lr, share=1)}, "half of what the slope says"),
        ({"keep_promise": lambda f, grad, x, lr: search(f, grad, x, lr, share=np.inf)}, "200 times"),
        ({"keep_promise": lambda f, grad, x, lr: search(f, grad, x, lr, more=2)}, "one halving too many"),
    ],
}


def search(f, grad, x, lr, share=0.5, more=1):
    g = grad(x)
    while f(x - lr * g) > f(x) - share * lr * (g @ g):
        lr = lr / 2
    return x - lr / more * g, lr / more
