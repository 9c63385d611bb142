"""What the checks of all chapters share; `tools/assignments.py` puts it before the checks of a chapter.

A check is a function `exercise_N` whose parameters are the names that a student must define. Its docstring says what each is,
one line a name: `limit: a number, the rate …`, or `best_rate(T, sigma): the rate …` for a function. It raises `Wrong` with
what is wrong, and returns nothing if all is right.
"""

import inspect
import re

import numpy as np


class Wrong(Exception):
    """What is wrong with an answer, said to the student."""


# What the checks use


def verdict(name, said):
    """Pass on what `optlib.check.check_rule` or `check_schedule` says of the function `name`."""
    if said != "right":
        raise Wrong(f"`{name}`: {said.removeprefix('wrong: ')}.")


def number(name, value):
    """Return the answer `name` as a float, if it is one finite number."""
    if isinstance(value, (str, bool)) or np.ndim(value) or not np.isrealobj(value):
        raise Wrong(f"`{name}` is {shown(value)}; one number was expected.")
    try:
        found = float(value)
    except TypeError:
        raise Wrong(f"`{name}` is {shown(value)}; one number was expected.") from None
    if not np.isfinite(found):
        raise Wrong(f"`{name}` is {found}; a finite number was expected.")
    return found


def near(name, value, truth, slips=None, *, rel=0.01, tol=0.0, hint=""):
    """Compare the number `name` with the truth, and name the slip that leads to it.

    slips: {what is wrong: the number that it leads to}; rel, tol: how far off is still right; hint: said if no slip is known.
    """
    found = number(name, value)

    def is_it(x):
        return abs(found - x) <= rel * abs(x) + tol

    if is_it(truth):
        return
    for what, x in (slips or {}).items():
        if is_it(x):
            raise Wrong(f"`{name}` is {shown(value)}: {what}.")
    side = "too high" if found > truth else "too low"
    raise Wrong(f"`{name}` is {shown(value)}, which is {side}." + (f" {hint}." if hint else ""))


def call(function, *arguments):
    """Call a student's function with copies of the arguments, and say how if it fails or returns nothing."""
    name, given = _name(function), ", ".join(shown(a) for a in arguments)
    try:
        result = function(*(np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments))
    except Wrong:
        raise
    except Exception as error:  # noqa: BLE001 - a student's code may fail in any way, and is told how
        raise Wrong(f"`{name}({given})` raises {type(error).__name__}: {error}.") from None
    if result is None:
        raise Wrong(f"`{name}({given})` returns None: does each way through it end in `return`?")
    return result


def agree(function, truth, cases, slips=None, *, rel=0.01, tol=0.0, hint=""):
    """Compare a student's function with `truth`, a function, on cases, tuples of arguments; slips are functions, too.

    A slip is named if it explains the answers of all cases; otherwise the first case that is wrong is shown.
    """
    answers, right = [call(function, *case) for case in cases], [truth(*case) for case in cases]
    for case, answer, expected in zip(cases, answers, right, strict=True):
        if np.shape(answer) != np.shape(expected):
            raise Wrong(f"{_called(function, case)} is {shown(answer)}; expected {_kind(expected)}.")

    def are(expected):
        return [np.allclose(a, b, rtol=rel, atol=tol) for a, b in zip(answers, expected, strict=True)]

    if all(are(right)):
        return
    for what, slip in (slips or {}).items():
        if all(are([slip(*case) for case in cases])):
            raise Wrong(f"`{_name(function)}`: {what}.")
    at = are(right).index(False)
    expected = f"; expected about {shown(right[at])}"
    raise Wrong(f"{_called(function, cases[at])} is {shown(answers[at])}{expected}." + (f" {hint}." if hint else ""))


def members(name, value, truth, why=None, *, among=None):
    """Compare a collection with the set `truth`; why: {a member: why it belongs there, or why not}."""
    if isinstance(value, str) or not np.iterable(value):
        raise Wrong(f"`{name}` is {shown(value)}; a set was expected, written in braces: {{…, …}}.")
    found = set(value)
    for x in sorted(found - truth, key=str):
        if among is not None and x not in among:
            raise Wrong(f"`{name}` holds {x!r}; choose among {', '.join(map(repr, sorted(among)))}.")
        raise Wrong(f"`{name}` holds {x!r}, which does not belong there{_because(why, x)}.")
    for x in sorted(truth - found, key=str):
        raise Wrong(f"`{name}` lacks a member{_because(why, x)}.")


