"""The guards bite: a page is broken on purpose, and the check that guards it must fail."""

import json
import re
import sys
from pathlib import Path

import built
import drive
import pytest
import test_site_reading
import test_site_static
import visits

sys.path.insert(0, str(built.ROOT / "_ext"))
import policy

KIT = "_static/figures.js"
NEARLY = 'typeof value === "number" ? exact(1.01 * value)'
BRUSHED = 'area.root.addEventListener("pointerdown", (event) => { return;'
BAD_BODY = (
    '<script>console.error("!")</script><script>throw 1</script><img src="http://127.0.0.1:9/x"><img src="no.png"></body>'
)
BAD_ARTICLE = (
    '<input type="text"><p style="color:#999;background:#aaa">Hard to read.</p><div style="width:600px">wide</div>'
    '<div class="math" style="display:flex;flex-direction:row-reverse"><p style="flex:0 0 600px">Its end comes first.</p></div>'
    '<p>Here stands <span class="math">x</span>, which may be parted from its comma, and 5 % from its sign.</p>'
    '<p>A <a href="#" style="color:#700">link of its own color</a>.</p>'
    '<div style="background:#777"><p>On another ground.</p></div></article>'
    "<style>.ol-button{min-height:0!important;height:10px;padding:0!important}.ol-say{font-size:8px!important}</style>"
)


@pytest.fixture
def first(site, request):
    """The smallest page with a landscape, or with what the test's mark `needs`: words in the traits of one of its figures."""
    words = [word for mark in request.node.iter_markers("needs") for word in mark.args]
    return min(pages_with(*words), key=lambda p: (site / p).stat().st_size)


def pages_with(*words):
    """Return the pages with a landscape, or with a figure in whose traits the words stand."""
    found = {page: built.live_figures(page).values() for page in built.originals()}

    def fits(kind, traits):
        return all(word in json.dumps(traits) for word in words) if words else kind == "Landscape"

    return [page for page, figures in found.items() if any(fits(*figure) for figure in figures)]


@pytest.fixture
def broken(browser, server, site, first):
    """Open the page with one of its files changed; what was to be replaced must be there."""
    open_visits = []

    def open_broken(path, old, new, **settings):
        text = (site / path).read_text(encoding="utf-8")
        assert re.search(old, text), f"nothing to break: {old} is not in {path}"
        text = text.replace(policy.NAME, "X-None")  # which would refuse much of what breaks a page, before it is seen
        server.replaced = {path: re.sub(old, lambda _: new, text).encode()}
        visit = drive.Visit(browser, server.address, first, **settings)
        open_visits.append(visit)
        return visit

    yield open_broken
    server.replaced = {}
    for visit in open_visits:
        visit.leave()


def live(visit):
    """Return the first live figure that is not a question, begun."""
    return next(figure for figure in visit.figures() if figure.kind != "Predict").begin()


def ranges(figure):
    return [c for c in figure.of("range") if c.label != "step"]


def test_a_dead_slider(broken):
    figure = live(broken(KIT, r'range\.addEventListener\("input"', 'range.addEventListener("inputs"'))
    with pytest.raises(AssertionError, match=r"range .* changes nothing in the picture"):
        ranges(figure)[0].try_out()


def test_a_dead_handle(broken):
    figure = live(broken(KIT, r'element\.addEventListener\("pointermove", follow\)', ""))
    with pytest.raises(AssertionError, match="dragging it by mouse changes nothing"):
        figure.of("handle")[0].try_out()


def test_a_field_that_takes_nonsense(broken):
    figure = live(broken(KIT, r"complain\(trouble\(spec, v\)\);", "complain('');"))
    with pytest.raises(AssertionError, match="'abc'"):
        figure.of("field")[-1].try_out()


def test_a_reset_that_forgets(broken):
    figure = live(broken(KIT, r"frame\.onReset\(\(\) => \{", "frame.onReset(() => { return;"))
    with pytest.raises(AssertionError, match="Reset does not bring the first picture back"):
        figure.of("handle")[0].try_out()


@pytest.mark.needs("question", "answer")
def test_a_question_that_gives_itself_away(broken):
    visit = broken(KIT, r"check\.disabled = false;", "check.disabled = false; choose(option);")
    figure = next(f for f in visit.figures() if f.kind == "Predict").begin()
    with pytest.raises(AssertionError, match="gives the answer away"):
        figure.of("option")[0].try_out()


@pytest.mark.needs("question", "answer")
def test_a_question_whose_last_option_is_dead(broken):
    """An option that is tried by events alone."""
    visit = broken(KIT, r"if \(picked\) choose", "if (picked && picked !== rows.at(-1)) choose")
    figure = next(f for f in visit.figures() if f.kind == "Predict" and len(f.begin().of("option")) > 2)
    figure.of("option")[0].try_out()
    with pytest.raises(AssertionError, match=f"{re.escape(figure.of('option')[-1].label)}. changes nothing"):
        figure.of("option")[1].try_out()


