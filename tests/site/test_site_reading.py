"""What a live figure tells: by keyboard alone, in its sentence, by its link, and that its path is Python's.

Tab reaches every control of every figure, with a focus mark that is seen; what the keys do is tried in test_site_figures.py.
Every figure but a question has a sentence for screen readers, and says another one once all its controls were moved; the link
to that state is followed in another tab (the first of a page by loading it) and gives the same picture, to the pixel, and
settings.
"""

import math
import re

import built
import drive
import numpy as np
import pytest

from optlib.catalogue import BROKEN_ADAMS, LOSSES, RULES
from optlib.run import run

LEAST_CONTRAST = 3  # WCAG 2.2, 1.4.11


def test_keyboard_alone(figure):
    """Tab reaches every control, and the focus is seen."""
    reached = figure.reached_by_tab()
    for control, contrast in reached.items():
        assert contrast >= LEAST_CONTRAST, f"{control}: the focus is not seen (contrast {contrast:.1f} with the page)"
    groups = {control.group for control in reached}
    for control in figure.controls:
        if control.disabled or control.hidden or control.kind == "surface":
            continue  # a surface is the mouse's short way to a handle
        in_group = control.kind in ("radio", "option") and control.group in groups
        assert control in reached or in_group, f"{control}: Tab does not reach it"


@pytest.mark.without("Predict")  # what a question says after each option is tested with the options
def test_the_sentence_says_the_result(figure):
    """A screen reader hears a sentence, and another one after the controls were moved."""
    assert figure.of("range", "handle", "radio", "select"), f"{figure.name} has nothing to move"
    first = figure.sentence()
    assert drive.is_sentence(first), f"{figure.name} says {first!r} to a screen reader"
    after = figure.moved["sentence"]
    assert drive.is_sentence(after), f"{figure.name} says {after!r} to a screen reader after its controls were moved"
    assert after != first, f"{figure.name} still says {first!r} after its controls were moved"
    figure.visit.quiet()


@pytest.mark.without("Predict")  # a link to an answer would give it away
def test_the_link_leads_to_this_state(figure):
    """Every control moved, the link copied and followed elsewhere: the same picture and the same settings."""
    moved = figure.moved
    address = moved["link"]
    assert address, f"{figure.name} has no link to its state"
    assert moved["picture"] != figure.initial
    assert moved["copied"] == address, f"{figure.name}: the clipboard has {moved['copied']!r}, the address bar {address!r}"
    opened = figure.visit.follow(address)
    twin = drive.Figure(opened, figure.model)
    twin.ask("place => probe.until(() => place.dataset.shown !== undefined, 10000)")
    twin.must_be(moved["picture"], f"{address} shows another picture")
    assert twin.ask("probe.settings") == moved["settings"], f"{figure.name}: {address} gives other settings"
    top = twin.ask("place => place.getBoundingClientRect().top")
    assert -50 < top < drive.WIDE["height"] / 2, f"{figure.name}: the link leaves the figure {top:.0f} px down the window"
    opened.quiet()
    figure.visit.quiet()


# The landscape and optlib ---------------------------------------------------------------------------------------------


@pytest.fixture
def traits(figure_at):
    """The figure's traits, as the page has them."""
    page, model = figure_at
    return built.live_figures(page)[model][1]


def python_run(traits, rule, **hyper):
    """Return what optlib makes of the figure's state: the path, and the loss along it."""
    loss = LOSSES[traits["loss"]](**traits["params"])
    path = run((RULES | BROKEN_ADAMS)[rule], loss, traits["start"], traits["steps"], **(traits["hyper"][rule] | hyper)).path
    with np.errstate(all="ignore"):
        return path, np.array([loss(x) for x in path])


def numbers(sentence):
    """Yield (value, half of its last digit): three digits are said, zeros at the end are not; two digits before an exponent."""
    for text in re.findall(r"[-−]?\d+(?:\.\d+)?(?:e[-−]?\d+)?", sentence):
        value = float(text.replace("−", "-"))
        order = math.floor(math.log10(abs(value))) if value else -1
        yield value, 0.5 * 10.0 ** (order - (1 if "e" in text else max(2, order)))


