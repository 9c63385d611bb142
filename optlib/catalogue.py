"""Rules, losses and schedules by name, found in their modules."""

import inspect

from . import broken_adams, classics, losses, problems, rules, schedules


def _functions(module):
    return {name: f for name, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}


def _is_formula(f):
    """Return whether a schedule is a formula of t and numbers: not of lists, nor of another schedule."""
    given = inspect.signature(f).parameters
    return next(iter(given)) == "t" and all(isinstance(p.default, (int, float)) for p in list(given.values())[1:])


RULES = _functions(rules)
BROKEN_ADAMS = _functions(broken_adams)  # not among the rules: no figure offers them unless it says what they are
LOSSES = {
    name: c
    for module in (losses, classics)
    for name, c in vars(module).items()
    if inspect.isclass(c) and issubclass(c, losses.Loss) and c is not losses.Loss
}
SCHEDULES = {name: f for name, f in _functions(schedules).items() if _is_formula(f)}
LIBRARY = {  # what a live figure's function may call, in Python and on the page
    **RULES,
    **BROKEN_ADAMS,
    **SCHEDULES,
    **{f.__name__: f for f in (problems.second_moment, problems.second_moments, schedules.reduce_on_plateau)},
}