@pytest.mark.needs('"kind": "painted"')
def test_a_dead_brush(broken):
    visit = broken(KIT, r"list\[end\] = value;", "")
    figure = next(f for f in visit.figures() if f.kind == "Curves" and any(c.paints for c in f.begin().controls))
    with pytest.raises(AssertionError, match="neither ArrowUp nor ArrowDown changes the picture"):
        next(c for c in figure.controls if c.paints).try_out()


@pytest.mark.needs('"kind": "plane"', '"points": [{')
def test_a_dead_plane(broken, first):
    """Its surface takes no click."""
    visit = broken(KIT, r'area\.root\.addEventListener\("pointerdown", \(event\) => \{', BRUSHED)
    planes = [model for model, (_, traits) in built.live_figures(first).items() if '"points": [{' in json.dumps(traits)]
    figure = next(f for f in visit.figures() if f.model in planes).begin()
    with pytest.raises(AssertionError, match="a click .* changes nothing"):
        figure.of("surface")[0].try_out()


def test_a_sentence_that_stays(broken):
    figure = live(broken(KIT, r"live\.textContent = said;", "", permissions=drive.CLIPBOARD))
    with pytest.raises(AssertionError, match="after its controls were moved"):
        test_site_reading.test_the_sentence_says_the_result(figure)


def test_a_link_that_forgets(broken):
    """A number in the link is another one than the figure's."""
    visit = broken(KIT, r'typeof value === "number" \? exact\(value\)', NEARLY, permissions=drive.CLIPBOARD)
    with pytest.raises(AssertionError, match="shows another picture|gives other settings"):
        test_site_reading.test_the_link_leads_to_this_state(live(visit))


def test_an_unseen_focus(broken):
    figure = live(broken("_static/figures.css", r"outline: ?2px solid var\(--ol-ink\)", "outline:0"))
    assert min(figure.reached_by_tab().values()) < 3


def test_an_error_an_outside_request_and_a_missing_file(broken, first):
    visit = broken(first, "</body>", BAD_BODY)
    visit.page.wait_for_load_state("networkidle")
    text = "\n".join(visit.troubles)
    for trouble in ("console error: !", "outside request: http://127.0.0.1:9/x", "status 404", "exception", "request failed"):
        assert trouble in text


def test_what_is_inaccessible_too_wide_too_small(broken, first):
    """A field without a label, grey on grey, a box wider than a phone, one cut off at its left, letters of 8 px."""
    visit = broken(first, "</article>", BAD_ARTICLE, size=drive.PHONE, has_touch=True, is_mobile=True)
    seen, axe = visits.look(visit), visits.violations(visit.page)
    assert any(line.startswith("label ") for line in axe)
    for text in ("Hard to read.", "On another ground."):
        assert any(line.startswith("color-contrast ") and text in line for line in axe), text
    assert seen["overflow"]
    assert any("Its end comes first." in line for line in seen["overflow"])
    assert len(seen["ends"]) == 2
    assert len(seen["links"]) == 2
    assert any("px" in line for line in seen["misplaced"])
    assert any("8.0 px" in line for line in seen["small"])


def test_a_figure_that_throws_or_is_lost(broken):
    visit = broken(KIT, r"function frame\(el, model\) \{", "function frame(el, model) { throw new Error('broken');")
    visit.arrive()
    assert any("broken" in trouble for trouble in visit.troubles)
    with pytest.raises(AssertionError, match="did not start: broken"):
        live(visit)


def test_another_path_than_python(broken):
    """A wrong sign in a rule is seen in the picture of a figure that runs it."""
    visit = broken(KIT, r"x = \(x - \(lr \* g\)\);", "x = (x - (lr * (0.99 * g)));")
    figure = next(f for f in visit.figures() if f.kind == "Landscape").begin()
    page = visit.page.url.removeprefix(visit.base)
    with pytest.raises(AssertionError, match="no line on the map is the path"):
        test_site_reading.test_the_path_is_that_of_python(figure, built.live_figures(page)[figure.model][1])


def test_what_a_page_says(tmp_path):
    """Two headings, a link to nothing, a picture without a description: the checks of the files."""
    bad = built.Document(
        '<html lang="en"><head><title>A</title></head><body><h1>A</h1><h1>B</h1><a href="none.html">x</a><a href="#none">y</a>'
        '<img src="http://x.org/a.png"><img src="_images/a.png" alt=""></body></html>'
    )
    site = Path(built.HTML)
    for check, given in (
        (test_site_static.test_language_title_and_heading, {"page": "index.html"}),
        (test_site_static.test_links_and_anchors, {"page": "index.html", "site": site}),
        (test_site_static.test_pictures_have_descriptions, {}),
        (test_site_static.test_what_a_page_loads_is_its_own, {}),
    ):
        with pytest.raises(AssertionError):
            check(bad, **given)


def test_a_heavy_page(browser, server, site, first):
    """A script that grows by 200 kB of noise is weighed."""
    before, noise = weigh(browser, server, first), bytes(range(256)) * 800
    with server.replacing({KIT: (site / KIT).read_bytes() + b"\n//" + noise.replace(b"\n", b" ").replace(b"\r", b" ")}):
        assert weigh(browser, server, first) > before + 150_000


def weigh(browser, server, page):
    with visits.first_visit(browser, server, page) as visit:
        return sum(visit.weights.values())
