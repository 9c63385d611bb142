"""Makes every notebook a file of tests, one an exercise; `pytest` here grades what is in handed_in/."""

import csv
from pathlib import Path

import grade
import pytest

FOLDER = Path(__file__).parent


def pytest_addoption(parser):
    parser.addoption("--seconds", type=float, default=grade.SECONDS, help="how long a cell may run (60)")
    parser.addoption("--points", default="points.csv", help="the file to write the points to (points.csv)")


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".ipynb" and ".ipynb_checkpoints" not in file_path.parts:
        return HandedIn.from_parent(parent, path=file_path)


class HandedIn(pytest.File):
    def collect(self):
        said = grade.grade(self.path, self.config.getoption("--seconds"))
        for exercise, words in said.items():
            yield Exercise.from_parent(self, name=f"exercise {exercise}", words=words)


class Exercise(pytest.Item):
    def __init__(self, *, words, **options):
        super().__init__(**options)
        self.words = words
        self.user_properties.append(("exercise", self.name))

    def runtest(self):
        if self.words:
            raise NotYet(self.words)

    def repr_failure(self, excinfo, style=None):
        return str(excinfo.value) if excinfo.errisinstance(NotYet) else super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, f"{self.path.name}, {self.name}"


class NotYet(Exception):
    """An exercise that has no point, and why."""


def pytest_terminal_summary(terminalreporter, config):
    points = {}
    for outcome, point in (("passed", 1), ("failed", 0)):
        for report in terminalreporter.stats.get(outcome, []):
            file, _, exercise = report.nodeid.partition("::")
            points.setdefault(file, {})[exercise] = point
    if not points:
        return
    columns = sorted({e for each in points.values() for e in each}, key=lambda e: int(e.split()[-1]))
    terminalreporter.section("points")
    for file in sorted(points):
        terminalreporter.write_line(f"{sum(points[file].values()):3d} of {len(points[file])}  {file}")
    with open(FOLDER / config.getoption("--points"), "w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(["notebook", *columns, "points"])
        for file in sorted(points):
            writer.writerow([file, *(points[file].get(e, "") for e in columns), sum(points[file].values())])
