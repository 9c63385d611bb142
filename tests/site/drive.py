"""A reader's hands: a browser, its pages, and the live figures on them. What it finds wrong it raises as AssertionError."""

import contextlib
import re
from functools import cached_property
from pathlib import Path

import chromium
from playwright.sync_api import sync_playwright

PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
CLIPBOARD = ["clipboard-read", "clipboard-write"]  # may be used without asking
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


def until(page, holds, seconds=5):
    """Wait until `holds()`; return whether it came to that. A figure is drawn in the next frame, on a busy machine late."""
    for _ in range(20 * seconds):
        if holds():
            return True
        page.wait_for_timeout(50)
    return False


class Visit:
    """A page that is open, in a context of its own or in a given one, which it leaves open then.

    `troubles` lists what went wrong since it was opened.
    """

    def __init__(self, browser, base, page, *, size=WIDE, theme="light", context=None, **settings):
        self.base, self.allowed, self.guest = base, (base, "data:", "blob:", "about:"), context is not None
        self.browser, self.context = browser, context or new_context(browser, size, theme, **settings)
        self.troubles, self.begun, self.other = [], {}, None
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
        self.leave()

    def leave(self):
        if self.other:
            self.other.leave()
        (self.page if self.guest else self.context).close()

    def quiet(self):
        """Fail on whatever went wrong so far."""
        assert not self.troubles, "\n".join(self.troubles)

    def figures(self):
        """Return the live figures in the order of the page."""
        models = self.page.eval_on_selector_all(".live-figure[data-model]", "places => places.map(p => p.dataset.model)")
        return [Figure(self, model) for model in models]

    def figure(self, model):
        """Return a live figure whose first frame was looked at; the same one every time."""
        if model not in self.begun:
            self.begun[model] = Figure(self, model).begin()
        return self.begun[model]

    def arrive(self):
        """Scroll through the page, so that every figure is drawn and every picture is there; returns the figures."""
        figures = self.figures()
        self.page.evaluate(
            "async () => { for (const place of document.querySelectorAll('.live-figure')) {"
            " await probe.arrive(place); if (place.dataset.shown === undefined) break; }"
            " for (const late of document.querySelectorAll('img[loading=lazy]')) {"
            " late.scrollIntoView({ block: 'center', behavior: 'instant' }); await probe.until(() => late.complete); }"
            " if (document.querySelector('.bd-article')) "  # page.js lays out what is far away when the page is idle
            "   await probe.until(() => document.documentElement.dataset.laidOut !== undefined, 20000); }"
        )
        return figures

    def follow(self, address):
        """Follow a link in another window: the first one opens it anew, later ones are followed on its page."""
        if self.other:
            self.other.page.goto(address)
        else:
            self.other = Visit(self.browser, self.base, address.removeprefix(self.base))
        return self.other

    def anew(self):
        """Load the page again, as if nothing had happened."""
        address = self.page.url.partition("#")[0]
        self.page.goto("about:blank")
        self.page.goto(address)
        self.troubles.clear()
        self.begun.clear()


def new_context(browser, size=WIDE, theme="light", **settings):
    """Return a context for pages of one size and theme, with the probe in each of them.

    The service worker would fetch and answer beside the page: it comes only when `settings` ask for it.
    """
    settings = {"service_workers": "block"} | settings
    context = browser.new_context(viewport=size, color_scheme=theme, **settings)
    context.set_default_timeout(10_000)
    context.add_init_script(PROBE)
    return context


