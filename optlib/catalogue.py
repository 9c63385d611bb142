"""Rules and losses by name, found in their modules."""

import inspect

from . import broken_adams, classics, losses, rules


def _functions(module):
    return {name: f for name, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}


RULES = _functions(rules)
BROKEN_ADAMS = _functions(broken_adams)  # not among the rules: no figure offers them unless it says what they are
LOSSES = {
    name: c
    for module in (losses, classics)
    for name, c in vars(module).items()
    if inspect.isclass(c) and issubclass(c, losses.Loss) and c is not losses.Loss
}