@pytest.mark.kinds("Landscape")
def test_the_path_is_that_of_python(figure, traits):
    """The line on the map is an affine image of optlib's path, and the loss is optlib's to its printed digits.

    A path that leaves the picture may end with its first point beyond the border; a loss that has diverged need not be said.
    """
    drawn = figure.ask(DRAWN)
    runs = {rule: python_run(traits, rule) for rule in traits["rules"]}
    for rule, (path, _) in runs.items():
        fits = any(is_path(np.reshape(line, (-1, 2)), path, size) for line, size in drawn)
        assert fits, f"{figure.name}: no line on the map is the path of {rule} that optlib runs"
    field = next(c for c in figure.of("field") if c.label.startswith("step"))
    for step in sorted({0, 1, 2, 3, 7, traits["steps"] // 2, traits["steps"]}):
        field.element.fill(str(step))
        field.element.press("Enter")
        figure.picture()
        said = figure.ask("probe.said")
        for rule, (_, losses) in runs.items():
            near = any(abs(value - losses[step]) <= 1.02 * half for value, half in numbers(said))
            gone = "diverged" in said and not abs(losses[step]) < 1e6
            assert near or gone, (
                f"{figure.name}, step {step}: optlib's loss of {rule} is {losses[step]:.6g}; the figure says {said!r}"
            )
    figure.reset()


DRAWN = """place => [...place.querySelectorAll("canvas")].flatMap((c) =>
  (c.drawn ?? []).map((line) => [line, [c.clientWidth, c.clientHeight]]))"""


def is_path(line, path, size):
    """Whether a drawn line is the path: all of it, or from its start to its first point beyond the picture's border."""
    count = len(line)
    if count > len(path) or count < 3:
        return False
    (x, y), (width, height) = line[-1], size
    beyond = not (33 < x < width - 7 and 25 < y < height - 39)
    known = count if count == len(path) else count - 1  # the last point may be as far away as one likes
    same = np.isfinite(path[:known]).all() and all(off(line[:known, i], path[:known, i]) < 1e-6 for i in (0, 1))
    return same and (count == len(path) or beyond)


def off(pixels, values):
    """Return by how many pixels a drawn coordinate misses a straight function of the value."""
    if np.ptp(values) == 0:
        return np.ptp(pixels)
    slope, intercept = np.polyfit(values, pixels, 1)
    return np.abs(slope * values + intercept - pixels).max()


@pytest.mark.kinds("Landscape")
def test_a_diverging_run_says_so(figure, traits):
    """Learning rates far beyond the slider are taken, nothing hangs, and the sentence says it when a run diverges."""
    rates = [c for c in figure.of("field") if "learning rate" in c.label]
    seen = 0
    for rule, field in zip(traits["rules"], rates, strict=False):
        for rate in (1e3, 1e150):
            field.element.fill(str(rate))
            field.element.press("Enter")
            figure.picture()
            said = figure.ask("probe.said")
            assert drive.is_sentence(said), f"{figure.name} at a learning rate of {rate:g} says {said!r}"
            _, losses = python_run(traits, rule, lr=rate)
            if not math.isfinite(losses[-1]) or losses[-1] > 1e30:
                assert re.search(r"diverge|left", said), f"{figure.name}: {rule} diverges at {rate:g}, and it says {said!r}"
                seen += 1
        figure.reset()
    if traits["loss"] == "Quadratic":  # elsewhere the gradient may end
        assert seen or not rates, f"{figure.name}: no rule diverges at a learning rate of 1e150, says optlib"
    figure.visit.quiet()


@pytest.mark.parametrize("text, wanted", [("loss 6.8e−9.", (6.8e-9, 0.05e-9)), ("0.18", (0.18, 0.0005)), ("1234", (1234, 0.5))])
def test_numbers_are_read_with_their_precision(text, wanted):
    assert next(numbers(text)) == pytest.approx(wanted)