def choice(name, value, truth, why=None, *, among):
    """Compare a choice among a few values; why: {a wrong choice: why it is wrong}."""
    if isinstance(value, (np.ndarray, list, set, dict)) or value not in among:
        raise Wrong(f"`{name}` is {shown(value)}; choose among {', '.join(map(repr, among))}.")
    if value != truth:
        raise Wrong(f"`{name}` is {value!r}, and that is not so{_because(why, value)}.")


def shown(value):
    """Return a value as a message shows it: numbers with four digits, large things by their size."""
    if callable(value):
        return f"the function {getattr(value, '__name__', '')}".strip()
    if isinstance(value, (bool, str, type(None))):
        return repr(value)[:60]
    if isinstance(value, np.ndarray) and value.size > 6:
        return f"an array of shape {value.shape}"
    if isinstance(value, (int, float, np.number)):
        return f"{value:.4g}" if isinstance(value, (float, np.floating)) else str(value)
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4)
    if isinstance(value, (tuple, list)) and len(value) <= 6:
        left, right = ("(", ")") if isinstance(value, tuple) else ("[", "]")
        return left + ", ".join(shown(v) for v in value) + right
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _called(function, case):
    return f"`{_name(function)}({', '.join(shown(a) for a in case)})`"


def _name(function):
    return getattr(function, "__name__", "your function")


def _kind(value):
    if np.ndim(value) == 0:
        return "one number"
    return f"{len(value)} numbers" if np.ndim(value) == 1 else f"an array of shape {np.shape(value)}"


def _because(why, x):
    return f": {why[x]}" if why and x in why else ""


# What runs them


def asked(check):
    """Return {name: (arguments of a function or None, what it is)} of what a check asks for, from its docstring."""
    lines = inspect.getdoc(check) or ""
    parts = re.finditer(r"^(\w+)(?:\((.*?)\))?: (.+(?:\n +.+)*)", lines, re.M)  # an indented line goes on with the one before
    found = {m[1]: (m[2], " ".join(m[3].split())) for m in parts}
    return {name: found[name] for name in inspect.signature(check).parameters}


def judge(check, names):
    """Return what is wrong with the answers among `names`, or "" if a check is content; it never raises."""
    given = {}
    for name, (arguments, what) in asked(check).items():
        form = name if arguments is None else f"{name}({arguments})"
        value = names.get(name, ...)
        if value is ...:
            return f"`{name}` is still open. Write `{form}`: {what}."
        if arguments is not None:
            if not callable(value):
                return f"`{name}` is {shown(value)}, not a function. Write `def {form}`: {what}."
            if getattr(value, "__code__", _empty.__code__).co_code == _empty.__code__.co_code:
                return f"`{name}` is still empty. Write `{form}`: {what}."
            if getattr(value, "__name__", "") == "<lambda>":
                value.__name__ = name  # for the messages
        given[name] = value
    try:
        with np.errstate(all="ignore"):
            check(**given)
    except Wrong as wrong:
        return str(wrong)
    except Exception as error:  # noqa: BLE001 - an answer of an unforeseen kind; the student is told what was asked for
        wanted = "; ".join(f"`{name}`: {what}" for name, (_, what) in asked(check).items())
        return f"the check could not read your answer ({type(error).__name__}: {error}). It expects {wanted}."
    return ""


def report(exercise, names):
    """Print what the check of an exercise says; `exercise` is "exercise 2" or 2."""
    at = int(re.search(r"\d+", str(exercise))[0])
    wrong = judge(globals()[f"exercise_{at}"], names)
    print(f"Exercise {at}: not yet. {wrong[:1].upper()}{wrong[1:]}" if wrong else f"Exercise {at}: right.")


def _empty():
    pass
