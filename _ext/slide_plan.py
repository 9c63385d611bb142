"""What the metadata of a notebook's cells say about its slides: which cells stand on which slide, and how long they take.

CONTRIBUTING.md describes the mark-up. JupyterLab's slides read `slideshow.slide_type` too: slide, subslide, fragment,
notes, skip; a cell without it continues the slide. `lecture` says what of a cell it shows:

    {"show": [1, 4]}      of a Markdown cell's prose, these sentences (lines), or "all"; the prose goes to the speaker's notes
    {"blocks": [1]}       of its displayed equations, tables, lists and boxes, these; without it all of them
    {"part": "output"}    of a code cell, its "output", its "code" or "both"; without it what the page shows
    {"minutes": 2}        for the first cell of a section that has no line "*2 minutes · …*", or another time in a lecture
"""

import re

from notebooks import source

TYPES = ("slide", "subslide", "fragment", "notes", "skip", "-", "")
KEYS = {"show", "blocks", "part", "minutes"}
PARTS = ("output", "code", "both")


class Misplaced(Exception):
    """Metadata that no deck can follow; the message names the cell, the value and what was expected."""


def slide_type(cell):
    return cell["metadata"].get("slideshow", {}).get("slide_type", "-") or "-"


def lecture(cell):
    return cell["metadata"].get("lecture", {})


def is_question(cell):
    return cell["cell_type"] == "code" and re.search(r"^Predict\(", source(cell), re.M) is not None


def has_deck(cells):
    return any(slide_type(cell) == "slide" for cell in cells)


def plan(cells):
    """Return the sections of a deck: a list of lists of slides, each slide a list of pairs (number of the cell, its type).

    After a question comes the slide of its answer, marked by a cell None; what follows with "-" continues on that one.
    """
    sections, left_out = [], False
    for number, cell in enumerate(cells):
        kind = checked(cell)
        head = re.match(r"##? ", source(cell)) if cell["cell_type"] == "markdown" else None
        if head:
            left_out = kind == "skip"
            if kind not in ("slide", "skip"):
                raise Misplaced(f"cell {cell['id']!r} begins a section: its slide_type is {kind!r}, expected 'slide' or 'skip'")
        elif left_out and kind != "skip":
            raise Misplaced(f"cell {cell['id']!r} is {kind!r}, but the first cell of its section is skipped: skip this one too")
        if kind == "skip":
            continue
        if kind == "slide":
            sections.append([])
        elif not sections:
            raise Misplaced(f"cell {cell['id']!r} is {kind!r} before the first slide; expected 'slide' or 'skip'")
        if kind in ("slide", "subslide"):
            sections[-1].append([])
        if is_question(cell) and kind in ("fragment", "notes"):
            raise Misplaced(f"cell {cell['id']!r} asks a question: its slide_type is {kind!r}, expected 'subslide', or '-'")
        sections[-1][-1].append((number, kind))
        if is_question(cell):
            sections[-1].append([(None, "-")])
    return sections


def checked(cell):
    """Return the slide type of a cell whose mark-up is right."""
    kind, given, name = slide_type(cell), lecture(cell), f"cell {cell['id']!r}"
    if kind not in TYPES:
        raise Misplaced(f"{name}: slide_type is {kind!r}; expected one of {', '.join(TYPES[:-1])}")
    if given.keys() - KEYS:
        raise Misplaced(f"{name}: lecture has {sorted(given.keys() - KEYS)}; expected {', '.join(sorted(KEYS))}")
    wrong = {"part"} if cell["cell_type"] == "markdown" else {"show", "blocks"}
    if given.keys() & wrong:
        raise Misplaced(f"{name} is a {cell['cell_type']} cell: {sorted(given.keys() & wrong)} in lecture says nothing for it")
    if given.get("part", "both") not in PARTS:
        raise Misplaced(f"{name}: lecture.part is {given['part']!r}; expected one of {', '.join(PARTS)}")
    for key in ("show", "blocks"):
        value = given.get(key, [])
        if not (value == "all" or (isinstance(value, list) and all(isinstance(n, int) and n > 0 for n in value))):
            raise Misplaced(f"{name}: lecture.{key} is {value!r}; expected numbers from 1 as [1, 4], or 'all'")
    minutes = given.get("minutes", 0)
    if not (isinstance(minutes, int) and minutes >= 0):
        raise Misplaced(f"{name}: lecture.minutes is {minutes!r}; expected whole minutes")
    return kind


def minutes_of(cell):
    """Return the minutes of the section that a cell begins: the author's for a lecture, or those of its line."""
    line = re.search(r"^\*(\d+) minutes? · ", source(cell), re.M)
    if "minutes" in lecture(cell):
        return lecture(cell)["minutes"]
    if line:
        return int(line[1])
    if source(cell).startswith("# "):
        return 0
    raise Misplaced(f"cell {cell['id']!r} begins a section on slides without a line '*2 minutes · …*': give lecture.minutes")


def total(cells):
    """Return the minutes of a chapter's deck, and how many slides it has."""
    sections = plan(cells)
    begun = [cells[slide[0][0]] for section in sections for slide in section[:1] if slide[0][0] is not None]
    return sum(minutes_of(cell) for cell in begun if source(cell).startswith("#")), sum(map(len, sections))
