"""Write the exercises of the chapters as notebooks: without solutions for students, with them for teachers.

    python tools/assignments.py FOLDER [--zip FILE]

The texts and the solutions are those of chapters/*.ipynb. lectures/checks/NN_topic.py has a check for each exercise and says
what a student hands in; lectures/grading/ is copied as it is. --zip packs the students' notebooks for download.
"""

import argparse
import ast
import re
import shutil
import textwrap
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from pybtex.database import parse_file

from definitions import Store, free_names, statements

ROOT = Path(__file__).parents[1]
CHAPTERS = ROOT / "chapters"
CHECKS = ROOT / "lectures" / "checks"
GRADING = ROOT / "lectures" / "grading"
WIDTH = 100  # of the comments in stubs


@dataclass
class Exercise:
    number: int
    title: str
    text: str = ""
    given: list = field(default_factory=list)  # code cells that only the chapter's own check uses
    attempt: str = ""  # the code that the chapter gives the reader to start from
    solution: list = field(default_factory=list)  # cells


class Chapter:
    """A chapter as the assignments need it: its exercises, and the code before them as a store of definitions."""

    def __init__(self, path):
        self.name = path.stem
        self.cells = nbformat.read(path, 4).cells
        self.title = re.match(r"# (.*)", self.cells[0].source)[1]
        first = next(i for i, cell in enumerate(self.cells) if cell.id == "exercises")
        last = next(i for i, cell in enumerate(self.cells) if cell.id == "summary")
        self.bootstrap = next(cell.source for cell in self.cells if "bootstrap" in cell.metadata.get("tags", []))
        self.exercises = list(_exercises(self.cells[first:last]))
        taught = [c for c in self.cells[:first] if c.cell_type == "code" and "bootstrap" not in c.metadata.get("tags", [])]
        given = [c for e in self.exercises for c in e.given]
        self.store = Store([c.source for c in taught])
        self.store_for_checks = Store([c.source for c in taught + given])

    def checks(self):
        """Return the source of the chapter's checks, whole: the kit, what they take from the chapter, and themselves."""
        path = CHECKS / f"{self.name}.py"
        if not path.is_file():
            raise SystemExit(f"{path} is missing: it has a function exercise_N for each of the {len(self.exercises)} exercises")
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        wanted, lines = [], source.splitlines()
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and node.module in ("kit", "chapter"):
                wanted += [alias.name for alias in node.names if node.module == "chapter"]
                lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
        kit = (CHECKS / "kit.py").read_text(encoding="utf-8").strip()
        parts = [kit, self.store_for_checks.definitions(wanted), "\n".join(lines).strip()]
        return "\n\n\n".join(part for part in parts if part) + "\n"


def _exercises(cells):
    """Yield the exercises among the cells of the section."""
    exercise = None
    for cell in cells:
        if cell.cell_type == "markdown":
            head, *found = re.split(r"^### Exercise (\d+) · (.*)$", cell.source, flags=re.M)
            if exercise and head.strip():
                if cell.id.startswith("solution"):
                    exercise.solution.append(cell)
                else:
                    exercise.text += "\n\n" + head.strip()
            for number, title, text in zip(found[::3], found[1::3], found[2::3], strict=True):
                if exercise:
                    yield exercise
                exercise = Exercise(int(number), title, text.strip())
        elif cell.id.startswith("solution"):
            exercise.solution.append(cell)
        elif cell.id.endswith("-try"):
            exercise.attempt = cell.source
        else:
            exercise.given.append(cell)
    yield exercise


# Texts that a plain notebook shows


class Prose:
    """Turns the chapters' Markdown into what every notebook front end shows: links to the site, citations in words."""

    def __init__(self):
        config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
        self.site = config["html"]["baseurl"]
        self.book = config["title"]
        self.entries = parse_file(ROOT / "references.bib").entries

    def plain(self, text):
        text = re.sub(r"\{cite:([pt])\}`([^`]+)`", lambda m: self._cited(m[1], m[2].split(",")), text)
        text = re.sub(r"\]\((\w+)\.ipynb(#[\w-]+)?\)", lambda m: f"]({self.page(m[1])}{m[2] or ''})", text)
        text = re.sub(r"<details><summary>.*?</summary>\s*|\s*</details>", "", text)
        if left := re.search(r"\{[\w:]+\}`|^:::|^\([\w-]+\)=$|\]\((?!http)[^)]*\)|^```\{", text, re.M):
            raise SystemExit(
                f"an exercise has {left[0]!r}, which only the website shows: let Prose.plain turn it into Markdown"
            )
        return text

    def page(self, chapter):
        return f"{self.site}chapters/{chapter}.html"

    def _cited(self, kind, keys):
        works = []
        for entry in (self.entries[key.strip()] for key in keys):
            names = [" ".join([*p.prelast_names, *p.last_names]) for p in entry.persons["author"]]
            who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
            year = entry.fields["year"]
            shown = f"{who} ({year})" if kind == "t" else f"{who} {year}"
            address = f"https://doi.org/{entry.fields['doi']}" if "doi" in entry.fields else entry.fields.get("url")
            works.append(f"[{shown}]({address})" if address else shown)
        return ", ".join(works) if kind == "t" else f"({', '.join(works)})"


# The notebooks

