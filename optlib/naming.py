"""Names that readers type: an unknown one is answered with the nearest known ones."""

import difflib


def find(kind, name, table):
    """Return `table[name]`; raise a ValueError that names the `kind` and the nearest names when there is none.

    >>> find("rule", "Adam", {"sgd": None, "adam": None})
    Traceback (most recent call last):
        ...
    ValueError: rule 'Adam' does not exist; did you mean 'adam'? Known: sgd, adam
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
