"""The content security policy: every page has it, the built site works under it (each visit of the other tests fails on what
it refuses), and it refuses what it is there to refuse. And pages whose far parts are laid out late lead where their links say.
"""

import sys

import built
import drive
import pytest

sys.path.insert(0, str(built.ROOT / "_ext"))
import policy

MODULE = "export default { render({ el }) { el.textContent = 'drawn by its own module'; } }"


def refused(browser, server, page, text):
    """Return what the console says of a page that is served with another text."""
    with server.replacing({page: text.encode()}), drive.Visit(browser, server.address, page) as visit:
        visit.page.wait_for_load_state("networkidle")
        ran = visit.page.evaluate("() => window.injected === true")
        return ran, "\n".join(visit.troubles)


def test_each_page_has_its_policy(page, site):
    """One policy a page, above all that it rules, and the one that the page's own scripts ask for."""
    text = (site / page).read_text(encoding="utf-8")
    if page.startswith("lite/"):
        return  # JupyterLite's own pages, which evaluate code by design
    assert text.count(policy.NAME) == 1
    head = text.partition(policy.NAME)[0]
    assert "<script" not in head and "<link" not in head and "<style" not in head
    assert policy.secured(text) == text
    scripts = policy.directives(text)["script-src"]
    assert "'unsafe-inline'" not in scripts and "'unsafe-eval'" not in scripts and "blob:" not in scripts


@pytest.mark.parametrize(
    "injected",
    [
        "<script>window.injected = true</script>",
        '<img src="data:," onerror="window.injected = true" alt="">',
        '<script src="data:text/javascript,window.injected=true"></script>',
        '<script src="https://example.org/x.js"></script>',
    ],
)
def test_what_was_not_built_in_does_not_run(browser, server, site, injected):
    page = "index.html"
    text = (site / page).read_text(encoding="utf-8").replace("</body>", injected + "</body>")
    ran, said = refused(browser, server, page, text)
    assert not ran
    assert "Content Security Policy" in said, said


def test_without_the_policy_it_would_run(browser, server, site):
    text = (site / "index.html").read_text(encoding="utf-8").replace(policy.NAME, "X-None")
    assert refused(browser, server, "index.html", text.replace("</body>", "<script>window.injected = true</script></body>"))[0]


@pytest.mark.parametrize("allowed", [True, False])
def test_a_figure_that_brings_its_module(browser, server, site, allowed):
    """It is drawn where the build saw it in the page, and says that it was refused where it was brought in afterwards."""
    page = next(page for page in built.originals() if built.live_figures(page))
    text = (site / page).read_text(encoding="utf-8")
    model = next(iter(built.live_figures(page)))
    names = [traits["_anywidget_id"] for _, traits in built.live_figures(page).values()]
    own = text.replace(f'"_anywidget_id":"{names[0]}"', f'"_anywidget_id":"notebook.Own","_esm":"{MODULE}"', 1)
    assert own != text
    own = policy.secured(own) if allowed else own
    with server.replacing({page: own.encode()}), drive.Visit(browser, server.address, page) as visit:
        place = visit.page.locator(f'[data-model="{model}"]')
        place.scroll_into_view_if_needed()
        visit.page.wait_for_function(
            "id => document.querySelector(`[data-model='${id}']`).dataset.shown !== undefined", arg=model
        )
        assert ("drawn by its own module" in place.inner_text()) == allowed
        assert ("did not start" in place.inner_text()) != allowed


def test_a_script_in_an_attribute_fails_the_build():
    page = '<html><head><meta charset="utf-8" /></head><body><button onclick="print()">Print</button></body></html>'
    with pytest.raises(ValueError, match="onclick"):
        policy.secured(page)


# What is laid out late ------------------------------------------------------------------------------------------------

AT_TOP = """name => scrollY + innerHeight > document.documentElement.scrollHeight - 2 ? 0 // the page ends here
  : Math.abs(document.getElementById(name).getBoundingClientRect().top)"""
SETTLED = """async () => { let before = -1; while (scrollY !== before) { before = scrollY;
  for (let i = 0; i < 5; i++) await probe.frame(); await probe.pause(100); } }"""


@pytest.mark.parametrize("size", [drive.WIDE, drive.PHONE], ids=["wide", "phone"])
def test_a_link_to_a_section_leads_to_it(browser, server, chapter, size):
    """Opened by its address, or followed from the top of the page, and it stays there when the page is loaded again."""
    names = [a["id"] for a, _ in built.document(chapter).all("section") if a.get("id")]
    with drive.Visit(browser, server.address, chapter, size=size) as visit:
        page = visit.page
        tops = {}
        for name in (names[-1], names[len(names) // 2]):
            page.goto("about:blank")
            page.goto(f"{server.address}{chapter}#{name}")
            page.evaluate(SETTLED)
            tops[f"{name} opened"] = page.evaluate(AT_TOP, name)
            page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
            page.evaluate("name => { location.hash = ''; location.hash = name; }", name)
            page.evaluate(SETTLED)
            tops[f"{name} followed"] = page.evaluate(AT_TOP, name)
            page.reload()
            page.evaluate(SETTLED)
            tops[f"{name} loaded again"] = page.evaluate(AT_TOP, name)
    astray = {what: round(top) for what, top in tops.items() if top > 160}
    assert not astray, f"{chapter}: so many pixels from the top of the window: {astray}"