class Figure:
    """A live figure, found by the id of its model."""

    def __init__(self, visit, model):
        self.visit, self.page, self.model = visit, visit.page, model
        self.place = self.page.query_selector(f'.live-figure[data-model="{model}"]')
        assert self.place, f"the page has no place for the figure {model}"
        self.name = self.place.get_attribute("id") or model
        self.kind = self.place.get_attribute("data-kind")
        self.resets, self.slid = 0, {}

    def ask(self, question, *given):
        """Call `question(place, …)` in the page."""
        return self.place.evaluate(f"(place, given) => ({question})(place, ...given)", list(given))

    def begin(self):
        """Bring the figure into view, demand a first frame without any input, and find its controls."""
        found = self.ask("probe.begin")
        assert not found["flaw"], f"{self.name}: {found['flaw']}"
        self.initial, self.settings = found["initial"], found["settings"]
        self.controls = [Control(self, i, **each) for i, each in enumerate(found["controls"])]
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
            button.click()
        self.resets += 1
        self.must_be(self.initial, "Reset does not bring the first picture back")
        self.must_say(self.settings, "Reset")

    def must_say(self, wanted, after):
        """Demand the settings `wanted` of the controls."""
        settings = self.ask("probe.settings")
        assert settings == wanted, f"{self.name}: after {after} the controls say {settings}, before {wanted}"

    def sentence(self):
        """Return what the figure tells a screen reader, once the hand rests."""
        waiting = f"probe.until(() => !place.querySelector('.ol-say') || probe.said(place) === ({HEARD})(place), 2000)"
        self.ask(f"place => {waiting}")
        return self.ask(HEARD)

    @cached_property
    def moved(self):
        """What the figure shows and says after each of its controls was moved, and the link to that; then it is reset."""
        first = self.sentence()
        chosen = [c for c in self.of("radio") if c.element.is_checked()]
        for control in self.of("range", "handle", "radio", "select"):
            if control not in chosen:
                control.nudge()
        toggles = [c for c in self.of("button") if c.element.get_attribute("aria-pressed") == "true"]
        if len(toggles) > 1:
            toggles[0].click()
        found = {"picture": self.rested(), "settings": self.ask("probe.settings"), "first": first, "link": None, "copied": None}
        copy = self.button("Copy link")
        if copy:
            copy.click()
            self.page.wait_for_function("() => location.hash.includes('?')")
            found |= {"link": self.page.url, "copied": self.page.evaluate("() => navigator.clipboard.readText()")}
            self.page.evaluate("() => history.replaceState(null, '', location.pathname)")
        for control, key in [(c, key) for c in self.of("range", "handle") for key in ("End", "Shift+ArrowUp", "Home")]:
            if self.ask("probe.said") != first:
                break
            control.element.press(key)  # a sentence may say the same until something is moved far
            self.picture()
        found["sentence"] = self.sentence()
        self.reset()
        return found

    def reached_by_tab(self):
        """Press Tab through the figure; return {control: contrast of its focus mark with the page} in the order of arrival."""
        self.ask("probe.noteFocus")
        groups = {c.group for c in self.of("radio", "option")}
        stops = len([c for c in self.controls if c.kind not in ("radio", "option", "surface") and not c.disabled]) + len(groups)
        for presses in (stops + 1, *[1] * (2 * len(self.controls) + 2)):
            for _ in range(presses):
                self.page.keyboard.press("Tab")
            noted = self.ask("probe.focusNoted")
            if noted is not None:
                break
        else:
            raise AssertionError(f"{self.name}: Tab never leaves the figure")
        found = {self.controls[index]: contrast for index, contrast in noted}
        for control in [c for c, contrast in found.items() if contrast < 3]:  # its mark may take a moment to be drawn
            control.element.focus()
            found[control] = self.ask("async () => { await probe.frame(); await probe.pause(200); return probe.focusMark(); }")
        return found


