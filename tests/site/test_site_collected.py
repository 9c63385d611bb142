"""What other pages collect from the chapters: every claim with what its experiment printed, every exercise, every question.

And the switch that covers the verdicts of the claims.
"""

import html
import json
import re
import sys
from pathlib import Path

import built
import drive
import pytest
import visits
from docutils import nodes

sys.path.insert(0, str(built.ROOT / "_ext"))
import collected

CHAPTERS = sorted((built.ROOT / "chapters").glob("*.ipynb"))
CLAIM = re.compile(r"^:::\{admonition\} .+\n:class: claim\n:name: (\S+)$", re.M)


def cells(path):
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def source(cell):
    return "".join(cell["source"])


def printed(cell):
    return "".join("".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in cell["outputs"])


def squeezed(text):
    return " ".join(text.split())


def claims(path):
    """Yield (anchor, what its experiments printed) for each claim of a chapter."""
    by_id = {cell.get("id"): cell for cell in cells(path)}
    for cell in cells(path):
        for name in CLAIM.findall(source(cell)):
            yield name, [squeezed(printed(by_id[key])) for key in cell["metadata"]["claim"]["evidence"]]


@pytest.fixture(scope="module")
def text(site):
    return lambda name: (Path(site) / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_claim_is_in_the_table_with_what_its_experiment_printed(text, path):
    rows = re.findall(r"<tr\b.*?</tr>", text("appendices/claims.html"), re.S)
    for name, texts in claims(path):
        row = next((row for row in rows if f'href="../chapters/{path.stem}.html#{name}"' in row), None)
        assert row, f"{name} is not in the table"
        shown = squeezed(html.unescape(re.sub(r"<[^>]+>", "", row)))
        for words in texts:
            assert words in shown, f"{name}: the table does not show {words!r}"


def test_the_table_has_no_claim_that_the_chapters_lack(text):
    linked = re.findall(r'href="\.\./chapters/\w+\.html#(claim-[\w-]+)"', text("appendices/claims.html"))
    known = [name for path in CHAPTERS for name, _ in claims(path)]
    assert sorted(linked) == sorted(known) and len(known) > 50


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_exercise_is_in_the_index(text, path):
    numbers = [m[1] for cell in cells(path) for m in re.finditer(r"^### (Exercise \d+)\b", source(cell), re.M)]
    links = re.findall(rf'href="\.\./chapters/{path.stem}\.html#[\w-]+"[^>]*>(Exercise \d+)', text("appendices/exercises.html"))
    assert links == numbers and numbers


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_landing_page_asks_the_question_of_every_chapter(text, path):
    first = next(source(cell) for cell in cells(path) if cell["cell_type"] == "markdown")
    title, question = re.match(r"# (.+)\n\n\*(.+)\*", first).groups()
    landing = squeezed(html.unescape(re.sub(r"<[^>]+>", "", text("intro.html")))).replace("’", "'")
    assert f"{title} {question}" in landing


# The claims: how many hold, and their verdicts covered ------------------------------------------------------------------

PAGE = "appendices/claims.html"


@pytest.mark.parametrize(
    "verdict, wanted",
    [
        ("Holds.", ["holds"]),
        ("Holds when the valley lies along the axes.", ["depends"]),
        ("Holds for iterations, fails for work.", ["depends"]),
        ("Fails.", ["fails"]),
        ("Fails: the first step, except at the defaults, is short.", ["fails"]),
        ("Fails, except in a round bowl.", ["fails", "depends"]),
        ("Fails as a rule, holds for one term of it.", ["fails", "depends"]),
    ],
)
def test_what_a_verdict_comes_to(verdict, wanted):
    assert collected.kinds(nodes.strong("", verdict)) == wanted


def test_a_verdict_begins_with_what_it_says(caplog):
    collected.kinds(nodes.strong("", "True, mostly."))
    assert "'True, mostly.' begins neither with 'Holds' nor with 'Fails'" in caplog.text


def test_the_page_counts_the_verdicts(text):
    """Each verdict of the chapters is in one of the three numbers."""
    verdicts = [
        re.match(r"\*\*(\w+)(.*)\*\*", line)
        for path in CHAPTERS
        for cell in cells(path)
        for line in re.findall(r"^:name: claim-.*\n(.*)$", source(cell), re.M)
    ]
    hold = [rest for word, rest in (match.groups() for match in verdicts) if word == "Holds"]
    stated, fail = hold.count("."), len(verdicts) - len(hold)
    number = (
        rf"Of {len(verdicts)} claims, {stated} holds? as stated, {len(hold) - stated} holds? in .*, and {fail} fails?, (\d+) of"
    )
    found = re.search(number, squeezed(text(PAGE)))
    assert found, number
    assert int(found[1]) == text(PAGE).count("claim-fails claim-depends")


class Claims:
    """The open page; `rows` are those of its claims."""

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page
        self.rows = self.page.locator("table.claims tbody tr:not(.claims-chapter)")
        self.answers = self.rows.locator("[role=group]")
        self.switch, self.status = self.page.locator(".claims-judge button"), self.page.get_by_role("status")

    def read(self):
        """Return what a screen reader finds in the table."""
        return squeezed(self.page.locator("table.claims").aria_snapshot())

    def verdicts(self):
        """Return the verdicts and the numbers that are shown, in pairs."""
        cells = (
            "rows => rows.map(r => [r.cells[1], r.cells[2]].map(c => c.checkVisibility() && c.firstElementChild.textContent))"
        )
        return self.rows.evaluate_all(cells)


@pytest.fixture(params=[("server", drive.WIDE, "light"), ("file", drive.PHONE, "dark")], ids=["server-wide", "file-phone"])
def open_claims(request, browser, server, site):
    origin, size, theme = request.param
    base = server.address if origin == "server" else site.as_uri() + "/"
    with drive.Visit(browser, base, PAGE, size=size, theme=theme) as visit:
        yield Claims(visit)
        visit.quiet()


def test_verdicts_are_covered_judged_and_uncovered(open_claims):
    """By keyboard; what is covered nobody can read, and nothing is stored."""
    it, page = open_claims, open_claims.page
    shown, count = it.verdicts(), it.rows.count()
    assert all(all(pair) for pair in shown) and "What the experiment printed" in it.read()
    page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")

    it.switch.press("Enter")
    assert it.verdicts() == [[False, False]] * count
    heard = it.read()
    assert not [number for _, number in shown if squeezed(number) in heard] and "What the experiment printed" not in heard
    assert it.answers.count() == count

    given = {0: "Holds", 1: "Depends", 2: "Fails", 3: "Uncover"}
    for i, answer in given.items():
        button = it.rows.nth(i).get_by_role("button", name=answer, exact=True)
        button.focus()
        page.keyboard.press("Enter")
        assert page.evaluate("i => document.activeElement.parentElement.rowIndex", i) == it.rows.nth(i).evaluate(
            "r => r.rowIndex"
        )
        assert it.verdicts()[i] == shown[i] and it.verdicts()[i + 1] == [False, False]
    agreed = [it.rows.nth(i).evaluate("(r, kind) => r.classList.contains(`claim-${kind}`)", given[i].lower()) for i in range(3)]
    assert it.status.inner_text() == f"Agreed: {sum(agreed)} of 3. Covered: {count - 4}."
    for i in range(3):
        said = f"You: {given[i].lower()}. {'Agreed.' if agreed[i] else 'Not agreed.'}"
        assert it.rows.nth(i).locator("small").inner_text() == said
    assert it.rows.nth(3).locator("small").count() == 0
    assert set(agreed) == {True, False}, "of these three answers some are right and some are not"

    it.switch.press("Enter")
    assert it.verdicts() == shown and it.answers.count() == 0
    assert it.status.inner_text() == f"Agreed: {sum(agreed)} of 3. Covered: 0."
    it.switch.press("Enter")
    assert it.rows.locator("small").count() == 0 and it.answers.count() == count
    it.answers.locator("button:last-child").evaluate_all("all => all.forEach((uncover) => uncover.click())")
    assert it.verdicts() == shown and it.switch.inner_text().startswith("Cover") and it.status.inner_text() == ""
    assert page.evaluate("() => localStorage.length + sessionStorage.length + document.cookie.length") == 0


def test_covered_the_page_is_printed_whole(open_claims):
    it = open_claims
    shown = it.verdicts()
    it.switch.click()
    it.rows.first.get_by_role("button", name="Depends").click()
    it.page.emulate_media(media="print")
    assert it.verdicts() == shown
    assert it.page.locator("table.claims, .claims-judge").get_by_role("button").count() == 0


def test_covered_the_page_is_accessible(open_claims, request):
    it = open_claims
    it.switch.click()
    it.rows.first.get_by_role("button", name="Depends").click()
    it.page.evaluate("async () => { await probe.frame(); }")
    assert not it.page.evaluate("probe.overflowing()")
    small = it.rows.get_by_role("button").evaluate_all("all => all.filter(b => b.getBoundingClientRect().height < 24).length")
    assert not small
    way = visits.FIRST if "wide" in request.node.callspec.id else visits.PHONE
    found = visits.violations(it.page, way)
    assert not found, "\n".join(found)


def test_without_javascript_nothing_is_covered(tour):
    it = Claims(type("Bare", (), {"page": tour.without_javascript(PAGE)}))
    assert it.rows.count() > 50
    for part in ("td:nth-child(2)", "td:nth-child(3)"):
        assert it.rows.locator(part).count() == it.rows.locator(part).filter(visible=True).count() == it.rows.count()
    assert it.page.locator("table.claims button, .claims-judge button").count() == 0
    assert not it.page.locator(".claims-judge").is_visible()
