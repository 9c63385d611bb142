"""What the page on reuse says: the list of what others made is whole and true, and the book is named as it should be."""

import re
import subprocess
import tomllib
from importlib.metadata import files, metadata
from pathlib import Path

import pytest
from pybtex.database import parse_string

import reuse

ROOT = Path(__file__).parents[2]
PARTS = tomllib.loads((ROOT / "third_party.toml").read_text(encoding="utf-8"))["part"]
LOCKED = set(re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.M))
TRACKED = set(
    subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.split("\n")
)
OURS = {"LICENSE", "LICENSE-text.md"}


def complaints(part):
    """Yield what is wrong with an entry of the list."""
    for key in ("name", "use", "by", "licence", "source"):
        if not part.get(key):
            yield f"no {key}"
    if ("path" in part) == ("package" in part):
        yield "expected either a path in the repository or a package of the lock"
    if "path" in part:
        if not any(name == part["path"] or name.startswith(f"{part['path']}/") for name in TRACKED):
            yield f"{part['path']} is not in the repository"
        if not (ROOT / part.get("text", "")).is_file():
            yield f"the text of its licence is not there: {part.get('text')}"
    elif "package" in part:
        if part["package"] not in LOCKED:
            yield f"{part['package']} is not in requirements.lock"
        elif "notice" in part:
            if not any(str(file).endswith(part["notice"]) for file in files(part["package"])):
                yield f"{part['package']} has no file {part['notice']}"
        else:
            about = metadata(part["package"])
            said = " ".join([about.get("License-Expression") or "", *about.get_all("Classifier", [])])
            if part["licence"].split("-")[0] not in said:
                yield f"{part['package']} says of its licence: {about.get('License-Expression') or about.get('License')}"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part["name"])
def test_part(part):
    assert list(complaints(part)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"path": "_assets/none"},
        {"text": "_assets/none/LICENSE"},
        {"licence": ""},
        {"package": "sphinx"},
        {"path": None, "package": "no-such-package"},
        {"path": None, "package": "sphinx-copybutton", "licence": "GPL-3.0-only"},
        {"path": None, "package": "sphinx", "notice": "static/none.txt"},
    ],
)
def test_a_wrong_entry_is_seen(change):
    part = {key: value for key, value in (PARTS[0] | change).items() if value is not None}
    assert list(complaints(part))


def unlisted(names):
    """Yield the licences and the data among the files that no entry covers."""
    for name in sorted(names - OURS):
        licence = re.match(r"(LICEN[CS]E|COPYING|NOTICE)", name.rpartition("/")[2])
        data = name.startswith("optlib/datasets/") and not name.endswith(".md")
        covered = any(name == path or name.startswith(f"{path}/") for path in (part.get("path") for part in PARTS) if path)
        if (licence or data) and not covered:
            yield name


def test_nothing_of_others_is_missing():
    assert list(unlisted(TRACKED)) == []
    assert list(unlisted({"_assets/new/LICENSE.txt", "optlib/datasets/new.csv"})) == [
        "_assets/new/LICENSE.txt",
        "optlib/datasets/new.csv",
    ]


TITLE, SITE = "A <Book>", "https://ada.example.org/book/"
CITATION = {"authors": [{"given-names": "Ada", "family-names": "L"}, {"name": "The others"}], "version": "1.2.3"}


@pytest.mark.parametrize("form", ["plain", "markdown", "html"])
def test_the_book_is_named_with_its_licence(form):
    text = reuse.attribution(form, TITLE, SITE, CITATION)
    assert SITE in text and "Ada L, The others" in text and all(part in text for part in reuse.LICENCE)
    assert ("A &lt;Book&gt;" if form == "html" else TITLE) in text


def test_the_entry_for_a_bibliography_can_be_read():
    text = reuse.attribution("bibtex", TITLE, SITE, CITATION | {"date-released": "2026-01-31"})
    entry = parse_string(text, "bibtex").entries["optimization_live"]
    assert entry.type == "software" and entry.fields["url"] == SITE and entry.fields["version"] == "1.2.3"
    assert entry.fields["title"].strip("{}") == TITLE and len(entry.persons["author"]) == 2
    assert entry.fields["date"] == "2026-01-31"


def test_authors_without_names_are_not_named_twice():
    text = reuse.attribution("plain", TITLE, SITE, {"authors": [{"name": f"The authors of {TITLE}"}], "version": "1.2.3"})
    assert text.startswith(f'"{TITLE}" by its authors, ')
