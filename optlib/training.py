"""What a training leaves behind: the record, and while it runs a line that says how far it is."""

import sys
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from .naming import nearest


@dataclass(frozen=True)
class Training:
    """What a training did. Nets have the axes (seeds, *sweep): none for one seed and no sweep.

    `history` holds each metric as an array (M, *nets), measured before the first step and after every epoch (and at the
    end); `record["test_loss"]` is short for `record.history["test_loss"]`. A net that diverged has nan there.
    `epoch`, `step`, `samples` and `clock`, of shape (M,), say when: epochs and steps done, rows whose gradient was taken
    (for one net), and seconds spent training, measuring not counted. `losses` (steps, *nets) is the loss on each
    mini-batch, before its step. `theta` (P, *nets) is the end.
    `evaluations` counts gradients of a mini-batch for one net, `calls` all that was asked of the loss by name.
    `diverged` (*nets) is the first step after which a parameter was no longer finite, 0 where none was.
    """

    rule: str
    hyper: dict
    net: Any
    theta: np.ndarray = field(repr=False)
    history: dict = field(repr=False)
    epoch: np.ndarray = field(repr=False)
    step: np.ndarray = field(repr=False)
    samples: np.ndarray = field(repr=False)
    clock: np.ndarray = field(repr=False)
    losses: np.ndarray = field(repr=False)
    seeds: Any
    batch_size: int
    steps: int
    evaluations: int
    calls: dict
    diverged: np.ndarray
    seconds: float
    unit: str = "steps"
    reason: str | None = None

    def __getitem__(self, metric):
        if metric not in self.history:
            raise KeyError(f"{metric!r} was not measured; {nearest(metric, self.history)}measured: {', '.join(self.history)}")
        return self.history[metric]

    @property
    def stopped(self):
        """Why the training ended, and which nets diverged at which step."""
        end = f"took all {self.steps} steps" if self.reason is None else f"after {self.steps} steps, {self.reason}"
        lost = np.argwhere(self.diverged)
        if not len(lost):
            return end
        if not self.diverged.ndim:
            return f"diverged at step {self.diverged}"
        named = [f"{self._named(tuple(i))} at step {self.diverged[tuple(i)]}" for i in lost[:6]]
        more = f" and {len(lost) - 6} more" if len(lost) > 6 else ""
        return f"{end}; {len(lost)} of {self.diverged.size} nets diverged: {', '.join(named)}{more}"

    def _named(self, i):
        several = np.ndim(self.seeds) > 0
        seed, cell = (f"seed {self.seeds[i[0]]}", i[1:]) if several else ("", i)
        return " ".join(filter(None, (seed, f"cell {list(map(int, cell))}" if cell else "")))

    def __str__(self):
        nets = f" of {self.diverged.size} nets" if self.diverged.ndim else ""
        ends = []
        for name, values in self.history.items():
            last = values[-1][np.isfinite(values[-1])] if np.ndim(values) == 1 + self.diverged.ndim else []
            spread = f" ({min(last):.3g} to {max(last):.3g})" if np.size(last) > 1 else ""
            ends += [f"{name.replace('_', ' ')} {np.median(last):.3g}{spread}"] if np.size(last) else []
        did = f"{self.rule}{nets}, {self.epoch[-1]:.4g} epochs of batches of {self.batch_size}"
        return f"{did}: {'; '.join([*ends, self.stopped])}"


class Progress:
    """A line on stderr that says how far a long training is, and goes away at its end."""

    def __init__(self, wanted, steps):
        self.on = sys.stderr.isatty() if wanted is None else wanted
        self.steps, self.begin, self.next, self.width = steps, perf_counter(), 2.0, 0

    def __call__(self, taken, row):
        if self.on and (seconds := perf_counter() - self.begin) >= self.next:
            self.next = seconds + 0.2
            loss = np.asarray(row["train_loss"])
            best = f", lowest train loss {np.nanmin(loss):.3g}" if np.isfinite(loss).any() else ""
            left = seconds / max(taken, 1) * (self.steps - taken)
            self._write(f"step {taken} of {self.steps}{best}, {seconds:.0f} s, about {left:.0f} s left")

    def close(self):
        if self.width:
            self._write("")
            sys.stderr.write("\r")

    def _write(self, line):
        sys.stderr.write(f"\r{line:<{self.width}}")
        sys.stderr.flush()
        self.width = len(line)
