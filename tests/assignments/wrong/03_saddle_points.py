"""Wrong answers to the exercises of chapter 3, and words of what the check must say to them."""

import numpy as np

WRONG = {
    1: [
        ({"minimum_x1": -1}, "a saddle is here"),
        ({"saddle_x1": 1}, "a minimum is here"),
        ({"leave_steps": 53}, "to a distance of 1"),
        ({"leave_steps": 32}, "how they shrink at the minimum"),
        ({"leave_steps": 1000}, "too high"),
        ({"end_right": -1}, "the saddle that it leaves"),
        ({"falls": "right"}, "the loss rises"),
    ],
    2: [
        ({"stays": {0, 45}}, "a rounded point"),
        ({"stays": set()}, "without a turn"),
        ({"stays": 0}, "a set was expected"),
        ({"stay_steps": 127}, "from 1e-10"),
        ({"stay_steps": 3886}, "numbers around 0"),
    ],
    3: [
        ({"nudged": lambda x, g, t, *, lr=0.1, small=0.01, nudge=0.0: (x - lr * g + nudge,)}, "nudges at every step"),
        (
            {"nudged": lambda x, g, t, *, lr=0.1, small=0.01, nudge=0.0: (x - lr * g + nudge * (np.abs(g) <= small),)},
            "one coordinate at a time",
        ),
    ],
    4: [
        ({"offset": 0.01}, "mean square of one coordinate"),
        ({"offset": 1}, "100 coordinates share"),
        ({"sgd_steps": 900}, "the same factor"),
        ({"momentum_steps": 231}, "without momentum"),
        ({"momentum_steps": 24}, "ten times the rate"),
        ({"momentum_steps": 70}, "larger root"),
    ],
    5: [
        ({"share": lambda c: 0.25}, "two coins"),
        ({"share": lambda c: exact(np.sqrt(2) * c)}, "this has c²"),
        ({"share": lambda c: 2 * exact(c)}, "the maxima"),
        ({"share": lambda c: 0.25 / (1 + c)}, "expected about"),
    ],
    6: [
        ({"ratio": lambda lr, L, gamma: 2.22}, "expected about"),
        ({"ratio": lambda lr, L, gamma: -np.log(1 - lr * L) / np.log(1 + lr * gamma)}, "comes on top"),
        ({"ratio": lambda lr, L, gamma: 1 + L / gamma}, "for a small learning rate"),
        ({"limit": lambda L, gamma: L / gamma}, "1 + r"),
        ({"limit": lambda L, gamma: 1 + gamma / L}, "exchanged"),
    ],
    7: [
        ({"parting": 14}, "how many rules there are"),
        ({"parting": 1}, "one formula"),
        ({"parts": {"mini-batches", "dropout"}}, "the same batch"),
        ({"parts": {"dropout", "other starting weights"}}, "drawn for each weight separately"),
        ({"parts": {"prayer"}}, "choose among"),
    ],
}


def exact(c):
    phi = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    m = np.sqrt(np.cos(phi) ** 2 + c**2 * np.sin(phi) ** 2)
    return 0.5 - np.mean(m / np.sqrt(1 + m**2)) / 2
