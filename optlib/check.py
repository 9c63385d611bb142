"""Says what is wrong with a rule or a schedule that a reader wrote: the checks of the book's exercises."""

import inspect

import numpy as np

START = np.array([1.0, -2.0, 0.5])
STEPS = 12


def check_rule(mine, right, *, slips=None, **hyper):
    """Compare `mine` with the rule `right` over twelve steps and return "right", or "wrong: " and what is wrong.

    slips: {what is wrong: a rule that does it}; the first whose steps are those of `mine` is named. hyper: given to all of
    them. The gradients are a fixed sequence of vectors of three numbers, from 0.06 to 4 in size, that changes sign.

    >>> from optlib import rules
    >>> def mine(x, g, t, *, lr=0.1):
    ...     return (x + lr * g,)
    >>> check_rule(mine, rules.sgd, slips={"it climbs; subtract": lambda x, g, t, *, lr: (x + lr * g,)}, lr=0.5)
    'wrong: it climbs; subtract'
    >>> check_rule(rules.sgd, rules.sgd, lr=0.5)
    'right'
    """
    if flaw := _signature(mine, hyper):
        return f"wrong: {flaw}"
    theirs = _steps(right, hyper)
    try:
        ours = _steps(mine, hyper)
    except _Flaw as flaw:
        return f"wrong: {flaw}"
    except Exception as error:  # noqa: BLE001 - a reader's code may fail in any way, and is told how
        return f"wrong: it raises {type(error).__name__}: {error}"
    return _verdict(ours, theirs, {what: _steps(rule, hyper) for what, rule in (slips or {}).items()}, "after step {}: x is")


def check_schedule(mine, right, *, slips=None, until=100, **hyper):
    """Compare `mine(t, **hyper)` with the schedule `right` at t = 1 to `until`; see `check_rule`.

    >>> from optlib import schedules
    >>> def mine(t, *, lr=0.1, k=0.01):
    ...     return lr / (1 + k * t)
    >>> late = {"it counts from 1; t - 1 steps are done": lambda t, *, lr, k: lr / (1 + k * t)}
    >>> check_schedule(mine, schedules.inverse, slips=late, lr=0.1, k=0.01)
    'wrong: it counts from 1; t - 1 steps are done'
    >>> check_schedule(lambda t, *, lr, k: lr / (1 + k * (t - 1)), schedules.inverse, lr=0.1, k=0.01)
    'right'
    """
    times = range(1, until + 1)
    theirs = np.array([right(t, **hyper) for t in times], float)
    try:
        ours = [mine(t, **hyper) for t in times]
    except Exception as error:  # noqa: BLE001 - as above
        return f"wrong: it raises {type(error).__name__}: {error}"
    for t, rate in zip(times, ours, strict=True):
        if np.ndim(rate) or not isinstance(rate, (int, float, np.number)):
            return f"wrong: at t = {t} it returns {rate!r}; return one number"
    known = {what: np.array([slip(t, **hyper) for t in times], float) for what, slip in (slips or {}).items()}
    return _verdict(np.array(ours, float), theirs, known, "at t = {}: the rate is")


class _Flaw(Exception):
    pass


def _signature(rule, hyper):
    """Return what is wrong with the arguments of a rule, or ""."""
    if not callable(rule):
        return f"{rule!r} is no function"
    parameters = list(inspect.signature(rule).parameters.values())
    first = [p.name for p in parameters[:3]]
    if first != ["x", "g", "t"]:
        return f"its first arguments are {', '.join(first) or 'none'}; a rule begins with x, g, t"
    for p in parameters[3:]:
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty:
            return f"the state variable {p.name} has no initial value; write {p.name}=0 (a number to tune stands after a star)"
    for name in hyper:
        if not any(p.name == name and p.kind is p.KEYWORD_ONLY for p in parameters):
            return f"it does not take {name} after the star"
    return ""


def _steps(rule, hyper):
    """Return x after each of the steps."""
    parameters = list(inspect.signature(rule).parameters.values())[3:]
    state = [p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    x, path = START.copy(), []
    for t in range(1, STEPS + 1):
        g = np.array([1.0, 0.25, -4.0]) * np.cos(0.9 * t + np.array([0.0, 1.0, 2.5])) + 0.1
        before = x.copy(), g.copy(), [np.copy(s) for s in state]
        with np.errstate(all="ignore"):
            result = rule(x, g, t, *state, **hyper)
        if not isinstance(result, tuple):
            raise _Flaw(
                f"it returns {type(result).__name__}; return a tuple, the new x first and then the state: (x,) or (x, v)"
            )
        if len(result) != 1 + len(state):
            raise _Flaw(f"it returns {len(result)} things; expected {1 + len(state)}: x and its {len(state)} state variables")
        for name, now, then in zip(("x", "g"), (x, g), before[:2], strict=True):
            if not np.array_equal(now, then, equal_nan=True):
                raise _Flaw(f"it writes into {name}; build a new array, {name} = {name} - …, not {name} -= …")
        for now, then in zip(state, before[2], strict=True):
            if not np.array_equal(now, then, equal_nan=True):
                raise _Flaw("it writes into its state; build a new array, v = beta * v + …, not v *= …")
        x, *state = result
        if np.shape(x) != START.shape:
            raise _Flaw(f"its x has shape {np.shape(x)} after step {t}; expected {START.shape}, as before")
        path.append(x)
    return np.array(path, float)


def _verdict(ours, theirs, slips, where):
    def same(a, b):
        return np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True)

    if same(ours, theirs):
        return "right"
    for what, wrong in slips.items():
        if same(ours, wrong):
            return f"wrong: {what}"
    i = next(i for i in range(len(theirs)) if not same(ours[i], theirs[i]))
    return f"wrong: {where.format(i + 1)} {np.round(ours[i], 4)} instead of {np.round(theirs[i], 4)}"
