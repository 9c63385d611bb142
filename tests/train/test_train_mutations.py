"""Plausible slips in training, each put into the source and caught by the test that is named beside it."""

import importlib.util
import inspect

import pytest
import test_blocks
import test_train
import test_train_against_torch

from optlib import blocks, train

LATE, OWN_ORDER = "steps_may_end_within_an_epoch", "each_epoch_and_each_seed_has_an_order_of_its_own"
ONE_BATCH = "a_rule_that_asks_for_the_loss_meets_one_batch_in_each_step"
SLIPS = [
    # module, line as it is, with the slip, test module, the test that catches it
    (train, "ceil(n / batch_size)", "n // batch_size", test_train, LATE),
    (train, "self._at + self.size]", "self._at + self.size - 1]", test_train, LATE),
    (train, "self.batch[0].shape[-2]", "self.size", test_train, LATE),
    (train, "while taken < steps", "while taken <= steps", test_train, "no_step"),
    (train, "self._at >= len(self.x)", "self._at > len(self.x)", test_train, OWN_ORDER),
    (train, "rng.permutation(len(self.x))", "range(len(self.x))", test_train, OWN_ORDER),
    (train, "1 + (t - 1) // per_epoch", "1 + t // per_epoch", test_train_against_torch, "a_schedule_counts_steps_or_epochs"),
    (train, "(row) if taken else plateau.lr", "(row)", test_train, "a_plateau_counts_from_the_end_of_the_first_epoch"),
    (train, "asked.forget()", "pass", test_train, ONE_BATCH),
    (train, "value if self.value is None else self.value", "value", test_train, ONE_BATCH),
    (train, "diverged[lost] = taken", "diverged[lost] = taken + 1", test_train, "divergence_is_named"),
    (train, "& (diverged == 0)", "", test_train, "the_nets_that_diverged_are_named_and_leave_the_others_alone"),
    (blocks, "n, rows):\n                work", "n - rows, rows):\n                work", test_blocks, "blocks_are_new_arrays"),
    (blocks, "done.result()", "pass", test_blocks, "an_error_in_a_thread_is_not_lost"),
]


@pytest.mark.parametrize(("module", "line", "slip", "tests", "name"), SLIPS, ids=[f"{s[1]} -> {s[2]}"[:50] for s in SLIPS])
def test_a_slip_is_caught_by_name(module, line, slip, tests, name, monkeypatch):
    source, check = inspect.getsource(module), getattr(tests, f"test_{name}")
    assert source.count(line) == 1, "the slip no longer fits the source: put it where the line went"
    wrong = importlib.util.module_from_spec(module.__spec__)
    exec(compile(source.replace(line, slip), "<slip>", "exec"), vars(wrong))
    for name, value in vars(wrong).items():
        if hasattr(tests, name) and callable(value) and getattr(value, "__module__", None) == module.__name__:
            monkeypatch.setattr(tests, name, value)
    with pytest.raises((Exception, pytest.fail.Exception)):  # an assertion, or what the slip itself runs into
        check()
