"""How the functions and the sentences of a figure get what they ask for by name."""

import inspect
import math
import string

import numpy as np

from .. import plotting
from ..naming import nearest


def is_number(value):
    """Return whether `value` is one finite number."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool) and math.isfinite(value)


def arguments(function):
    """Return the positional names of a function, and its keyword-only names with their defaults.

    >>> arguments(nearest)
    (['name', 'known'], {})
    """
    if not inspect.isfunction(function):
        raise ValueError(f"{function!r} is no plain function; define it with def")
    parameters = inspect.signature(function).parameters.values()
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return positional, {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def call(function, scope, *given, several=False):
    """Return `function` of the positional `given` and of what it asks for by name in `scope`; as a tuple, if `several`."""
    with np.errstate(all="ignore"):  # overflow and 0/0 are drawn as what they are: a line that leaves or breaks
        result = function(*given, **{key: scope[key] for key in arguments(function)[1]})
    if several:
        return result if isinstance(result, tuple) else (result,)
    if isinstance(result, tuple):
        raise ValueError(f"{function.__name__} returns {len(result)} numbers; expected one")
    return result


def fill(template, scope):
    """Return `template` with {name} as a number of three significant digits and {name:d} as a whole one.

    >>> fill("κ = {kappa}: {steps:d} steps", {"kappa": 31.6228, "steps": 1234.5})
    'κ = 31.6: 1,234 steps'
    """
    parts = []
    for text, name, spec, _ in string.Formatter().parse(template):
        parts.append(text)
        if name is None:
            continue
        if name not in scope or spec not in ("", "d"):
            known = ", ".join(scope) or "none"
            raise ValueError(f"{template!r}: {{{name}}} is not known; {nearest(name, scope)}known: {known}; after it only ':d'")
        value = scope[name]
        parts.append(value if isinstance(value, str) else f"{value:,.0f}" if spec == "d" else f"{value:.3g}")
    return "".join(parts)


def rounded(array, digits):
    """Return `array` as nested lists of numbers of so many significant digits; what is no number becomes None.

    >>> rounded(np.array([1234.5, np.nan]), 3)
    [1230.0, None]
    """
    if array.ndim:
        return [rounded(part, digits) for part in array]
    return None if np.isnan(array) else float(f"{array:.{digits}g}")


def known_color(item):
    """Raise ValueError unless `item.color` is a colour of the palette."""
    if item.color not in plotting.COLORS:
        known = ", ".join(plotting.COLORS)
        raise ValueError(
            f"{type(item).__name__}: color {item.color!r} does not exist; {nearest(item.color, plotting.COLORS)}known: {known}"
        )
