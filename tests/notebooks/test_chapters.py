r"""Every notebook of `chapters/`, found by glob: its numbers, its sentences, its cells, its figures, its exercises.

Each check is a function from a notebook to complaints, so that the last tests can hand it a notebook that it must refuse.
The conventions that the checks read:

* An exercise begins with a heading that has the word "Exercise"; its solution, before the next heading of that level or a
  higher one, is a `<details>` with "Solution" in its summary, or a code cell tagged `hide-cell` or `hide-input`.
* A claim that is put to the test is an admonition of class `claim`: its title is the claim, its first line the verdict in bold,
  `:name: claim-…` its anchor. Its cell's metadata, {"claim": {"evidence": [ids]}}, names the cells whose outputs decide.
* A live figure is a call of `Landscape` or `Curves`, a question a call of `Predict`; a still picture a cell with `plt.show()`.
* A number of three or more significant digits is looked for, equal in value, among the numbers of the notebook's code and
  outputs; 12.5 % may also stand there as 0.125. Zeros at the end of a whole number do not count (6000 has one digit). Not
  looked for: what stands in links, citations and other roles, directive options and code fences; years at the end of
  parentheses and, after "in", at the end of a clause; numbers after words such as section, figure, equation, theorem, page;
  numbers glued to letters.
"""

import ast
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

CHAPTERS = sorted((Path(__file__).parents[2] / "chapters").glob("*.ipynb"))
VISIBLE, HIDDEN = 15, 30  # lines of a code cell that are not blank
HIDING = {"hide-cell", "hide-input", "remove-cell", "remove-input"}
LIVE, QUESTION = {"Landscape", "Curves"}, {"Predict"}
CHECKING = {"check_rule", "check_schedule"}


def text(source):
    return source if isinstance(source, str) else "".join(source)


def cells(notebook, kind):
    """Yield (number, source, cell) for each cell of a kind."""
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == kind:
            yield number, text(cell["source"]), cell


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def calls(source, names):
    """Return the calls of `names` in a cell's code; lines of magic are left out."""
    tree = ast.parse("\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()))
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return [n for n in found if (n.func.id if isinstance(n.func, ast.Name) else getattr(n.func, "attr", None)) in names]


# Numbers

NUMBER = re.compile(r"(?<![\w#.])\d(?:[\d,]*\d)?(?:\.\d+)?(?:[eE][+-]?\d+)?(?!\w)")
FENCE = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.M | re.S)
PLACES = (
    r"(?:sections?|sec\.|chapters?|figures?|fig\.|equations?|eqs?\.|theorems?|thm\.|lemmas?|algorithms?|exercises?|tables?|"
    r"pages?|pp?\.|§)"
)
NOT_LOOKED_FOR = [
    FENCE,
    re.compile(r"^:[\w-]+:.*$", re.M),  # the options of a directive
    re.compile(r"\{[\w:+-]+\}`[^`]*`"),  # roles: citations, references
    re.compile(r"(?<=\])\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)"),  # where a link leads
    re.compile(r"<[^>\s][^>]*>|https?://\S+"),
    re.compile(r"\\(?:label|ref|eqref|tag|hspace|vspace)\{[^}]*\}|\\\\\[[^\]]*\]"),
    re.compile(PLACES + r"\s*\d[\d.]*(?:(?:,| and|–|-)\s*\d[\d.]*)*", re.I),
    re.compile(r"(?<=[(\s])(?:1[5-9]|20)\d\d[a-z]?(?=\))"),  # (1964), (Polyak 1964)
    re.compile(r"\b[Ii]n (?:1[5-9]|20)\d\d(?=[.,;:])"),
]


def plain(markdown):
    for pattern in NOT_LOOKED_FOR:
        markdown = pattern.sub(" ", markdown)
    return re.sub(r"(?<=\d)(?:\{,\}|\\[,;:! ]|[\u00a0\u2009\u202f])(?=\d)", "", markdown)  # 6{,}908, 6\,908


def value(token):
    return Decimal(token.replace(",", "")).normalize()


def significant(token):
    """Return the number of significant digits, those of a whole number without the zeros at its end."""
    digits = re.split("[eE]", token.replace(",", ""))[0]
    digits = digits.replace(".", "") if "." in digits else digits.rstrip("0")
    return len(digits.lstrip("0"))


def outputs(notebook):
    for _, _, cell in cells(notebook, "code"):
        for output in cell["outputs"]:
            yield text(output.get("text", ""))
            yield from (text(data) for kind, data in output.get("data", {}).items() if kind.startswith("text/"))


