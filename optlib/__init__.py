"""The small library behind *Optimization for Deep Learning, live*: rules, losses, the loop, and figures made from them.

>>> from optlib import losses, rules, run
>>> print(run(rules.sgd, losses.Quadratic(kappa=10), [2, 1], steps=100, lr=0.18))
sgd, 100 steps: loss 1.2e-17 at [4.813e-09 2.037e-10]
"""

from importlib.metadata import version

from .run import final, iterate, run

__version__ = version("optlib")
__all__ = ["final", "iterate", "run"]
