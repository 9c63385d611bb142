"""The sliders of every figure: for each name of an argument its label, its range and its scale. The one table."""

import math

from ..naming import nearest

KNOBS = {  # name: (label, low, high, scale); the typed field also takes finite values outside the range
    "lr": ("learning rate η", 0.001, 1.0, "log"),
    "beta": ("momentum β", 0.0, 0.999, "near1"),
    "beta1": ("β₁", 0.0, 0.999, "near1"),
    "beta2": ("β₂", 0.0, 0.9999, "near1"),
    "rho": ("ρ", 0.0, 0.999, "near1"),
    "eps": ("ε", 1e-10, 1.0, "log"),
    "kappa": ("condition number κ", 1.0, 1000.0, "log"),
    "angle": ("rotation", 0.0, math.pi / 2, "degrees"),
    "scale": ("feature scale", 0.001, 1000.0, "log"),
    "b": ("steepness b", 1.0, 100.0, "log"),
    "walls": ("steepness of the walls", 1.0, 1000.0, "log"),
    "radius": ("radius", 0.1, 10.0, "log"),
    "barrier": ("barrier b", -0.9, 0.9, "linear"),
    "bumps": ("height of the bumps", 0.0, 20.0, "linear"),
    "wd": ("weight decay", 1e-4, 10.0, "log"),
    "grow": ("growth of a rate", 0.0, 1.0, "linear"),
    "shrink": ("cut of a rate", 0.0, 1.0, "linear"),
    "theta": ("θ", 0.0, 0.999, "near1"),
    "gain": ("gain", 0.1, 10.0, "log"),
    "sigma": ("noise σ", 0.01, 10.0, "log"),
    "lam": ("eigenvalue λ", 0.01, 10.0, "log"),
    "patience": ("patience", 0, 20, "int"),
    "n": ("n", 1, 100, "int"),
    "t": ("step t", 0, 200, "int"),
    "steps": ("steps", 1, 200, "int"),
}
SCALES = ("linear", "log", "int", "near1", "degrees")  # near1: fine near 1; degrees: kept in radians


def knob(name, bounds=None, label=None):
    """Return the slider of the argument `name` as the kit takes it: key, label, min, max, step and scale.

    `bounds`, (low, high) or (low, high, scale), overrides the table; `label` overrides its label.

    >>> knob("lr", (0.01, 0.5))
    {'key': 'lr', 'label': 'learning rate η', 'min': 0.01, 'max': 0.5, 'step': None, 'scale': 'log'}
    """
    if name not in KNOBS and bounds is None:
        raise ValueError(
            f"sliders: {name!r} has no known range; {nearest(name, KNOBS)}give it one: sliders={{{name!r}: (low, high)}}"
        )
    known_label, *known = KNOBS.get(name, (name, None, None, "linear"))
    given = tuple(known) if bounds is None else tuple(bounds) if isinstance(bounds, (tuple, list)) else ()
    if len(given) not in (2, 3):
        raise ValueError(f"sliders[{name!r}] is {bounds!r}; expected (low, high) or (low, high, scale)")
    low, high, scale = (*given, known[2])[:3]
    if scale not in SCALES:
        raise ValueError(f"sliders[{name!r}]: the scale {scale!r} does not exist; choose one of {', '.join(SCALES)}")
    if not all(isinstance(v, (int, float)) and math.isfinite(v) for v in (low, high)) or low >= high:
        raise ValueError(f"sliders[{name!r}]: the range {low!r} to {high!r} is empty; give finite low < high")
    if scale == "log" and low <= 0:
        raise ValueError(f"sliders[{name!r}]: a logarithmic slider cannot start at {low!r}; give low > 0 or scale 'linear'")
    if scale == "near1" and not 0 <= low < high < 1:
        raise ValueError(
            f"sliders[{name!r}]: the range {low!r} to {high!r} leaves 0 to 1; give 0 <= low < high < 1 or scale 'linear'"
        )
    return {
        "key": name,
        "label": label or known_label,
        "min": low,
        "max": high,
        "step": 1 if scale == "int" else None,
        "scale": scale,
    }


def choices(name, options, label=None):
    """Return the choice among the numbers `options`, {label: number}, for the argument `name` as the kit takes it.

    >>> choices("form", {"sum": 0, "average": 1})
    {'key': 'form', 'label': 'form', 'options': [{'value': 0, 'label': 'sum'}, {'value': 1, 'label': 'average'}]}
    """
    numbers = [v for v in options.values() if isinstance(v, (int, float)) and math.isfinite(v)]
    if len(options) < 2 or len(set(numbers)) < len(options) or not all(isinstance(text, str) and text for text in options):
        raise ValueError(f"sliders[{name!r}] is {options!r}; a choice has two or more labels, each for a number of its own")
    known_label = KNOBS.get(name, (name,))[0]
    return {"key": name, "label": label or known_label, "options": [{"value": v, "label": t} for t, v in options.items()]}
