"""Runs a notebook that was handed in, and says of each exercise what is wrong with it; conftest.py makes tests of that.

The notebook runs in a process of its own, cell by cell. A cell that fails is passed over, as in Jupyter; one that runs for too
long, or ends Python, ends that process, and a new one goes on without it. The checks are those of the folder checks/ beside
this file, never those in the notebook, and each is asked right after the cells of its exercise.
"""

import json
import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

CHECKS = Path(__file__).parent / "checks"
SECONDS = 60  # for a cell, and for a check
OURS = ("# Installs the book's library", "# The checks of this notebook", "check(")  # how cells begin that are not run


def grade(path, seconds=SECONDS):
    """Return {exercise: what is wrong with it, or ""} of a notebook."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    tasks, exercises = plan(cells)
    checks = checks_for(path, cells)
    found, notes, passed_over = {}, {}, set()
    while len(found) < len(exercises):
        stopped = follow(start(path, checks, passed_over), seconds, found, notes)
        if stopped is None:
            break
        at, what = stopped
        if at in passed_over:
            raise RuntimeError(f"{path}: Python stops at {tasks[at]} again and again")
        passed_over.add(at)
        kind, exercise = tasks[at]
        if kind == "check":
            found[exercise] = f"while it was checked, your code {what}."
        else:
            notes.setdefault(exercise, f"a cell {what} and was passed over")
    return {n: found[n] + (f" (Before that, {notes[n]}.)" if found[n] and n in notes else "") for n in exercises}


def plan(cells):
    """Return the tasks of a notebook in their order, {number: (kind, exercise)}, and its exercises."""
    tasks, exercise, exercises = {}, 0, []
    for number, cell in enumerate(cells):
        source = "".join(cell["source"])
        heading = re.search(r"^## Exercise (\d+)\b", source, re.M) if cell["cell_type"] == "markdown" else None
        if heading:
            if exercise:
                tasks[number - 0.5] = "check", exercise
            exercise = int(heading[1])
            exercises.append(exercise)
        elif cell["cell_type"] == "code" and source.strip() and not source.startswith(OURS):
            tasks[number] = "cell", exercise
    if exercise:
        tasks[len(cells) - 0.5] = "check", exercise
    return tasks, exercises


def checks_for(path, cells):
    """Return the file with the checks of the chapter that the notebook names in its title."""
    source = "".join(cells[0]["source"]) if cells else ""
    named = re.search(r"/chapters/(\w+)\.html", source)
    file = CHECKS / f"{named[1] if named else ''}.py"
    if not file.is_file():
        raise ValueError(f"{path}: its first cell links to no chapter of {[f.stem for f in sorted(CHECKS.glob('*.py'))]}")
    return file


def start(path, checks, passed_over):
    skip = ",".join(map(str, sorted(passed_over)))
    command = [sys.executable, __file__, str(path), str(checks), skip]
    environment = os.environ | {"MPLBACKEND": "agg", "PYTHONIOENCODING": "utf-8"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment)


def follow(process, seconds, found, notes):
    """Read what the process says; return None if it came to the end, or (task, what happened) where it stopped."""
    said = queue.Queue()

    def listen():
        for line in process.stdout:
            said.put(line)
        said.put("")

    threading.Thread(target=listen, daemon=True).start()
    at, what = None, "ended Python"
    try:
        while line := said.get(timeout=seconds + (30 if at is None else 0)):  # Python and the library take a while to start
            message = json.loads(line)
            at = message.get("at", at)
            if "failed" in message:
                notes.setdefault(message["exercise"], message["failed"])
            if "says" in message:
                found[message["exercise"]] = message["says"]
            if "end" in message:
                return None
    except queue.Empty:
        what = f"ran for more than {seconds:g} seconds"
    finally:
        process.kill()
        process.wait()
    if at is None:
        raise RuntimeError("Python does not start: see its message above")
    return at, what


def work(path, checks, skip):
    """Run a notebook in this process and say how far it is, in lines of JSON."""
    from IPython.core.interactiveshell import InteractiveShell

    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what the notebook prints is nobody's concern

    def say(**message):
        print(json.dumps(message), file=out, flush=True)

    names = {"__name__": "checks"}
    exec(compile(checks.read_text(encoding="utf-8"), str(checks), "exec"), names)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    shell = InteractiveShell.instance()
    shell.user_ns["check"] = lambda exercise: None  # the notebook's own is not run
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **options: None
    for number, (kind, exercise) in plan(cells)[0].items():
        if number in skip:
            continue
        say(at=number)
        if kind == "check":
            say(exercise=exercise, says=names["judge"](names[f"exercise_{exercise}"], shell.user_ns))
            continue
        result = shell.run_cell("".join(cells[number]["source"]))
        if error := result.error_before_exec or result.error_in_exec:
            say(exercise=exercise, failed=f"a cell stopped with {type(error).__name__}: {error}")
    say(end=True)
    os._exit(0)  # threads that the notebook left do not hold this up


if __name__ == "__main__":
    work(Path(sys.argv[1]), Path(sys.argv[2]), {float(n) for n in sys.argv[3].split(",") if n})
