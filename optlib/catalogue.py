"""Rules and losses by name, for the figures; an unknown name is answered with the nearest known ones."""

import difflib
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


def find(kind, name, table):
    """Return `table[name]`; raise a ValueError that names the `kind` and the nearest names when there is none.

    >>> find("rule", "Adam", RULES)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: rule 'Adam' does not exist; did you mean 'adam'? Known: sgd, momentum, ...
    """
    if name in table:
        return table[name]
    raise ValueError(f"{kind} {name!r} does not exist; {nearest(name, table)}Known: {', '.join(map(str, table))}")


def nearest(name, known):
    """Return the question "did you mean …?" with the known names nearest to `name`, or nothing when none is near.

    >>> nearest("momentun", ["sgd", "momentum"])
    "did you mean 'momentum'? "
    """
    by_fold = {str(k).casefold(): str(k) for k in known}
    fold = str(name).casefold()
    close = [fold] if fold in by_fold else difflib.get_close_matches(fold, by_fold, n=3, cutoff=0.75)
    return f"did you mean {' or '.join(repr(by_fold[c]) for c in close)}? " if close else ""