def numbers_of(code):
    """Return the values of all numbers in code or output; 6,908 is one number, and 6 and 908 as well: it may be a list."""
    code = re.sub(r"(?<=\d)_(?=\d)", "", code)
    tokens = re.findall(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", code)
    return {value(token) for token in tokens + re.findall(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?", code)}


def numbers_without_source(notebook):
    sources = [source for _, source, _ in cells(notebook, "code")]
    known = set().union(*map(numbers_of, [*sources, *outputs(notebook)]))
    for number, source, _ in cells(notebook, "markdown"):
        prose = plain(source)
        for match in NUMBER.finditer(prose):
            percent = re.match(r"\s*\\?%", prose[match.end() :])
            if significant(match[0]) >= 3 and not known & {value(match[0]), value(match[0]) / (100 if percent else 1)}:
                around = prose[max(0, match.start() - 40) : match.end() + 10]
                yield f"cell {number}: {match[0]} stands in no output and in no code: …{around}…"


# Sentences

ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|cf|vs|resp|etc|al|approx|ca|Fig|fig|Eq|eq|eqs|Sec|sec|Thm|No|pp|p|vol|St|Dr|[A-Z])\.(?=\s)"
)
TWO = re.compile(r"[.!?][)\"”’*_]*\s+(?=[\"“‘(*_\[]*[A-Z0-9])")
END = re.compile(r"[.!?:;…][)\"”’*_]*(?:\s*\{[^}]*\})?\s*$")
STRUCTURE = re.compile(
    r"\s*(?:#|>|\||:::|```|~~~|\$\$|[-*+] |\d+[.)] |\(\S+\)=\s*$|:[\w-]+:|<|!\[|---|\+\+\+|%|\\|&|\[\^?[^\]]+\]:)"
)


def sentences(source):
    """Yield the lines of paragraphs and list items, with code, formulas, links and roles made into a word."""
    source = re.sub(r"\$\$.*?\$\$", "$$", FENCE.sub("", source), flags=re.S)
    source = re.sub(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", "$$", source, flags=re.S)
    for pattern, word in [
        (r"\{[\w:+-]+\}`[^`]*`", "Word"),
        (r"`[^`]*`", "word"),
        (r"\$[^$\n]+\$", "word"),
        (r"(?<=\])\([^)]*\)", ""),
    ]:
        source = re.sub(pattern, word, source)
    return [ABBREVIATION.sub(lambda m: m[0][:-1], line) for line in source.split("\n")]


def lines_that_are_no_sentence(notebook):
    for number, source, _ in cells(notebook, "markdown"):
        lines = sentences(source)
        for i, line in enumerate(lines):
            if re.match(r"\s*(?:#|\||:[\w-]+:|<)", line):
                continue  # a heading, a table, an option, HTML
            body = re.sub(r"^\s*(?:>|[-*+]|\d+[.)])\s+", "", line)
            if TWO.search(body):
                yield f"cell {number}: two sentences on one line: {line.strip()[:90]}"
            following = lines[i + 1] if i + 1 < len(lines) else ""
            if (
                line.strip()
                and following.strip()
                and not STRUCTURE.match(following)
                and not STRUCTURE.match(line)
                and not END.search(line)
            ):
                yield f"cell {number}: a sentence goes on in the next line: {line.strip()[:90]}"


# Cells


def cells_that_are_long(notebook):
    for number, source, cell in cells(notebook, "code"):
        count, limit = sum(bool(line.strip()) for line in source.splitlines()), HIDDEN if tags(cell) & HIDING else VISIBLE
        if count > limit:
            yield f"cell {number}: {count} lines, at most {limit}; what is longer belongs into optlib"


def committed_forms(notebook):
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield f"the kernel is {notebook['metadata'].get('kernelspec')}, not python3"
    if "widgets" in notebook["metadata"]:
        yield "the state of widgets is committed"
    if not notebook["metadata"].get("description", "").strip():
        yield "no description for search engines and link previews in the notebook's metadata"
    for number, _, cell in cells(notebook, "code"):
        for output in cell["outputs"]:
            kinds = [kind for kind in output.get("data", {}) if not kind.startswith("text/")]
            if kinds or output["output_type"] == "error":
                yield f"cell {number}: the output {kinds or 'error'} is committed"
            if "nbval-ignore-output" in tags(cell):
                yield f"cell {number}: prints, and is not compared"


# Figures


def figures_without_words(notebook):
    names = []
    for number, source, cell in cells(notebook, "code"):
        for call in calls(source, LIVE | QUESTION):
            given = {k.arg: k.value for k in call.keywords}
            for word in ("name", "caption") if call.func in LIVE or _name(call) in LIVE else ("name",):
                if word not in given or (isinstance(given[word], ast.Constant) and not str(given[word].value).strip()):
                    yield f"cell {number}: {_name(call)} without {word}"
            if isinstance(given.get("name"), ast.Constant):
                names.append(given["name"].value)
        if calls(source, {"show"}) and not tags(cell) & {"remove-output", "remove-cell"}:
            words = cell["metadata"].get("mystnb", {})
            if not words.get("image", {}).get("alt", "").strip():
                yield f"cell {number}: a picture without a description (mystnb.image.alt)"
            if not words.get("figure", {}).get("caption", "").strip():
                yield f"cell {number}: a picture without a caption (mystnb.figure.caption)"
    for name in {n for n in names if names.count(n) > 1}:
        yield f"two figures are named {name!r}: a link can lead to one only"


def _name(call):
    return call.func.id if isinstance(call.func, ast.Name) else call.func.attr


# The order of a chapter


def missing_parts(notebook):
    live = [number for number, source, _ in cells(notebook, "code") for _ in calls(source, LIVE)]
    asked = [number for number, source, _ in cells(notebook, "code") for _ in calls(source, QUESTION)]
    if len(live) < 3:
        yield f"{len(live)} live figures, at least 3"
    if len(asked) < 5:
        yield f"{len(asked)} questions to predict, at least 5"
    before = "\n".join(source for number, source, _ in cells(notebook, "markdown") if not live or number < live[0])
    if len(re.findall(r"^## ", before, re.M)) > 1 or "$$" in before or r"\begin{" in before:
        yield "theory stands before the first live figure"
    headings = [
        (n, m) for n, source, _ in cells(notebook, "markdown") for m in re.finditer(r"^(#+) (.*)$", FENCE.sub("", source), re.M)
    ]
    if not headings or headings[0][1][1] != "#" or sum(m[1] == "#" for _, m in headings) != 1:
        yield "a chapter has one title, and begins with it"
    for words in ("summary", "further reading"):
        if not any(words in m[2].lower() for _, m in headings):
            yield f'no heading "{words}"'
    if not any(calls(source, CHECKING) for _, source, _ in cells(notebook, "code")):
        yield "no exercise asks for a rule or a schedule and checks it with optlib.check"
    exercises = [i for i, (_, m) in enumerate(headings) if re.search(r"\bExercise\b", m[2])]
    if len(exercises) < 5:
        yield f"{len(exercises)} exercises, at least 5"
    for i in exercises:
        start, heading = headings[i]
        ends = (n for n, m in headings[i + 1 :] if len(m[1]) <= len(heading[1]))
        inside = notebook["cells"][start : max(start + 1, next(ends, len(notebook["cells"])))]
        if not any(solves(cell) for cell in inside):
            yield f"{heading[2]}: no collapsed solution"


def solves(cell):
    if cell["cell_type"] == "code":
        return bool(tags(cell) & {"hide-cell", "hide-input"})
    return re.search(r"<summary>[^<]*Solution", text(cell["source"])) is not None


# The claims

CLAIM = re.compile(
    r"^:::\{admonition\} (?P<claim>.+)\n:class: claim\n:name: claim-[\w-]+\n\*\*(?P<verdict>Holds|Fails)\b[^*]*\*\*$", re.M
)


def claims_without_evidence(notebook):
    by_id = {cell.get("id"): cell for cell in notebook["cells"] if cell["cell_type"] == "code"}
    for number, source, cell in cells(notebook, "markdown"):
        claims, evidence = (
            len(re.findall(r"^:class:.*\bclaim\b", source, re.M)),
            cell["metadata"].get("claim", {}).get("evidence", []),
        )
        if claims != len(CLAIM.findall(source)) or claims > 1:
            yield f"cell {number}: a claim is one admonition: a title, `:name: claim-…` and a bold verdict, Holds… or Fails…"
        if bool(claims) != bool(evidence):
            yield f"cell {number}: a claim goes with the metadata claim.evidence, the ids of the cells that decide it"
        for name in evidence:
            if not by_id.get(name, {}).get("outputs"):
                yield f"cell {number}: the evidence {name!r} is no cell with an output"


CHECKS = [
    numbers_without_source,
    lines_that_are_no_sentence,
    cells_that_are_long,
    committed_forms,
    figures_without_words,
    missing_parts,
    claims_without_evidence,
]


def test_there_are_chapters():
    assert CHAPTERS


def names_in(path):
    """Return the names that lead to a place in a chapter: of figures, questions, pictures, claims and labels."""
    found = []
    cells_ = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for source, cell in ((text(cell["source"]), cell) for cell in cells_):
        if cell["cell_type"] == "code":
            given = (k.value for call in calls(source, LIVE | QUESTION) for k in call.keywords if k.arg == "name")
            found += [value.value for value in given if isinstance(value, ast.Constant)]
            found += [cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")]
        else:
            found += re.findall(r"^:name: (\S+)$|^\((\S+)\)=$", source, re.M)
    return [name if isinstance(name, str) else "".join(name) for name in found if name]


def test_a_name_leads_to_one_place_in_the_whole_book():
    places = [(name, path.stem) for path in CHAPTERS for name in names_in(path)]
    names = [name for name, _ in places]
    assert len(names) > 50
    assert not [place for place in places if names.count(place[0]) > 1]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter(path, check):
    complaints = list(check(json.loads(path.read_text(encoding="utf-8"))))
    assert not complaints, "\n" + "\n".join(complaints)


# Each check on a notebook that it passes, and on what it must refuse


def markdown(source, **metadata):
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def code(source, *printed, tags=(), data=None, **metadata):
    found = [{"output_type": "stream", "name": "stdout", "text": p} for p in printed]
    if data:
        found.append({"output_type": "display_data", "data": data, "metadata": {}})
    metadata |= {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": found, "execution_count": None}


def notebook(*cells, **metadata):
    metadata = {"kernelspec": {"name": "python3"}, "description": "What it is about."} | metadata
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


FIGURE = {"image": {"alt": "A line"}, "figure": {"caption": "A caption", "name": "fig"}}
NUMBERS = code("lr = 0.125; many = 6_908; pairs = [100,207]", "rate 0.8182\n3 1,797\n")
CHECKED = code("print(check_rule(mine, rules.sgd))", "right\n")
EXERCISES = [c for i in range(5) for c in (markdown(f"### Exercise {i}\nDo it."), code("1", tags=["hide-cell"]))]
CLAIMED = ":::{admonition} “All is well.”\n:class: claim\n:name: claim-well\n**Holds when it holds.**\nSee.\n:::"
CHAPTER = [
    markdown("# Conditioning\nWhy?"),
    code("Landscape(loss, [sgd], name='a', caption='Drag.')"),
    markdown("## Theory\n$$x = 1$$"),
    *[code(f"Predict('What?', options, answer='x', name='p{i}')") for i in range(5)],
    *[code(f"widgets.Curves(panel, name='c{i}', caption='Slide.')") for i in range(2)],
    CHECKED,
    markdown("## Exercises"),
    *EXERCISES,
    markdown("## Summary\n\n## Further reading\nRead on."),
]

GOOD = [
    (
        numbers_without_source,
        [NUMBERS, markdown("At 0.125, or 12.5 %, it takes 6908 steps, $6{,}908$ or 6,908, at a rate of 0.8182.")],
    ),
    (numbers_without_source, [NUMBERS, markdown("There are 1,797 images; 207 of 100 in 6000, 1e-6, 0.05, 0.0070 and 25.")]),
    (
        numbers_without_source,
        [markdown("Polyak (1964) and {cite:p}`a1847`; [see](http://a.b/1234) said it in 1983. Section 3.14, eq. 2.718.")],
    ),
    (numbers_without_source, [markdown("```\n1234\n```\n:width: 640\nfloat128 and x1234")]),
    (
        lines_that_are_no_sentence,
        [markdown("# A. B. C\nOne sentence, e.g. This one.\nAnother, by A. Turing.\n\n- One.\n- Two words\n")],
    ),
    (lines_that_are_no_sentence, [markdown("It is\n$$\nx. Y\n$$\nwhere `a. B` holds.\n:::{note}\nYes.\n:::\n| a. B | c |\n")]),
    (cells_that_are_long, [code("\n\n".join(["x = 1"] * 15)), code("\n".join(["x = 1"] * 30), tags=["hide-input"])]),
    (committed_forms, [NUMBERS, code("x", data={"text/plain": "1", "text/latex": "$x$"})]),
    (figures_without_words, [code("%matplotlib inline\nplt.show()", mystnb=FIGURE), *CHAPTER]),
    (missing_parts, CHAPTER),
    (claims_without_evidence, [NUMBERS | {"id": "proof"}, markdown(CLAIMED, claim={"evidence": ["proof"]})]),
]
BAD = [
    (numbers_without_source, [NUMBERS, markdown("A rate of 0.818.")], "0.818 stands in no output"),
    (numbers_without_source, [NUMBERS, markdown("It takes $6{,}907$ steps.")], "6907"),
    (numbers_without_source, [NUMBERS, markdown("A learning rate of `lr=0.124`.")], "0.124"),
    (numbers_without_source, [NUMBERS, markdown("12.6 % of them.")], "12.6"),
    (numbers_without_source, [NUMBERS, markdown("After 1964 steps.")], "1964"),
    (numbers_without_source, [NUMBERS, markdown("About 2.34e-5.")], "2.34e-5"),
    (lines_that_are_no_sentence, [markdown("One sentence. Another one.")], "two sentences"),
    (lines_that_are_no_sentence, [markdown("- One sentence? Another one.")], "two sentences"),
    (lines_that_are_no_sentence, [markdown('He said "Stop." Then he went.')], "two sentences"),
    (lines_that_are_no_sentence, [markdown("A sentence that\ngoes on.")], "goes on"),
    (cells_that_are_long, [code("\n".join(["x = 1"] * 16))], "16 lines"),
    (cells_that_are_long, [code("\n".join(["x = 1"] * 31), tags=["hide-cell"])], "31 lines"),
    (committed_forms, [code("x", data={"image/png": "…"})], "image/png"),
    (committed_forms, [code("x", data={"application/vnd.jupyter.widget-view+json": {}})], "widget-view"),
    (committed_forms, [code("print(1)", "1\n", tags=["nbval-ignore-output"])], "not compared"),
    (figures_without_words, [code("plt.show()")], "without a description"),
    (figures_without_words, [code("plt.show()", mystnb={"image": FIGURE["image"]})], "without a caption"),
    (figures_without_words, [code("Landscape(loss, [sgd], name='a')")], "Landscape without caption"),
    (figures_without_words, [code("widgets.Curves(panel, name='', caption='Slide.')")], "Curves without name"),
    (figures_without_words, [code("Predict('What?', options, answer='x')")], "Predict without name"),
    (figures_without_words, [CHAPTER[1], CHAPTER[1]], "two figures are named 'a'"),
    (missing_parts, [c for c in CHAPTER if c is not CHAPTER[1]], "2 live figures"),
    (missing_parts, [c for c in CHAPTER if c is not CHAPTER[4]], "4 questions"),
    (missing_parts, [c for c in CHAPTER if c is not CHECKED], "no exercise asks for a rule"),
    (missing_parts, [c for c in CHAPTER if c is not EXERCISES[1]], "Exercise 0: no collapsed solution"),
    (missing_parts, [c for c in CHAPTER if c not in EXERCISES[:2]], "4 exercises"),
    (missing_parts, [CHAPTER[0], CHAPTER[2], CHAPTER[1], *CHAPTER[3:]], "theory stands before"),
    (missing_parts, CHAPTER[1:], "one title"),
    (missing_parts, CHAPTER[:-1], 'no heading "summary"'),
    (claims_without_evidence, [NUMBERS, markdown(CLAIMED)], "claim.evidence"),
    (claims_without_evidence, [NUMBERS, markdown(CLAIMED, claim={"evidence": ["proof"]})], "no cell with an output"),
    (claims_without_evidence, [NUMBERS, markdown(CLAIMED.replace("**", ""))], "a bold verdict"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "cells"), GOOD, ids=lambda v: getattr(v, "__name__", ""))
def test_check_passes(check, cells):
    assert list(check(notebook(*cells))) == []


@pytest.mark.parametrize(
    ("check", "cells", "complaint"), BAD, ids=lambda v: getattr(v, "__name__", "" if isinstance(v, list) else v)
)
def test_check_refuses(check, cells, complaint):
    complaints = list(check(notebook(*cells)))
    assert len(complaints) >= 1 and any(complaint in c for c in complaints), complaints


def test_check_of_the_metadata_refuses():
    for wrong in ({"kernelspec": {"name": "conda-env"}}, {"widgets": {}}, {"description": " "}):
        assert len(list(committed_forms(notebook(**wrong)))) == 1