class Control:
    """Something in a figure that answers to the reader. All clicks are those of a mouse on its middle."""

    def __init__(self, figure, index, kind, label, disabled, hidden, group, panel):
        self.figure, self.page, self.index = figure, figure.page, index
        self.kind, self.label, self.disabled, self.hidden = kind, label, disabled, hidden
        self.group, self.panel = group, panel

    def __repr__(self):
        return f"{self.figure.name}: {self.kind} {self.label!r}"

    @cached_property
    def element(self):
        return self.figure.place.evaluate_handle("(place, i) => place.controls[i]", self.index).as_element()

    @property
    def paints(self):
        """Whether it is a brush: its keys to the sides choose a step, those up and down change the picture."""
        return self.kind == "handle" and "ol-paintable" in self.panel

    def value(self):
        return self.element.evaluate("e => e.matches('input, select') ? e.value : e.getAttribute('aria-valuetext')")

    def centre(self):
        """Return the middle of the control in the window, scrolled into view."""
        found = self.element.evaluate("probe.centre")
        assert found, f"{self} has no size"
        return found

    def click(self):
        """Click on it with the mouse, wherever it is; what covers it gets the click."""
        self.page.mouse.click(*self.centre())

    def click_at(self, u, v):
        """Click on a place of it, given in shares of its width and height; returns whether no handle lies there."""
        self.centre()
        if self.element.evaluate("probe.covered", [u, v]):
            return False  # a click leaves a handle where it is
        box = self.element.bounding_box()
        self.page.mouse.click(box["x"] + u * box["width"], box["y"] + v * box["height"])
        return True

    def inward(self, far):
        """Return a displacement from the control towards the middle of its picture."""
        x, y = self.centre()
        box = self.element.evaluate(
            "e => { const r = e.parentElement.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }"
        )
        return (far if x < box[0] else -far), (far / 2 if y < box[1] else -far / 2)

    def nudge(self):
        """Move it somewhere else, so that its figure and its link say another state."""
        if self.kind == "range":
            high = self.element.evaluate("e => e.value - e.min > (e.max - e.min) / 2")
            self.element.press("PageDown" if high else "PageUp")
        elif self.kind == "handle":
            self.element.press("ArrowUp" if self.paints else "ArrowRight")
        elif self.kind == "radio":
            self.click()
        else:
            self.element.select_option(index=self.element.evaluate("e => (e.selectedIndex + 1) % e.options.length"))

    # Each way of moving a control: it must change the picture. ----------------------------------------------------------

    def must_change(self, before, how, ms=300):
        after = self.figure.ask("probe.changes", before, ms)
        assert after != before, f"{self}: {how} changes nothing in the picture"
        return after

    def try_out(self):
        """Move the control in every way that it offers; leaves the figure as it was at first."""
        getattr(self, f"_{self.kind}")()

    def _range(self):
        """A slider: both of its ends and a step between by keys, a place on its track by the mouse."""
        element, figure, seen, moved = self.element, self.figure, self.figure.initial, 0
        before = self.value()
        field = next((c for c in figure.controls[self.index + 1 : self.index + 2] if c.kind == "field"), None)
        for key in ("Home", "End"):
            element.press(key)
            now = self.value()
            if now != before:
                seen, moved, before = self.must_change(seen, f"the key {key}"), moved + 1, now
                if field and field not in figure.slid:  # typed, this is to be the same picture
                    seen = figure.rested()
                    figure.slid[field] = seen, field.value()
            sensible(figure)
        assert moved, f"{self} has a single value"
        element.press("ArrowLeft")
        assert self.value() != before, f"{self}: the arrow key does not move it"
        self.click_at(0.37, 0.5)
        self.must_change(seen, "a click on the track")
        if not field:  # the typed field beside it goes on from here, and ends in Reset
            figure.reset()

    def _field(self):
        """A typed field: nonsense is refused with a message, a number counts, Reset ends it.

        The first field of a figure gets each nonsense, the others one each: the same code refuses it in all of them.
        """
        element, old, figure = self.element, self.value(), self.figure
        order, before = figure.of("field").index(self), figure.rested()
        for nonsense in NONSENSE[order % 3 : order % 3 + 1] if order else NONSENSE:
            element.fill(nonsense)
            element.press("Enter")
            assert figure.picture() == before, f"{self}: {nonsense!r} changes the picture"
            told = figure.ask("probe.told")
            assert len(told) > 8, f"{self}: {nonsense!r} is refused without a word"
            assert element.get_attribute("aria-invalid") == "true", f"{self}: {nonsense!r} is not marked as invalid"
            element.press("Escape")
            assert self.value() == old, f"{self}: after {nonsense!r} and Escape it says {self.value()!r}, before {old!r}"
            assert element.get_attribute("aria-invalid") is None, f"{self}: it stays marked as invalid after Escape"
        slid, text = figure.slid.get(self, (None, None))
        if slid == before:  # the slider has few levels
            figure.reset()
            before = figure.initial
        if slid is None:  # there is no slider beside it
            text = str(float(re.sub(r"[^\d.eE+-]", "", old)) * 1.5 + 1)
        element.fill(text)
        element.press("Enter")
        self.must_change(before, f"typing {text}")
        if slid and text[-1].isdigit():
            figure.must_be(slid, f"{self.label}: {text} is one picture when it is slid and another when it is typed")
        elif slid:  # a number with a unit is rounded for reading, so the last pixel may differ
            said = figure.rested()["readout"]
            assert said == slid["readout"], f"{self}: {text} slid says {slid['readout']!r}, typed {said!r}"
        figure.reset()

    def _select(self):
        """A menu: the next option by key, every option chosen."""
        count, chosen = self.element.evaluate("e => [e.options.length, e.selectedIndex]")
        assert count > 1, f"{self} has a single option"
        seen = self.figure.initial
        for index in (*range(chosen + 1, count), *range(chosen)):
            if index == chosen + 1:
                self.element.press("ArrowDown")
            else:
                self.element.select_option(index=index)
            seen = self.must_change(seen, f"option {index + 1}")
        self.figure.reset()

    def _radio(self):
        """One of a group: by mouse, and from there back by an arrow key."""
        if self.element.is_checked():  # another of its group shows whether it works
            return
        self.click()
        seen = self.must_change(self.figure.initial, "choosing it")
        self.element.press("ArrowLeft")
        self.must_change(seen, "an arrow key in its group")
        self.figure.reset()

    def _checkbox(self):
        self.click()
        self.must_change(self.figure.initial, "ticking it")
        self.element.press("Space")
        self.figure.must_be(self.figure.initial, f"{self.label}: unticked by the space bar, the picture is another one")
        self.figure.reset()

    def _button(self):
        """A button: by mouse and by the space bar; one that is on or off is switched off and on again."""
        figure = self.figure
        if self.label in ("Reset", "Start over", "Copy link"):
            return  # these are pressed by every other control, and by the test of the link
        self.click()
        self.must_change(figure.initial, "pressing it", 2000)
        if self.element.get_attribute("aria-pressed") is not None:
            self.element.press("Space")
            figure.must_be(figure.initial, f"{self.label}: pressed twice, once by the space bar, the picture is another one")
            figure.must_say(figure.settings, f"{self.label} was pressed twice")
        else:
            figure.reset()
            self.element.press("Space")
            self.must_change(figure.initial, "the space bar", 2000)
            figure.reset()

    def _submit(self):
        pass  # tried out with each of its options

    def _option(self):
        """An option of a question: nothing is told before the reader commits, something after.

        The first one is tried by mouse, the second by keys; with it the others, by events: each has its own answer.
        """
        figure, check, options = self.figure, self.figure.of("submit"), self.figure.of("option")
        assert len(check) == 1, f"{self}: no single button to commit with"
        order = options.index(self)
        if order > 1:
            return
        if order == 0:
            self.click()
        else:
            self.element.focus()
            self.page.keyboard.press("Space")
        assert figure.picture() == figure.initial, f"{self}: choosing alone gives the answer away"
        if order == 0:
            check[0].click()
        else:
            self.page.keyboard.press("Enter")
        after = self.must_change(figure.initial, "committing to it")
        assert is_sentence(after["readout"], by_hand=True), f"{self}: the answer is no sentence: {after['readout']!r}"
        figure.reset()
        if order == 1:
            found = self.element.evaluate(
                "(input, [first, options]) => probe.tryOptions(input.form, first, options)",
                [figure.initial, [option.index for option in options]],
            )
            assert not found["wrong"], f"{figure.name}: {'; '.join(found['wrong'])}"
            for said in found["answers"]:
                assert is_sentence(said, by_hand=True), f"{figure.name}: an answer is no sentence: {said!r}"

    def _handle(self):
        """A point: all four arrow keys, the mouse, far beyond the picture, and let go."""
        element, figure = self.element, self.figure
        works, seen, before = {}, figure.initial, self.value()
        for key in ARROWS:
            element.press(key)
            picture, value = figure.picture(), self.value()
            works[key] = picture != seen
            assert works[key] or value == before, f"{self}: the key {key} moves it to {value}, the picture stays"
            seen, before = picture, value
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
        """A picture that takes a click: on two places of it where no handle lies."""
        figure, seen, free = self.figure, self.figure.initial, 0
        for u, v in ((0.31, 0.37), (0.67, 0.58), (0.42, 0.71), (0.55, 0.25)):
            if free < 2 and self.click_at(u, v):
                seen, free = self.must_change(seen, f"a click {u:.0%} across and {v:.0%} down"), free + 1
        assert free, f"{self}: handles lie all over it"
        figure.reset()


def difference(one, other):
    """Return what differs between two pictures, in a few words."""
    parts = [key for key in one if one[key] != other.get(key)]
    text = f": {one['readout']!r}, {other['readout']!r}" if "readout" in parts else ""
    return f"{', '.join(parts)} differ{text}" if parts else "nothing differs"


HEARD = "place => [...place.querySelectorAll('[aria-live]')].map(e => e.textContent.trim()).join(' ').trim()"
NONSENSE = ("abc", "", "1e999")
SENTENCE = re.compile(r"^[\w✓(|−-].*[.!?]$", re.S)
SENSELESS = re.compile(r"\b(NaN|undefined|null|Infinity|object)\b|[{}\[\]]|\d{7,}\.|\d\.\d{7,}")


def is_sentence(text, by_hand=False):
    """Whether a text reads as a sentence; one that was not written by hand must not say NaN, undefined, too many digits."""
    return bool(SENTENCE.match(text)) and len(text.split()) >= 3 and (by_hand or not SENSELESS.search(text))


def sensible(figure):
    """Demand that what the figure says now is a sentence."""
    said = figure.ask("probe.said")
    assert not said or is_sentence(said), f"{figure.name} says: {said!r}"
