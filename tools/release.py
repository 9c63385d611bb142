"""Prepare a release, open the next version, or print the notes of a release. No network, no commit, no tag.

    python tools/release.py prepare 0.2.0    the version and today's date, wherever they stand; then what to type
    python tools/release.py open 0.3.0       the next version, "not yet released"
    python tools/release.py notes v0.2.0     the section of CHANGES.md for a tag, if all says that it is released

The version stands in pyproject.toml. CITATION.cff, the newest heading of CHANGES.md and the notebooks' first cell repeat it.
A version is released when its heading has a date; CITATION.cff then has the same one.
"""

import argparse
import datetime
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import address

ROOT = Path(__file__).parents[1]
FILES = ("pyproject.toml", "CITATION.cff", "CHANGES.md")
HEADING = re.compile(r"^## (.*)$", re.M)
PENDING = "not yet released"


class Refused(Exception):
    """A version, or a state of the files, from which no release can be made."""


@dataclass(frozen=True)
class Section:
    """A version's part of CHANGES.md; `date` is None as long as the version is not released."""

    version: str
    date: str | None
    text: str


def texts():
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in FILES}


def numbers(version):
    return tuple(map(int, version.split(".")))


def checked(version):
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", version):
        raise Refused(f"VERSION={version!r}: expected three numbers, without a letter before them. For example VERSION=0.2.0")
    return version


def sections(changes):
    """Return the sections of CHANGES.md, newest first."""
    found = []
    for heading, after in zip(*[iter(HEADING.split(changes)[1:])] * 2, strict=True):
        match = re.fullmatch(r"(\d+\.\d+\.\d+) \((?:(\d{4}-\d\d-\d\d)|not yet released)\)", heading)
        if not match:
            raise Refused(
                f"CHANGES.md: the heading '## {heading}' is not of the form '## 0.2.0 (2026-01-31)' or '(… {PENDING})'"
            )
        found.append(Section(match[1], match[2], after.strip()))
    if not found:
        raise Refused(f"CHANGES.md has no heading of a version, such as '## 0.1.0 ({PENDING})'")
    return found


def disagreements(files):
    """Yield what the three files that name the version do not agree upon."""
    version = tomllib.loads(files["pyproject.toml"])["project"]["version"]
    newest, *older = sections(files["CHANGES.md"])
    cited = re.search(r"^version: (\S+)$", files["CITATION.cff"], re.M)
    dated = re.search(r"^date-released: (\S+)$", files["CITATION.cff"], re.M)
    cited, dated = (match and match[1] for match in (cited, dated))
    if newest.version != version:
        yield f"pyproject.toml says {version}, the newest heading of CHANGES.md {newest.version}"
    if cited != version:
        yield f"pyproject.toml says {version}, CITATION.cff {cited}"
    if dated != newest.date:
        said, there = newest.date or "not yet", dated or "not yet"
        yield f"CHANGES.md says that {newest.version} was released {said}, CITATION.cff {there}"
    for before, after in zip([newest, *older], older, strict=False):
        if after.date is None:
            yield f"CHANGES.md: {after.version} is {PENDING}, and {before.version} stands above it"
        elif numbers(after.version) >= numbers(before.version) or (before.date and after.date > before.date):
            yield f"CHANGES.md: {after.version} ({after.date}) stands below {before.version} ({before.date or PENDING})"


def agreed(files):
    found = list(disagreements(files))
    if found:
        raise Refused("\n".join(found))
    return sections(files["CHANGES.md"])


def changed(files, version, date):
    """Return the files with another version; `date` is None for one that is not released. The heading must be there."""
    heading, (newest, *_) = HEADING.search(files["CHANGES.md"]), sections(files["CHANGES.md"])
    line = f"## {version} ({date or PENDING})"
    changes = files["CHANGES.md"].replace(heading[0], line if newest.date is None else f"{line}\n\n{heading[0]}", 1)
    citation = re.sub(r"^date-released: .*\n", "", files["CITATION.cff"], flags=re.M)
    released = f"\ndate-released: {date}" if date else ""
    return {
        "pyproject.toml": re.sub(r'^version = ".*"$', f'version = "{version}"', files["pyproject.toml"], count=1, flags=re.M),
        "CITATION.cff": re.sub(r"^version: .*$", f"version: {version}{released}", citation, flags=re.M),
        "CHANGES.md": changes,
    }


def write(files):
    for name, text in files.items():
        (ROOT / name).write_text(text, encoding="utf-8")
    import clean_notebooks  # needs nbformat, which `notes` does without

    if clean_notebooks.main([]):
        raise Refused("the notebooks name the version too, and could not be written: see above")


def prepare(version):
    files = texts()
    newest, *older = agreed(files)
    if newest.date:
        raise Refused(f"{newest.version} is released. Open the next version first: make next VERSION=…")
    if older and numbers(version) <= numbers(older[0].version):
        raise Refused(f"VERSION={version!r}: expected a version above {older[0].version}, the last release")
    if not newest.text:
        raise Refused(f"CHANGES.md says nothing below '## {newest.version}': write what a reader will notice")
    write(changed(files, version, datetime.date.today().isoformat()))
    branch = address.read((ROOT / "_config.yml").read_text(encoding="utf-8")).branch
    print(
        f"Version {version} is prepared. When `make test` holds and `git diff` shows what you expect:\n\n"
        f'  git commit --all --message "Version {version}"\n'
        f"  git tag v{version} && git push origin {branch} v{version}\n\n"
        f"The tag starts .github/workflows/release.yml. Then open the next version: make next VERSION=…"
    )


def open_next(version):
    files = texts()
    newest, *_ = agreed(files)
    if newest.date is None:
        raise Refused(f"{newest.version} is {PENDING}: release it first, or change its number with make release")
    if numbers(version) <= numbers(newest.version):
        raise Refused(f"VERSION={version!r}: expected a version above {newest.version}, the last release")
    write(changed(files, version, None))
    print(f"Version {version} is open: what a reader will notice goes below its heading in CHANGES.md.")


def notes(tag):
    newest, *_ = agreed(texts())
    if tag != f"v{newest.version}":
        raise Refused(f"the tag is {tag}, the version {newest.version}: expected the tag v{newest.version}")
    if newest.date is None:
        raise Refused(f"{newest.version} is {PENDING}: run make release VERSION={newest.version}, commit, and tag that commit")
    print(newest.text)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", choices=["prepare", "open", "notes"])
    parser.add_argument("version")
    given = parser.parse_args(arguments)
    try:
        if given.command == "notes":
            notes(given.version)
        else:
            {"prepare": prepare, "open": open_next}[given.command](checked(given.version))
    except (Refused, address.Refused) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
