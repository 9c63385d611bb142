"""Plausible slips, each put into the source and caught by the test that is named beside it."""

import inspect
import types

import pytest
import test_line_search
import test_second_order
from second_order_problems import COLLECTION

from optlib import line_search, second_order

SLIPS = [
    # module, line as it is, with the slip, test module, the test that catches it
    (second_order, "q + s * (weight - (y @ q)", "q + s * (weight + (y @ q)", "the_two_loops_are_the_matrix_update_unrolled"),
    (second_order, "zip(pairs, reversed(weights)", "zip(pairs, (weights)", "the_two_loops_are_the_matrix_update_unrolled"),
    (
        second_order,
        "q = q * ((s @ y) / (y @ y))",
        "q = q * ((s @ s) / (s @ y))",
        "the_two_loops_are_the_matrix_update_unrolled",
    ),
    (second_order, "[-int(memory) :]", "[: int(memory)]", "memory_holds_the_newest_pairs_only"),
    (
        second_order,
        "keep @ H @ keep.T",
        "keep.T @ H @ keep",
        "a_bfgs_update_keeps_secant_equation_symmetry_definiteness_and_rank_two",
    ),
    (second_order, "0.8 * (s @ Bs)", "0.2 * (s @ Bs)", "powell_damping_keeps_the_update_definite_and_leaves_good_pairs_alone"),
    (second_order, "powell(s, y, -step * g)", "powell(s, y, -g)", "damped_bfgs_uses_b_times_s_from_the_step"),
    (
        second_order,
        "np.abs(eigenvalues) + damping",
        "eigenvalues + damping",
        "newton_goes_to_the_saddle_and_saddle_free_newton_leaves_it",
    ),
    (second_order, "g.ndim == 1 and singular", "False", "a_singular_hessian_stops_the_run_and_is_named"),
    (
        second_order,
        "np.sqrt(radius**2 - p @ p)",
        "np.sqrt(radius**2 + p @ p)",
        "the_subproblem_is_solved_as_theorem_4_1_demands",
    ),
    (second_order, "min(2 * radius, largest)", "2 * radius", "the_radius_grows_shrinks_and_stops_at_its_bound"),
    (line_search, "elif abs(slope) <=", "elif slope >=", "every_accepted_step_keeps_the_strong_wolfe_conditions"),
    (line_search, "min(f0 + c1 * step * slope0, low[1])", "f0", "every_accepted_step_keeps_the_strong_wolfe_conditions"),
    (line_search, "db - 3 * (fb - fa)", "db + 3 * (fb - fa)", "the_cubic_through_two_trials_is_exact_on_a_quadratic"),
    (line_search, "c1 * step * slope + noise", "noise", "armijo_decreases_enough_and_the_step_before_did_not"),
    (line_search, "/ (2 * h)", "/ h", "hvp_asks_for_the_cheapest_thing_the_loss_has"),
    (line_search, "np.cbrt(", "np.sqrt(", "the_difference_error_is_the_one_stated"),
]


@pytest.mark.parametrize(("module", "line", "slip", "test"), SLIPS, ids=[slip for _, _, slip, _ in SLIPS])
def test_a_slip_is_caught_by_name(module, line, slip, test, monkeypatch):
    source = inspect.getsource(module)
    assert source.count(line) == 1, "the slip no longer fits the source: put it where the line went"
    wrong = types.ModuleType(module.__name__)
    wrong.__package__ = module.__package__
    exec(compile(source.replace(line, slip), "<slip>", "exec"), vars(wrong))
    tests = test_line_search if module is line_search else test_second_order
    check = getattr(tests, f"test_{test}")
    run_through(check)
    for name, value in vars(wrong).items():
        if hasattr(tests, name) and not name.startswith("__"):
            monkeypatch.setattr(tests, name, value)
    with pytest.raises(Exception):  # noqa: B017 (an assertion, or what the slip itself runs into)
        run_through(check)


def run_through(check):
    """Call a test; a property test on a few fixed cases, since hypothesis would spend long on shrinking the failure."""
    if not hasattr(check, "hypothesis"):
        return check()
    problems = [(name, seed, 1.0) for name in COLLECTION for seed in range(5)]
    cases = {
        ("name", "seed", "scale", "constants"): [(*case, (0.3, 0.9)) for case in problems],
        ("name", "seed", "scale"): problems,
        ("seed", "n"): [(seed, 4) for seed in range(10)],
        ("seed", "n", "count"): [(seed, 4, 3) for seed in range(10)],
    }
    inner = check.hypothesis.inner_test
    for case in cases[tuple(inspect.signature(inner).parameters)]:
        inner(*case)
