"""Grading with pytest, as a teacher runs it: in a folder of its own, over notebooks that students handed in."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from test_assignments import assignments

CHAPTER = "04_momentum"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The folder that a teacher has, with four notebooks handed in."""
    place = tmp_path_factory.mktemp("teacher") / "assignments"
    assignments.write(place, [CHAPTER])
    (place / "handed_in" / "group").mkdir(parents=True)
    (place / "handed_in" / "solved.ipynb").write_bytes((place / f"{CHAPTER}_solutions.ipynb").read_bytes())
    (place / "handed_in" / "empty.ipynb").write_bytes((place / f"{CHAPTER}.ipynb").read_bytes())
    hand_in(
        place,
        "group/trouble.ipynb",
        {1: "while True:\n    pass", 2: "1 / 0", 5: "import os\nos._exit(3)", 6: "def (", 7: LOOPING},
    )
    hand_in(place, "cheat.ipynb", {1: "def check(exercise):\n    print('right')"}, checks="def judge(*a):\n    return ''")
    return place


LOOPING = (
    "def chebyshev(t, mu, L):\n    while True:\n        try:\n            pass\n        except BaseException:\n            pass"
)


def hand_in(place, name, answers, checks=None):
    """Write the solved notebook with other answers to some exercises, after the solution."""
    notebook = nbformat.read(place / f"{CHAPTER}_solutions.ipynb", 4)
    for cell in notebook.cells:
        for n, source in answers.items():
            if cell.id == f"solution-{n}-code":
                cell.source = source
        if checks and cell.id == "checks":
            cell.source = checks
    nbformat.write(notebook, place / "handed_in" / name)


@pytest.fixture(scope="module")
def graded(place):
    command = [sys.executable, "-m", "pytest", "--seconds", "5", "--junitxml", "report.xml"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=300)
    with open(place / "points.csv", newline="", encoding="utf-8") as file:
        rows = {Path(row["notebook"]).stem: row for row in csv.DictReader(file)}
    return done.stdout + done.stderr, rows


def points(graded, name):
    row = graded[1][name]
    return {n: int(row[f"exercise {n}"]) for n in range(1, 8)}, int(row["points"])


def test_solutions_get_all_points_and_an_empty_notebook_none(graded):
    assert points(graded, "solved") == (dict.fromkeys(range(1, 8), 1), 7)
    assert points(graded, "empty") == (dict.fromkeys(range(1, 8), 0), 0)
    assert "7 of 7  handed_in/solved.ipynb" in graded[0]


def test_loops_exceptions_and_exits_cost_their_own_exercise_only(graded):
    each, total = points(graded, "trouble")
    assert (each, total) == ({1: 0, 2: 0, 3: 1, 4: 1, 5: 0, 6: 0, 7: 0}, 2)
    said = graded[0]
    for words in (
        "a cell ran for more than 5 seconds",
        "a cell stopped with ZeroDivisionError: division by zero",
        "a cell ended Python",
        "a cell stopped with SyntaxError",
        "while it was checked, your code ran for more than 5 seconds",
    ):
        assert words in said, words
    assert "Traceback" not in said


def test_what_a_student_does_to_the_checks_changes_nothing(graded):
    assert points(graded, "cheat")[0] == {1: 0, **dict.fromkeys(range(2, 8), 1)}


def test_the_report_says_why(graded):
    assert "`best_lr` is still open. Write `best_lr`: a number, the best learning rate of the heavy ball." in graded[0]


def test_a_notebook_of_no_chapter_is_refused(place):
    other = place / "other.ipynb"
    other.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": ["# Mine"]}]}), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "other.ipynb", "--points", "other.csv"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=60)
    assert done.returncode and "other.ipynb: its first cell links to no chapter of ['04_momentum']" in done.stdout
