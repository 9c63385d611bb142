"""A reader's hands: a browser, its pages, and the live figures on them. What it finds wrong it raises as AssertionError."""

import contextlib
import re
from functools import cached_property
from pathlib import Path

import chromium
from playwright.sync_api import sync_playwright

PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ARROWS = ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown")
# Drawn by the processor, so that the same state gives the same pixels; and no calls home.
ARGUMENTS = (
    "--disable-gpu --disable-accelerated-2d-canvas --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --no-default-browser-check --no-sandbox --force-color-profile=srgb --hide-scrollbars"
).split()


@contextlib.contextmanager
def chromium_browser():
    """Start Chromium, or say in one line that there is none."""
    path = chromium.find()
    if path is None:
        raise RuntimeError("No Chromium: install chromium, or set the variable CHROMIUM to its path.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A page in a context of its own; `troubles` lists what went wrong since it was opened."""

    def __init__(self, browser, base, page, *, size=WIDE, theme="light", **context):
        self.base, self.allowed = base, (base, "data:", "blob:", "about:")
        self.context = browser.new_context(viewport=size, color_scheme=theme, **context)
        self.context.set_default_timeout(10_000)
        self.context.add_init_script(PROBE)
        self.troubles = []
        self.page = self.context.new_page()
        self._watch(self.page)
        self.page.goto(base + page, wait_until="load")

    def _watch(self, page):
        note = self.troubles.append
        page.on("console", lambda message: message.type == "error" and note(f"console error: {message.text}"))
        page.on("pageerror", lambda error: note(f"exception: {error}"))
        page.on("requestfailed", lambda request: note(f"request failed: {request.url} ({request.failure})"))
        page.on("response", lambda answer: answer.status >= 400 and note(f"status {answer.status}: {answer.url}"))
        page.on("request", lambda request: request.url.startswith(self.allowed) or note(f"outside request: {request.url}"))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.context.close()

    def quiet(self):
        """Fail on whatever went wrong so far."""
        assert not self.troubles, "\n".join(self.troubles)

    def figures(self):
        """Return the live figures in the order of the page."""
        models = self.page.eval_on_selector_all(".live-figure[data-model]", "places => places.map(p => p.dataset.model)")
        return [Figure(self, model) for model in models]

    def arrive(self):
        """Scroll through the page, so that every figure is drawn; returns the figures."""
        figures = self.figures()
        self.page.evaluate(
            "async () => { for (const place of document.querySelectorAll('.live-figure')) {"
            " await probe.arrive(place); if (place.dataset.shown === undefined) break; } }"
        )
        return figures


class Figure:
    """A live figure, found by the id of its model."""

    def __init__(self, visit, model):
        self.visit, self.page, self.model = visit, visit.page, model
        self.place = self.page.query_selector(f'.live-figure[data-model="{model}"]')
        assert self.place, f"the page has no place for the figure {model}"
        self.name = self.place.get_attribute("id") or model
        self.kind = self.place.get_attribute("data-kind")
        self.resets = 0

    def ask(self, question, *given):
        """Call `question(place, …)` in the page."""
        return self.place.evaluate(f"(place, given) => ({question})(place, ...given)", list(given))

    def begin(self):
        """Bring the figure into view, demand a first frame without any input, and find its controls."""
        self.ask("probe.arrive")
        self.initial = self.rested()
        flaw = self.ask("probe.flaw")
        assert not flaw, f"{self.name}: {flaw}"
        self.controls = [Control(self, i, **found) for i, found in enumerate(self.ask("probe.controls"))]
        self.settings = self.ask("probe.settings")
        return self

    def picture(self):
        """Return what the figure shows after the next frame."""
        return self.ask("probe.settled")

    def rested(self):
        """Return what the figure shows once it stays the same."""
        return self.ask("probe.rested")

    def must_be(self, wanted, what):
        """Demand that the figure comes to show the picture `wanted`."""
        picture = self.ask("probe.becomes", wanted)
        assert picture == wanted, f"{self.name}: {what} ({difference(wanted, picture)})"

    def of(self, *kinds):
        return [c for c in self.controls if c.kind in kinds]

    def button(self, label):
        """Return the button `label`, or None."""
        return next((c for c in self.of("button", "submit") if c.label == label), None)

    def reset(self):
        """Press Reset and demand the first picture and the first settings."""
        button = self.button("Reset") or self.button("Start over")
        assert button, f"{self.name}: there is no Reset"
        if self.resets:
            button.element.evaluate("e => e.click()")
        else:  # once by hand, afterwards without the way there
            button.element.click()
        self.resets += 1
        self.must_be(self.initial, "Reset does not bring the first picture back")
        settings = self.ask("probe.settings")
        assert settings == self.settings, f"{self.name}: after Reset the controls say {settings}, at first {self.settings}"

    def sentence(self):
        """Return what the figure tells a screen reader, once the hand rests."""
        self.page.wait_for_timeout(700)
        return self.ask("place => [...place.querySelectorAll('[aria-live]')].map(e => e.textContent.trim()).join(' ').trim()")

    def reached_by_tab(self):
        """Press Tab through the figure; return {control: contrast of its focus mark with the page} in the order of arrival."""
        self.ask(
            "place => { for (const put of ['before', 'after']) {"
            " const stop = document.createElement('i'); stop.tabIndex = 0; stop.className = 'probe-stop'; place[put](stop); }"
            " place.previousSibling.focus(); }"
        )
        found = {}
        for _ in range(3 * len(self.controls) + 3):
            self.page.keyboard.press("Tab")
            index, contrast = self.ask("place => [place.controls.indexOf(document.activeElement), probe.focusMark()]")
            if index >= 0:
                found[self.controls[index]] = contrast
            elif self.ask("place => place.nextSibling === document.activeElement"):
                break
        else:
            raise AssertionError(f"{self.name}: Tab never leaves the figure")
        self.page.evaluate("() => document.querySelectorAll('.probe-stop').forEach(e => e.remove())")
        return found


class Control:
    """Something in a figure that answers to the reader."""

    def __init__(self, figure, index, kind, label, disabled, hidden):
        self.figure, self.page, self.index = figure, figure.page, index
        self.kind, self.label, self.disabled, self.hidden = kind, label, disabled, hidden

    def __repr__(self):
        return f"{self.figure.name}: {self.kind} {self.label!r}"

    @cached_property
    def element(self):
        return self.figure.place.evaluate_handle("(place, i) => place.controls[i]", self.index).as_element()

    def value(self):
        return self.element.evaluate("e => e.matches('input, select') ? e.value : e.getAttribute('aria-valuetext')")

    def centre(self):
        """Return the middle of the control in the window, scrolled into view."""
        self.element.evaluate("e => e.scrollIntoView({ block: 'center', behavior: 'instant' })")
        box = self.element.bounding_box()
        assert box and box["width"] and box["height"], f"{self} has no size"
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def inward(self, far):
        """Return a displacement from the control towards the middle of its picture."""
        x, y = self.centre()
        box = self.element.evaluate(
            "e => { const r = e.parentElement.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }"
        )
        return (far if x < box[0] else -far), (far / 2 if y < box[1] else -far / 2)

    # Each way of moving a control: it must change the picture. ----------------------------------------------------------

    def must_change(self, before, how, ms=300):
        after = self.figure.ask("probe.changes", before, ms)
        assert after != before, f"{self}: {how} changes nothing in the picture"
        return after

    def try_out(self):
        """Move the control in every way that it offers; leaves the figure as it was at first."""
        getattr(self, f"_{self.kind}")()

    def _range(self):
        element, seen, moved = self.element, self.figure.initial, 0
        for key in ("Home", "End"):
            before = self.value()
            element.press(key)
            if self.value() != before:
                seen, moved = self.must_change(seen, f"the key {key}"), moved + 1
            sensible(self.figure)
        assert moved, f"{self} has a single value"
        before = self.value()
        element.press("ArrowLeft")
        assert self.value() != before, f"{self}: the arrow key does not move it"
        box = element.bounding_box()
        element.click(position={"x": 0.37 * box["width"], "y": box["height"] / 2})
        self.must_change(seen, "a click on the track")
        self.figure.reset()

    def _field(self):
        """A typed field: nonsense is refused with a message, a number counts, Reset ends it."""
        element, old, figure = self.element, self.value(), self.figure
        for nonsense in ("abc", "", "1e999"):
            element.fill(nonsense)
            element.press("Enter")
            assert figure.picture() == figure.initial, f"{self}: {nonsense!r} changes the picture"
            told = figure.ask("probe.told")
            assert len(told) > 8, f"{self}: {nonsense!r} is refused without a word"
            assert element.get_attribute("aria-invalid") == "true", f"{self}: {nonsense!r} is not marked as invalid"
            element.press("Escape")
            assert self.value() == old, f"{self}: after {nonsense!r} and Escape it says {self.value()!r}, before {old!r}"
            assert element.get_attribute("aria-invalid") is None, f"{self}: it stays marked as invalid after Escape"
        partner = element.evaluate_handle("(e) => e.parentElement.querySelector('input[type=range]')").as_element()
        if partner:  # what the slider says can be typed, and gives the picture of the slider
            place = partner.evaluate("e => (e.value - e.min) / (e.max - e.min)")
            partner.press("End" if place < 0.5 else "Home")
            slid, text = figure.rested(), self.value()
            figure.reset()
        else:
            slid, text = None, str(float(re.sub(r"[^\d.eE+-]", "", old)) * 1.5 + 1)
        element.fill(text)
        element.press("Enter")
        self.must_change(figure.initial, f"typing {text}")
        if slid and text[-1].isdigit():
            figure.must_be(slid, f"{self.label}: {text} is one picture when it is slid and another when it is typed")
        elif slid:  # a number with a unit is rounded for reading, so the last pixel may differ
            said = figure.rested()["readout"]
            assert said == slid["readout"], f"{self}: {text} slid says {slid['readout']!r}, typed {said!r}"
        figure.reset()

    def _select(self):
        count = self.element.evaluate("e => e.options.length")
        assert count > 1, f"{self} has a single option"
        seen = self.figure.initial
        for index in [i for i in range(count) if i != self.element.evaluate("e => e.selectedIndex")]:
            self.element.select_option(index=index)
            seen = self.must_change(seen, f"option {index + 1}")
        self.figure.reset()

    def _radio(self):
        if self.element.is_checked():  # another of its group shows whether it works
            return
        self._press()
        self.must_change(self.figure.initial, "choosing it")
        self.figure.reset()

    def _checkbox(self):
        self._press()
        self.must_change(self.figure.initial, "ticking it")
        self.figure.reset()

    def _press(self):
        label = self.element.evaluate_handle("e => e.closest('label') ?? e").as_element()
        label.click()

    def _button(self):
        figure = self.figure
        if self.label in ("Reset", "Start over", "Copy link"):
            return  # these have tests of their own
        self.element.click()
        self.must_change(figure.initial, "pressing it", 2000)
        if self.element.get_attribute("aria-pressed") is not None:
            self.element.click()
            figure.must_be(figure.initial, f"{self.label}: pressed twice, the picture is another one")
        figure.reset()

    def _submit(self):
        pass  # tried out with each of its options

    def _option(self):
        """An option of a question: nothing is told before the reader commits, something after."""
        figure, check = self.figure, self.figure.of("submit")
        assert len(check) == 1, f"{self}: no single button to commit with"
        self._press()
        assert figure.picture() == figure.initial, f"{self}: choosing alone gives the answer away"
        check[0].element.click()
        after = self.must_change(figure.initial, "committing to it")
        assert is_sentence(after["readout"]), f"{self}: the answer is no sentence: {after['readout']!r}"
        figure.reset()

    def _handle(self):
        element, figure = self.element, self.figure
        works = {}
        for key in ARROWS:
            before, seen = self.value(), figure.picture()
            element.press(key)
            works[key] = figure.picture() != seen
            assert works[key] or self.value() == before, f"{self}: the key {key} moves it to {self.value()}, the picture stays"
        for pair in (ARROWS[:2], ARROWS[2:]):
            assert any(works[key] for key in pair), f"{self}: neither {pair[0]} nor {pair[1]} changes the picture"
        figure.reset()
        x, y = self.centre()
        dx, dy = self.inward(30)
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        mouse.move(x + dx, y + dy, steps=3)
        self.must_change(figure.initial, "dragging it by mouse")
        mouse.move(x + 3000 * (1 if dx > 0 else -1), y - 3000)  # far beyond the picture
        mouse.up()
        far = figure.rested()
        sensible(figure)
        mouse.move(x, y, steps=2)
        assert figure.picture() == far, f"{self}: it follows the mouse after it was let go"
        figure.reset()

    def _surface(self):
        box, figure = self.element.bounding_box(), self.figure
        assert box and box["width"] and box["height"], f"{self} has no size"
        for u, v in ((0.31, 0.37), (0.67, 0.58), (0.42, 0.71)):
            if self.element.evaluate(COVERED, [u, v]):
                continue  # by a handle, which a click leaves where it is
            before = figure.picture()
            self.element.click(position={"x": u * box["width"], "y": v * box["height"]})
            self.must_change(before, f"a click {u:.0%} across and {v:.0%} down")
        figure.reset()


def difference(one, other):
    """Return what differs between two pictures, in a few words."""
    parts = [key for key in one if one[key] != other.get(key)]
    text = f": {one['readout']!r}, {other['readout']!r}" if "readout" in parts else ""
    return f"{', '.join(parts)} differ{text}" if parts else "nothing differs"


COVERED = """(element, [u, v]) => {
    const box = element.getBoundingClientRect();
    return Boolean(document.elementFromPoint(box.x + u * box.width, box.y + v * box.height)?.closest(".ol-handle"));
}"""
SENTENCE = re.compile(r"^[\w✓(|−-].*[.!?]$", re.S)
SENSELESS = re.compile(r"\b(NaN|undefined|null|Infinity|object)\b|[{}\[\]]|\d{7,}\.|\d\.\d{7,}")


def is_sentence(text):
    return bool(SENTENCE.match(text)) and len(text.split()) >= 3 and not SENSELESS.search(text)


def sensible(figure):
    """Demand that what the figure says now is a sentence."""
    said = figure.ask("probe.said")
    assert not said or is_sentence(said), f"{figure.name} says: {said!r}"
