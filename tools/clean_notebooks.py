"""Bring the notebooks to the form in which they are committed: small text outputs stay, pictures and widget state go.

    python tools/clean_notebooks.py [--check] [notebook ...]

A cell whose picture or widget was removed gets the tag `nbval-ignore-output`, since the tests would see it come back.
A cell that prints never has that tag, so that what it prints is compared.
The first code cell is written anew from its one source, `tools/bootstrap.py`.
With --check nothing is written: the exit code says whether the notebooks are clean.
"""

import argparse
import sys
from pathlib import Path

import nbformat

import bootstrap

CHAPTERS = Path(__file__).parents[1] / "chapters"
TAG = "nbval-ignore-output"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
TEXT = {"text/plain", "text/latex", "text/markdown", "text/html"}
RUN = 1  # the count of every cell: nbval takes a cell without one for a cell that never ran
LONGEST = 10_000  # characters of one output
PASSING = {"ExecuteTime", "collapsed", "execution", "id", "outputId", "scrolled", "vscode"}  # what editors leave in a cell
STATE = {"colab", "signature", "toc", "vscode", "widgets"}  # what they leave in a notebook


class Refused(Exception):
    """A notebook that only its author can mend."""


def clean(notebook):
    """Clean a notebook in place."""
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["language_info"] = {"name": "python"}
    for key in STATE & notebook.metadata.keys():
        del notebook.metadata[key]
    write_bootstrap(notebook)
    for number, cell in enumerate(notebook.cells):
        for key in PASSING & cell.metadata.keys():
            del cell.metadata[key]
        if cell.metadata.get("slideshow", {}).get("slide_type") in ("-", ""):
            del cell.metadata["slideshow"]  # the cell continues the slide, which JupyterLab's slides take from its absence only
        if cell.cell_type == "code":
            clean_outputs(cell, number)


def write_bootstrap(notebook):
    cell = next((cell for cell in notebook.cells if cell.get("id") == bootstrap.ID and cell.cell_type == "code"), None)
    if cell is None:
        raise Refused(f"no code cell with the id {bootstrap.ID!r}: add an empty one below the title, it is filled here")
    cell.source = bootstrap.source()
    cell.metadata = nbformat.from_dict(bootstrap.METADATA)
    cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=bootstrap.output())]


def clean_outputs(cell, number):
    cell.execution_count = RUN
    kept = [output for output in cell.outputs if is_text(output, number)]
    drawn = len(kept) < len(cell.outputs)
    if drawn and kept:
        raise Refused(f"cell {number} both prints and draws: split it, so that what it prints is compared")
    for output in kept:
        if "execution_count" in output:
            output["execution_count"] = RUN
        if len(str(output.get("text", output.get("data")))) > LONGEST:
            raise Refused(f"cell {number} prints more than {LONGEST} characters")
    cell.outputs = kept
    tags = [tag for tag in cell.metadata.get("tags", []) if tag != TAG or not kept]
    if drawn and TAG not in tags:
        tags.append(TAG)
    if tags:
        cell.metadata["tags"] = tags
    else:
        cell.metadata.pop("tags", None)


def is_text(output, number):
    if output.output_type == "error":
        raise Refused(f"cell {number} failed: {output.ename}: {output.evalue}")
    return output.output_type == "stream" or output.data.keys() <= TEXT


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a notebook is not clean")
    parser.add_argument("notebooks", nargs="*", type=Path, help="all of chapters/ unless given")
    options = parser.parse_args(arguments)
    problems = 0
    for path in options.notebooks or sorted(CHAPTERS.glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        notebook = nbformat.reads(before, as_version=4)
        try:
            clean(notebook)
        except Refused as error:
            print(f"{path}: {error}", file=sys.stderr)
            problems += 1
            continue
        nbformat.validate(notebook)
        after = nbformat.writes(notebook) + "\n"
        if after == before:
            continue
        if options.check:
            print(f"{path}: not clean; run `make clean-notebooks`", file=sys.stderr)
            problems += 1
        else:
            path.write_text(after, encoding="utf-8")
            print(f"{path}: cleaned")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
