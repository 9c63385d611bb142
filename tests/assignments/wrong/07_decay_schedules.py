"""Wrong answers to the exercises of chapter 7, and words of what the check must say to them."""

import numpy as np

WRONG = {
    1: [
        ({"steep_floor": 0.1}, "2 − ηλ"),
        ({"steep_floor": 0.25}, "half of it"),
        ({"flat_floor": 0.41026}, "the mean of x²"),
        ({"flat_floor": 0.05128}, "σ² = 4"),
        ({"by_rule": 0.05}, "σ² = 4"),
        ({"by_rule": 0.2}, "both directions together"),
        ({"steps": 90}, "not by 1 − ηλ"),
        ({"steps": 4.5}, "steep direction"),
    ],
    2: [
        ({"s": 34375}, "the author's"),
        ({"s": 34360}, "rounds up"),
        ({"s": 20}, "in epochs"),
        ({"k": np.log(10) / 20}, "per epoch"),
        ({"k": -np.log(10) / 34380}, "k is above 0"),
        ({"k": 1 / 34380}, "1/e in 20 epochs"),
        ({"k": 1e-4}, "with your k it is 0.0321"),
        ({"forgotten": 20}, "rounds once"),
        ({"above": 1.122}, "at the end of an epoch"),
        ({"above": 0.06}, "add 1"),
    ],
    3: [
        ({"warm_cosine": lambda t, *, lr, warmup_steps, steps: lr * min(t / warmup_steps, 1)}, "at t = "),
        ({"warm_cosine": lambda t, *, lr, warmup_steps, steps: lr}, "it does not move"),
        (
            {
                "warm_cosine": lambda t, *, lr, warmup_steps, steps: half_wave(
                    t, lr, warmup_steps, (t - 1 - warmup_steps) / steps
                )
            },
            "it has steps - warmup_steps",
        ),
    ],
    4: [
        ({"averaged": [0.036, 0.0512, 0.295, 0.763]}, "the average of the losses"),
        ({"averaged": 0.0088}, "four numbers"),
        ({"last": [0.0281, 0.0088, 0.0099, 0.0107]}, "the average of the second half"),
        ({"best_cosine": 0.0696}, "over 100 steps"),
        ({"best_rate": 0.02}, "remembers the start"),
        ({"best_rate": 1.0}, "can be had"),
        ({"best_rate": 0.3}, "choose among"),
    ],
    5: [
        ({"halved_loss": 0.1294}, "half of it"),
        ({"halved_loss": 0.0307}, "the growing batch"),
        ({"doubled_loss": 0.0647}, "the halved rate"),
        ({"doubled_loss": 0.05}, "too high"),
        ({"samples": 390}, "one step early"),
        ({"samples": 800}, "the last batch"),
    ],
    6: [
        ({"plain": lambda xi: np.mean(xi)}, "y = −ξ"),
        ({"late": lambda xi: -np.mean(xi)}, "the same weight"),
        ({"late": lambda xi: np.average(-xi, weights=np.arange(len(xi), 0, -1))}, "turned round"),
        ({"extra": 0.75}, "the first over the second"),
    ],
    7: [
        ({"ends_at": lambda lr, T, lam, sigma: lr * sigma**2 / 4}, "the constant rate"),
        ({"ends_at": lambda lr, T, lam, sigma: 0.0}, "the loss does not"),
        ({"ends_at": lambda lr, T, lam, sigma: np.sqrt(np.pi * lr / (lam * T)) / 4 * sigma**2}, "half of it"),
        ({"ends_at": lambda lr, T, lam, sigma: sigma**2 / T}, "each with what is left"),
        ({"best_order": "1/T"}, "a few logarithms"),
        ({"best_order": "log T/T"}, "the root of it"),
    ],
}


def half_wave(t, lr, w, share):
    return lr * t / w if t <= w else lr * (1 + np.cos(np.pi * min(share, 1))) / 2
