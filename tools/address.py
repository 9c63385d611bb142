"""Change the addresses of the repository and of the site, in _config.yml and wherever else they stand.

    python tools/address.py [--repository https://github.com/you/course] [--site https://you.github.io/course/] [--branch main]

What is not given stays. Without arguments nothing changes, and the addresses are printed.
They are read from _config.yml; every text file that git tracks is searched for them, so no list of copies can go out of date.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
GITHUB = "https://github.com/"
# What stands before the owner's name in the addresses of GitHub, of its raw files, of Colab and of Binder.
BEFORE = r"(?:github\.com[/:]|githubusercontent\.com/|colab\.research\.google\.com/github/|mybinder\.org/v2/gh/)"
END = r"(?![\w-]|\.(?!git\b)\w)"  # `ada/book` ends before `.git`, `/` or the end of a sentence, not within `ada/book-2`
# What stands between a repository's name and a branch: `@main`, `/blob/main/`, Binder's `/main`.
REFERENCE = r"(?:\.git)?(?:@|/(?:blob/|tree/|edit/|raw/|(?:archive/)?refs/heads/)?)"


class Refused(Exception):
    """An address of another form than is expected."""


@dataclass(frozen=True)
class Address:
    """Where the book lives: `repository` is owner/name on GitHub, `site` ends with a slash, `branch` is what is published."""

    repository: str
    site: str
    branch: str


def read(config):
    """Return the addresses that the text of _config.yml gives."""
    settings = {
        "repository": rf"^  url: {GITHUB}([\w.-]+/[\w.-]+)$",
        "site": r"^  baseurl: (https://\S+/)$",
        "branch": r"^  branch: ([\w.-]+)$",
    }
    found = {name: re.search(pattern, config, re.M) for name, pattern in settings.items()}
    for name, match in found.items():
        if not match:
            raise Refused(f"_config.yml gives no {name} in the form that is expected: a line {settings[name]}")
    return Address(**{name: match[1] for name, match in found.items()})


def checked_repository(given):
    """Return owner/name of the address of a repository on GitHub. Nothing is repaired: the message says what to give."""
    match = re.fullmatch(r"(?i:https?://)?(?i:www\.)?(?i:github\.com)/([\w.-]+)/([\w.-]+?)(?:\.git)?/*", given)
    if match and given == f"{GITHUB}{match[1]}/{match[2]}":
        return f"{match[1]}/{match[2]}"
    hint = f"Try REPOSITORY={GITHUB}{match[1]}/{match[2]}" if match else "Binder, Colab and the workflows reach GitHub alone."
    raise Refused(
        f"REPOSITORY={given!r}: expected {GITHUB}owner/name, with https, and without '.git' or a slash at the end. {hint}"
    )


def checked_site(given):
    """Return the address of a site. Nothing is repaired: the message says what to give."""
    if re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[\w.~-]+)*/", given):
        return given
    match = re.fullmatch(r"(?i:https?://)?([\w-]+(?:\.[\w-]+)+)((?:/[\w.~-]+)*)/*", given)
    hint = f"Try SITE=https://{match[1].lower()}{match[2]}/" if match else "For example SITE=https://you.github.io/course/"
    raise Refused(
        f"SITE={given!r}: expected https://host/ or https://host/path/, with https, the host in lower case, "
        f"a slash at the end, and nothing behind it. {hint}"
    )


def checked_branch(given):
    """Return the name of a branch."""
    if re.fullmatch(r"[A-Za-z0-9_][\w.-]*", given):
        return given
    raise Refused(f"BRANCH={given!r}: expected the name of a branch without slashes or spaces. For example BRANCH=main")


def rewritten(name, text, old, new):
    """Return the text of the file `name` with the old addresses replaced by the new ones."""
    repository, branch = re.escape(old.repository) + END, re.escape(old.branch) + r"(?![\w-]|\.(?!zip\b|tar\b)\w)"
    if name == "_config.yml":
        text = re.sub(rf"^(  branch: ){branch}$", rf"\g<1>{new.branch}", text, flags=re.M)
    if name.startswith(".github/workflows/"):
        text = re.sub(rf"(\bbranches: \[|refs/heads/){branch}", rf"\g<1>{new.branch}", text)
    text = re.sub(rf"({BEFORE}{repository}{REFERENCE}){branch}", rf"\g<1>{new.branch}", text)
    text = re.sub(rf"({BEFORE}){repository}", rf"\g<1>{new.repository}", text)
    site = old.site.removesuffix("/")
    return re.sub(rf"{re.escape(site)}(?![\w-]|\.\w)", new.site.removesuffix("/"), text)


def tracked(root):
    """Yield (name, text) of each text file that git tracks below `root`."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, encoding="utf-8")
    if done.returncode:
        raise Refused(f"git cannot list the files of {root}: {done.stderr.strip()} Run this in a clone of the repository.")
    for name in filter(None, done.stdout.split("\0")):
        try:
            yield name, (root / name).read_bytes().decode("utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a font or a picture; a file that was deleted and not yet committed


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    for option in ("--repository", "--site", "--branch"):
        parser.add_argument(option)
    given = parser.parse_args(arguments)
    try:
        old = new = read((ROOT / "_config.yml").read_text(encoding="utf-8"))
        for name, check in {"repository": checked_repository, "site": checked_site, "branch": checked_branch}.items():
            if getattr(given, name) is not None:
                new = replace(new, **{name: check(getattr(given, name))})
        files = list(tracked(ROOT))
    except Refused as error:
        print(error, file=sys.stderr)
        return 1
    for name, text in files:
        changed = rewritten(name, text, old, new)
        if changed != text:
            (ROOT / name).write_bytes(changed.encode("utf-8"))
            print(f"{name}: changed")
    print(f"The repository is at {GITHUB}{new.repository}, branch {new.branch}; the site is at {new.site}")
    if new == old:
        example = f"REPOSITORY={GITHUB}you/course SITE=https://you.github.io/course/ [BRANCH=main]"
        print(f"To change it: make address {example}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
