"""Mark up a chapter's slides, look at a built deck, print it.

python tools/slides.py outline chapters/04_momentum.ipynb    every cell with its numbered sentences and blocks
python tools/slides.py marks chapters/04_momentum.ipynb      the mark-up, one line a cell: id, slide type, lecture
python tools/slides.py mark chapters/04_momentum.ipynb < marks
                              write such lines into the notebook; a cell without a line is skipped, "-" continues a slide
python tools/slides.py split chapters/04_momentum.ipynb split 5 split-regimes
                              cut the Markdown cell `split` before its sentence 5, or a block B3; the page stays
python tools/slides.py look _build/html/lectures/04_momentum.html slides.png
                              every slide in one picture, and what does not fit
python tools/slides.py pdf _build/html/lectures/*.html       print decks to files beside them, one page a slide
"""

import argparse
import json
import re
import sys
from pathlib import Path

import nbformat

SITE_TESTS = Path(__file__).parents[1] / "tests" / "site"


def outline(path):
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        lecture = cell.metadata.get("lecture", "")
        mark = f"{slide_type(cell) or '-'} {json.dumps(lecture) if lecture else ''}"
        print(f"\n[{number}] {cell.id} ({cell.cell_type}) {mark}")
        if cell.cell_type == "markdown":
            print("\n".join(numbered(cell.source)))
        else:
            lines = cell.source.splitlines()
            tags = [t for t in cell.metadata.get("tags", []) if t.startswith(("hide", "remove"))]
            printed = "".join(output.get("text", "") for output in cell.outputs)
            print(f"    {lines[0][:70]} … {len(lines)} lines {tags or ''}" + (f"\n{printed}" if printed else ""))


def numbered(text):
    """Return the lines of a Markdown cell, its sentences with their number ("3 |") and its blocks with theirs ("B1|").

    This follows _ext/slide_content.py, which works on the parsed page and has the last word: it warns of numbers that
    do not exist.
    """
    said = blocks = 0
    inside, made = None, []
    claim = False
    for line in text.splitlines():
        mark = "  "
        if inside == "fold":
            inside = None if line.startswith("</details>") else inside
        elif inside == "claim":
            if line == ":::":
                inside = None
            elif line and not line.startswith(":"):
                said += 1
                mark = str(said)
        elif inside:
            inside = None if line.strip() == inside or (inside == "table" and not line.startswith("|")) else inside
        elif line.startswith("<details"):
            inside = "fold"
        elif re.match(r"\$\$|:::|```|\|", line):
            claim = line.startswith(":::") and ":class: claim" in text[text.index(line) :].split(":::")[1]
            blocks += 1
            mark, inside = f"B{blocks}", "claim" if claim else {"|": "table"}.get(line[0], line[:3].rstrip("{"))
            if line.startswith("$$") and line.rstrip().endswith("$$") and len(line) > 4:
                inside = None
        elif re.match(r"(- |\d+\. )", line):
            if not made or not re.match(r"....\|(- |\d+\. |  )", made[-1]):
                blocks += 1
                mark = f"B{blocks}"
        elif line.strip() and not re.match(r"#|  |\([\w-]+\)=$|\*[^*].*\*$", line):
            said += 1
            mark = str(said)
        made.append(f"{mark:>3} |{line}")
    return made


def slide_type(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type", "")


def marks(path):
    for cell in nbformat.read(path, as_version=4).cells:
        lecture = cell.metadata.get("lecture")
        kind = slide_type(cell) or "-"
        if kind != "skip":
            print(f"{cell.id:28} {kind:9} {json.dumps(lecture) if lecture else ''}".rstrip())


def mark(path, lines):
    notebook = nbformat.read(path, as_version=4)
    wanted = {}
    for line in filter(None, (line.partition("#")[0].strip() for line in lines)):
        name, kind, *lecture = line.split(maxsplit=2)
        wanted[name] = kind, json.loads(lecture[0]) if lecture else None
    unknown = wanted.keys() - {cell.id for cell in notebook.cells}
    if unknown:
        sys.exit(f"{path} has no cell {', '.join(sorted(unknown))}")
    for cell in notebook.cells:
        kind, lecture = wanted.get(cell.id, ("skip", None))
        for key in ("slideshow", "lecture"):
            cell.metadata.pop(key, None)
        if kind != "-":
            cell.metadata["slideshow"] = {"slide_type": kind}
        if lecture:
            cell.metadata["lecture"] = lecture
    Path(path).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def split(path, name, before, new):
    """Cut the Markdown cell `name` before a sentence ("5") or block ("B3"): the rest becomes the cell `new`. The page stays."""
    notebook = nbformat.read(path, as_version=4)
    number = next((i for i, cell in enumerate(notebook.cells) if cell.id == name), None)
    if number is None or new in {cell.id for cell in notebook.cells}:
        sys.exit(f"{path} has {'no cell ' + name if number is None else 'a cell ' + new + ' already'}")
    cell = notebook.cells[number]
    lines, marked = cell.source.splitlines(), [line[:3].strip() for line in numbered(cell.source)]
    if before not in marked:
        sys.exit(f"cell {name} has no {before}; it has {', '.join(filter(None, marked))}")
    at = marked.index(before)
    notebook.cells.insert(number + 1, nbformat.v4.new_markdown_cell("\n".join(lines[at:]).strip(), id=new))
    cell.source = "\n".join(lines[:at]).strip()
    Path(path).write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


def look(page, picture):
    sys.path.insert(0, str(SITE_TESTS))
    import slides  # with the browser of the tests

    print(*slides.look(Path(page), Path(picture)), sep="\n")


def pdf(pages):
    sys.path.insert(0, str(SITE_TESTS))
    import slides

    for page in map(Path, pages):
        if 'class="deck"' in page.read_text(encoding="utf-8"):
            page.with_suffix(".pdf").write_bytes(slides.printed(page))
            print(page.with_suffix(".pdf"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("outline", "marks", "mark", "split", "look", "pdf"))
    parser.add_argument("path")
    parser.add_argument("more", nargs="*", help="`look`: where the picture goes; `split`: cell, number, id of the new cell")
    options = parser.parse_args()
    if options.what == "look":
        look(options.path, *options.more or ["slides.png"])
    elif options.what == "pdf":
        pdf([options.path, *options.more])
    elif options.what == "split":
        split(options.path, *options.more)
    elif options.what == "mark":
        mark(options.path, sys.stdin.readlines())
    else:
        {"outline": outline, "marks": marks}[options.what](options.path)


if __name__ == "__main__":
    main()
