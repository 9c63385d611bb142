"""What a live figure tells: by keyboard alone, in its sentence, by its link, and that its path is Python's."""

import math
import re

import built
import drive
import numpy as np
import pytest

from optlib.catalogue import LOSSES, RULES
from optlib.run import run

LEAST_CONTRAST = 3  # WCAG 2.2, 1.4.11


def test_keyboard_alone(figure):
    """Tab reaches every control, the focus is seen, and the keys do what the mouse does."""
    reached = figure.reached_by_tab()
    for control, contrast in reached.items():
        assert contrast >= LEAST_CONTRAST, f"{control}: the focus is not seen (contrast {contrast:.1f} with the page)"
    for control in figure.controls:
        if control.disabled or control.hidden or control.kind == "surface":
            continue  # a surface is the mouse's short way to a handle
        group = control.element.get_attribute("name")
        of_group = [c for c in figure.of("radio", "option") if group and c.element.get_attribute("name") == group]
        assert control in reached or any(c in reached for c in of_group), f"{control}: Tab does not reach it"
    for control in [*figure.of("option")[:1], *figure.of("radio", "button", "checkbox")]:
        checked = control.kind == "radio" and control.element.is_checked()
        if control.hidden or checked or control.label in ("Reset", "Copy link"):
            continue
        control.element.focus()
        control.page.keyboard.press("Space")
        if control.kind == "option":
            control.page.keyboard.press("Enter")
        control.must_change(figure.initial, "the space bar", 2000)
        figure.reset()
    figure.visit.quiet()


@pytest.mark.without("Predict")  # what a question says after each option is tested with the options
def test_the_sentence_says_the_result(figure):
    """A screen reader hears a sentence, and another one after the controls were moved."""
    movable = figure.of("range", "handle", "radio", "select")
    assert movable, f"{figure.name} has nothing to move"
    first = figure.sentence()
    assert drive.is_sentence(first), f"{figure.name} says {first!r} to a screen reader"
    for control in movable:
        control.page.keyboard.press("Escape")
        if control.kind == "radio":
            control._press()
        elif control.kind == "select":
            control.element.press("ArrowDown")
        else:
            control.element.press("End" if control.element.evaluate("e => e.value !== e.max") else "Home")
            control.element.press("ArrowLeft")
    after = figure.sentence()
    figure.reset()
    assert drive.is_sentence(after), f"{figure.name} says {after!r} to a screen reader after its controls were moved"
    assert after != first, f"{figure.name} still says {first!r} after its controls were moved"
    figure.visit.quiet()


@pytest.fixture(scope="module")
def elsewhere(browser, server):
    """Follow a link: the first one to a page opens it anew, later ones are followed on the page that is open then."""
    kept = {}

    def follow(address):
        page = address.removeprefix(server.address)
        name = page.partition("#")[0]
        if name in kept:
            kept[name].page.goto(address)
        else:
            kept[name] = drive.Visit(browser, server.address, page)
        return kept[name]

    yield follow
    for visit in kept.values():
        visit.context.close()


@pytest.mark.without("Predict")  # a link to an answer would give it away
def test_the_link_leads_to_this_state(figure, elsewhere):
    """Every control moved, the link copied and followed by another reader: the same picture and the same settings."""
    copy = figure.button("Copy link")
    assert copy, f"{figure.name} has no link to its state"
    for control in figure.of("range", "handle", "radio", "select"):
        if control.kind == "range":
            high = control.element.evaluate("e => e.value - e.min > (e.max - e.min) / 2")
            control.element.press("PageDown" if high else "PageUp")
        elif control.kind == "handle":
            control.element.press("ArrowRight")
        elif control.kind == "radio":
            control._press()
        else:
            control.element.select_option(index=control.element.evaluate("e => e.options.length - 1"))
    toggles = [c for c in figure.of("button") if c.element.get_attribute("aria-pressed") == "true"]
    if len(toggles) > 1:
        toggles[0].element.click()
    before = figure.rested()
    assert before != figure.initial
    settings = figure.ask("probe.settings")
    copy.element.click()
    figure.page.wait_for_function("() => location.hash.includes('?')")
    address = figure.page.evaluate("() => navigator.clipboard.readText()")
    assert address == figure.page.url, f"{figure.name}: the clipboard has {address!r}, the address bar {figure.page.url!r}"
    figure.reset()
    figure.page.evaluate("() => history.replaceState(null, '', location.pathname)")
    opened = elsewhere(address)
    twin = drive.Figure(opened, figure.model)
    twin.ask("place => probe.until(() => place.dataset.shown !== undefined, 10000)")
    twin.must_be(before, f"{address} shows another picture")
    assert twin.ask("probe.settings") == settings, f"{figure.name}: {address} gives other settings"
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
    path = run(RULES[rule], loss, traits["start"], traits["steps"], **(traits["hyper"][rule] | hyper)).path
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
    """The line on the map is an affine image of optlib's path, and the loss is optlib's to its printed digits."""
    drawn = figure.ask("place => [...place.querySelectorAll('canvas')].flatMap(c => c.drawn ?? [])")
    runs = {rule: python_run(traits, rule) for rule in traits["rules"]}
    for rule, (path, _) in runs.items():
        assert np.isfinite(path).all(), f"{figure.name}: {rule} diverges before the reader has touched anything"
        lines = [np.reshape(line, (-1, 2)).T for line in drawn if len(line) == path.size]
        assert any(off(x, path[:, 0]) < 1e-6 and off(y, path[:, 1]) < 1e-6 for x, y in lines), (
            f"{figure.name}: no line on the map is the path of {rule} that optlib runs"
        )
    field = next(c for c in figure.of("field") if c.label.startswith("step"))
    for step in sorted({0, 1, 2, 3, 7, traits["steps"] // 2, traits["steps"]}):
        field.element.fill(str(step))
        field.element.press("Enter")
        figure.picture()
        said = figure.ask("probe.said")
        for rule, (_, losses) in runs.items():
            near = any(abs(value - losses[step]) <= 1.02 * half for value, half in numbers(said))
            assert near, f"{figure.name}, step {step}: optlib's loss of {rule} is {losses[step]:.6g}; the figure says {said!r}"
    figure.reset()


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
    assert seen or not rates, f"{figure.name}: no rule diverges at a learning rate of 1e150, says optlib"
    figure.visit.quiet()


@pytest.mark.parametrize("text, wanted", [("loss 6.8e−9.", (6.8e-9, 0.05e-9)), ("0.18", (0.18, 0.0005)), ("1234", (1234, 0.5))])
def test_numbers_are_read_with_their_precision(text, wanted):
    assert next(numbers(text)) == pytest.approx(wanted)
