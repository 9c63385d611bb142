"""The assignments of tools/assignments.py: solutions pass, empty notebooks fail with help, wrong answers are explained."""

import contextlib
import importlib.util
import io
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

ROOT = Path(__file__).parents[2]
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))


def module(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


assignments = module(ROOT / "tools" / "assignments.py")
EXERCISES = {path.stem: [e.number for e in assignments.Chapter(path).exercises] for path in CHAPTERS}
WRONG = {path.stem: module(path).WRONG for path in sorted((Path(__file__).parent / "wrong").glob("*.py"))}
EACH = [pytest.param(name, n, id=f"{name}-{n}") for name, numbers in EXERCISES.items() for n in numbers]
WRONG_ANSWERS = [
    pytest.param(name, n, answer, words, id=f"{name}-{n}-{i}")
    for name, wrong in WRONG.items()
    for n, answers in wrong.items()
    for i, (answer, words) in enumerate(answers)
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The folder that `make assignments` writes, for one chapter."""

    @cache
    def get(name):
        found = tmp_path_factory.mktemp("assignments") / name
        assignments.write(found, [name])
        return found

    return get


def run(path):
    """Run a notebook; return {exercise: (what its check printed, the names after it)}."""
    names, found, transform = {"__name__": "__main__"}, {}, TransformerManager().transform_cell
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type == "code":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(transform(cell.source), f"{path.stem}, cell {cell.id}", "exec"), names)
            if cell.id.endswith("-check"):
                found[int(cell.id.split("-")[1])] = printed.getvalue(), dict(names)
    return found


@pytest.fixture(scope="session")
def solved(folder):
    """What running the solutions of a chapter gives, once for each chapter."""
    return cache(lambda name: run(folder(name) / f"{name}_solutions.ipynb"))


# What each chapter hands out


@pytest.mark.parametrize("name", EXERCISES)
def test_each_exercise_has_a_check_and_each_check_an_exercise(name, folder):
    checks = assignments.load((folder(name) / "checks" / f"{name}.py").read_text(encoding="utf-8"))
    assert {n for n in checks if re.match(r"exercise_\d", n)} == {f"exercise_{n}" for n in EXERCISES[name]}
    for n in EXERCISES[name]:
        asked = checks["asked"](checks[f"exercise_{n}"])
        assert asked and all(len(what.split()) >= 3 for _, what in asked.values())


@pytest.mark.parametrize(("name", "n"), EACH)
def test_the_solution_passes(name, n, solved):
    assert solved(name)[n][0] == f"Exercise {n}: right.\n"


@pytest.mark.parametrize("name", EXERCISES)
def test_the_empty_notebook_fails_each_check_with_help(name, folder):
    found = run(folder(name) / f"{name}.ipynb")
    assert list(found) == EXERCISES[name]
    said = [printed for printed, _ in found.values()]
    for n, words in zip(found, said, strict=True):
        asked = names_asked(folder, name, n)
        assert words.startswith(f"Exercise {n}: not yet. ") and words.endswith(".\n") and words.count("\n") == 1
        assert any(f"`{a}" in words for a in asked), f"names none of {asked}: {words}"
        assert len(words.split()) >= 9, words
        assert "could not read" not in words
    assert len({re.sub(r"\d", "", words) for words in said}) == len(said), said


def names_asked(folder, name, n):
    checks = assignments.load((folder(name) / "checks" / f"{name}.py").read_text(encoding="utf-8"))
    return list(checks["asked"](checks[f"exercise_{n}"]))


@pytest.mark.parametrize("name", EXERCISES)
def test_each_check_has_a_wrong_answer_to_refuse(name):
    assert {n for n, answers in WRONG.get(name, {}).items() if answers} == set(EXERCISES[name])


@pytest.mark.parametrize(("name", "n", "answer", "words"), WRONG_ANSWERS)
def test_a_wrong_answer_is_explained(name, n, answer, words, solved):
    names = dict(solved(name)[n][1])
    names |= answer
    checks = names["CHECKS"]
    assert set(answer) <= set(checks.asked(getattr(checks, f"exercise_{n}")))
    said = checks.judge(getattr(checks, f"exercise_{n}"), names)
    assert words in said and "could not read" not in said


@pytest.mark.parametrize("name", EXERCISES)
def test_students_get_no_solutions(name, folder):
    handed_out = nbformat.read(folder(name) / f"{name}.ipynb", 4).cells
    text = "\n".join(cell.source for cell in handed_out)
    assert not [cell.id for cell in handed_out if cell.id.startswith("solution")]
    chapter = assignments.Chapter(ROOT / "chapters" / f"{name}.ipynb")
    for exercise in chapter.exercises:
        lines = [line for c in exercise.solution if c.cell_type == "markdown" for line in c.source.splitlines()]
        assert lines and not [line for line in lines if len(line) > 40 and line in text]


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("suffix", ["", "_solutions"])
def test_the_notebook_is_whole(name, suffix, folder):
    cells = nbformat.read(folder(name) / f"{name}{suffix}.ipynb", 4).cells
    assert [c.id for c in cells[:4]] == ["title", "bootstrap", "set-up", "checks"]
    markdown = "\n".join(c.source for c in cells if c.cell_type == "markdown")
    for n in EXERCISES[name]:
        assert len(re.findall(rf"^## Exercise {n} · \S", markdown, re.M)) == 1
    assert not re.search(r"\{[\w:]+\}`|^:::|<details>|\.ipynb\)", markdown, re.M)
    assert all(url.startswith("https://") for url in re.findall(r"\]\(([^)]+)\)", markdown))
