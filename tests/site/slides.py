"""The built decks: their slides, and what each of them looks like in a browser."""

from pathlib import Path

import drive

MEASURE = Path(__file__).with_name("slides.js").read_text(encoding="utf-8")
# Waits until the text and the figures of the slide that is shown are fitted to it.
SETTLED = """() => ["ready", "settled"].every((word) => document.documentElement.dataset[word] !== undefined)
  && [...Reveal.getCurrentSlide().querySelectorAll(".figure")].every((box) => box.dataset.fitted !== undefined)"""


def go(page, number):
    """Turn to the slide `number`, from 0, with all its fragments, and wait for its figures."""
    page.evaluate(
        "(n) => { const s = Reveal.getSlides()[n], { h, v } = Reveal.getIndices(s); Reveal.slide(h, v, 99); }",
        number,
    )
    settle(page)


def settle(page):
    """Wait for the figures of the slide that is shown."""
    page.wait_for_function(SETTLED)


def measured(page):
    """Yield for each slide of an open deck what MEASURE finds."""
    page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
    for number in range(page.evaluate("() => Reveal.getTotalSlides()")):
        go(page, number)
        yield {"number": number + 1, **page.evaluate(MEASURE)}


def flaws(found, smallest=16):
    """Return what is wrong with a slide, in words for its author."""
    where = f"slide {found['number']} “{found['title']}” (cells {found['cells']})"
    wrong = [f"{what!r} is {over} px too far" for over, what in found["out"][:4]]
    if found["small"][0] < smallest:
        wrong.append(f"{found['small'][1]!r} is {found['small'][0]} px high, less than {smallest}")
    if found["scrolled"]:
        wrong.append("something scrolled")
    for figure in found["figures"]:
        if not figure["drawn"] or figure["failed"]:
            wrong.append(f"the figure {figure['name']} was not drawn")
        elif figure["wide"] < 600:
            wrong.append(f"the figure {figure['name']} is only {figure['wide']} px wide: give it more room")
    if not found["texts"] and not found["figures"]:
        wrong.append("it is empty")
    return [f"{where}: {each}" for each in wrong]


def look(path, picture, columns=4):
    """Take a picture of every slide of the deck at `path`, put them into one, and return what is wrong with them."""
    import io

    from PIL import Image

    shots, wrong = [], []
    with drive.chromium_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.on("pageerror", lambda error: wrong.append(f"exception: {error}"))
        page.on("console", lambda m: m.type == "error" and wrong.append(f"console: {m.text}"))
        page.goto(path.resolve().as_uri())
        for found in measured(page):
            wrong += flaws(found)
            page.wait_for_timeout(250)
            shots.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    width, height = 640, 360
    sheet = Image.new("RGB", (columns * (width + 6), -(-len(shots) // columns) * (height + 6)), "#888")
    for i, shot in enumerate(shots):
        sheet.paste(shot.resize((width, height)), ((i % columns) * (width + 6), i // columns * (height + 6)))
    sheet.save(picture)
    return [f"{len(shots)} slides in {picture}", *wrong]


def paper(page):
    """Return the PDF of a deck that is open for print (?print-pdf)."""
    page.wait_for_function("() => document.documentElement.dataset.ready !== undefined")
    return page.pdf(prefer_css_page_size=True, print_background=True)


def printed(path):
    """Return the PDF of the deck at `path`."""
    with drive.chromium_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.goto(path.resolve().as_uri() + "?print-pdf")
        return paper(page)
