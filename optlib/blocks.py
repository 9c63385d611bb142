"""A rule on long vectors: block by block, so that it works in the cache and not in memory (chapter 9)."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import wraps

import numpy as np


def blockwise(rule, size=65_536, threads=1):
    """The rule, applied to `size` coordinates at a time, so that what it computes on the way stays in the cache.

    For rules that work element by element, as all of `optlib.rules` do, the result is the same to the last bit. A rule
    that looks at the length of x or g is another rule in blocks; nothing here can tell. Each block may go to one of
    `threads` threads. Raises ValueError where the rule does not return one number for each coordinate.

    >>> from optlib import rules
    >>> x = np.linspace(-1, 1, 200_000)
    >>> all(map(np.array_equal, rules.adam(x, x, 1), blockwise(rules.adam)(x, x, 1)))
    True
    """
    pool = ThreadPoolExecutor(threads) if threads > 1 else None

    @wraps(rule)
    def blocks(x, g, t, *state, **hyper):
        n, shape = (len(x), np.shape(x)) if np.ndim(x) else (1, ())
        rows = max(1, size * n // max(1, np.size(x)))
        if n <= rows:
            return rule(x, g, t, *state, **hyper)
        out = []

        def cut(v, block):  # what has a value for each coordinate
            return v[block] if np.ndim(v) == len(shape) and len(v) == n else v

        def work(i):
            block = slice(i, i + rows)
            parts = rule(x[block], g[block], t, *(cut(s, block) for s in state), **{k: cut(v, block) for k, v in hyper.items()})
            if any(np.shape(part) != x[block].shape for part in parts):
                raise ValueError(f"{rule} does not return one number for each coordinate: it cannot go block by block")
            if not out:
                out.extend(np.empty_like(x, dtype=part.dtype) for part in parts)
            for whole, part in zip(out, parts, strict=True):
                whole[block] = part

        work(0)
        if pool is None:
            for i in range(rows, n, rows):
                work(i)
        else:  # numpy lets go of the interpreter in its loops; errstate is part of the context
            for done in [pool.submit(copy_context().run, work, i) for i in range(rows, n, rows)]:
                done.result()
        return tuple(out)

    return blocks