INSTRUCTIONS = """# Exercises: {title}

These are the exercises of the chapter [{title}]({page}) of *{book}*.
Run the cells from the top.
Under each exercise is a cell for your answer, where you define names in place of `...`, and one that says what is wrong.
Hand in this notebook with your answers: the points come from running it from top to bottom."""

FOR_TEACHERS = """# Exercises: {title}

These are the exercises of the chapter [{title}]({page}) of *{book}*, **with solutions**: do not hand this one out.
The checks are those of the students' notebook."""

SET_UP = "# What the chapter defines and the exercises use."

CHECKING = """# The checks of this notebook. They compute what they compare with.
import types

CHECKS = types.ModuleType("checks")
exec(r'''{source}''', CHECKS.__dict__)


def check(exercise):
    CHECKS.report(exercise, globals())"""


def stub(exercise, check, kit):
    """Return the code in which a student writes: what the chapter starts from, or the names to define."""
    given = {name: s.source for s in statements(exercise.attempt) for name in s.binds if isinstance(s.node, ast.FunctionDef)}
    parts = []
    for name, (arguments, what) in kit["asked"](check).items():
        comment = "\n".join(textwrap.wrap(what, WIDTH, initial_indent="# ", subsequent_indent="# "))
        if name in given:
            parts.append(f"{comment}\n{given[name]}")
        elif arguments is None:
            parts.append(f"{comment}\n{name} = ...")
        else:
            parts.append(f"{comment}\ndef {name}({arguments}):\n    ...  # your turn")
    return re.sub(r"\n\n+(?=# .*(\n# .*)*\ndef )", "\n\n\n", "\n\n".join(parts))


def assignment(chapter, prose, solved):
    """Return the notebook of a chapter, for students, or for teachers if `solved`."""
    source = chapter.checks()
    if chapter.store.known({"check"}):
        raise SystemExit(f"chapters/{chapter.name}.ipynb defines `check`, which is the assignments' own: give it another name")
    if "'''" in source:
        raise SystemExit(f"lectures/checks/{chapter.name}.py: write no ''' there, the notebook quotes the source with it")
    checks = load(source)
    folded = {"jupyter": {"source_hidden": True}}
    words = {"title": chapter.title, "page": prose.page(chapter.name), "book": prose.book}
    used = [e.attempt for e in chapter.exercises]
    used += [c.source for e in chapter.exercises for c in e.solution if c.cell_type == "code"]
    if solved:
        used += [c.source for e in chapter.exercises for c in e.given]
    needed = chapter.store.known(set().union(*(free_names(code) for code in used)))
    set_up = chapter.store.definitions(sorted(needed))
    cells = [
        new_markdown_cell((FOR_TEACHERS if solved else INSTRUCTIONS).format(**words), id="title"),
        new_code_cell(chapter.bootstrap, id="bootstrap", metadata=folded),
        new_code_cell(f"{SET_UP}\n{set_up}", id="set-up", metadata=folded),
        new_code_cell(CHECKING.format(source=source), id="checks", metadata=folded),
    ]
    for e in chapter.exercises:
        at = f"exercise-{e.number}"
        if f"exercise_{e.number}" not in checks:
            raise SystemExit(f"lectures/checks/{chapter.name}.py has no exercise_{e.number}: {e.title}")
        cells.append(new_markdown_cell(f"## Exercise {e.number} · {e.title}\n\n{prose.plain(e.text)}", id=at))
        if solved:
            cells += [new_code_cell(c.source, id=c.id, metadata=folded) for c in e.given]
            for cell in e.solution:
                if cell.cell_type == "markdown":
                    cells.append(new_markdown_cell(f"**Solution**\n\n{prose.plain(cell.source)}", id=cell.id))
                else:
                    cells.append(new_code_cell(cell.source, id=cell.id))
        else:
            cells.append(new_code_cell(stub(e, checks[f"exercise_{e.number}"], checks), id=f"{at}-answer"))
        cells.append(new_code_cell(f'check("exercise {e.number}")', id=f"{at}-check"))
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    return notebook


def load(source):
    """Return the names of a chapter's checks."""
    names = {"__name__": "checks"}
    exec(compile(source, "checks", "exec"), names)
    return names


def write(folder, names=None):
    """Write the assignments of all chapters, or of those named, and return the students' notebooks."""
    prose, students = Prose(), []
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(GRADING, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "checks").mkdir()
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        if names and path.stem not in names:
            continue
        chapter = Chapter(path)
        (folder / "checks" / f"{path.stem}.py").write_text(chapter.checks(), encoding="utf-8")
        students.append(folder / f"{path.stem}.ipynb")
        nbformat.write(assignment(chapter, prose, solved=False), students[-1])
        nbformat.write(assignment(chapter, prose, solved=True), folder / f"{path.stem}_solutions.ipynb")
    return students


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="is emptied first")
    parser.add_argument("--zip", type=Path, help="the file to pack the students' notebooks into")
    parser.add_argument("--chapter", action="append", help="only this one, such as 04_momentum")
    options = parser.parse_args()
    students = write(options.folder, options.chapter)
    if options.zip:
        options.zip.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(options.zip, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in students:
                archive.write(path, f"exercises/{path.name}")
    print(f"The assignments of {len(students)} chapters are in {options.folder}; README.md there says how to grade them.")


if __name__ == "__main__":
    main()
