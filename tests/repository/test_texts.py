"""What stands in the repository's files: one address, no path of one machine, no registry's host, no foreign `optlib`.

Each rule is a function from a text to complaints, so that the last tests can hand it what it must refuse.
"""

import re
import subprocess
from functools import partial
from pathlib import Path

import pytest
import yaml

import address

ROOT = Path(__file__).parents[2]
THIRD_PARTY = {"_assets/katex", "_assets/reveal", "optlib/widgets/vendor", "optlib/datasets"}  # other people's words
EXAMPLES = {"tests/repository/test_texts.py", "tests/repository/test_address.py"}  # of what is refused


def files():
    """Yield (path, text) of every text file that git tracks or would track."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout.split("\n")
    for name in sorted(filter(None, names)):
        path = ROOT / name
        if not path.is_file() or any(name.startswith(folder) for folder in THIRD_PARTY):
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a font, a picture


FILES = dict(files())


# One address


def other_addresses(text, here):
    """Yield what looks like this repository, its site or its branch and is another one."""
    repository, site = here.repository, here.site.removesuffix("/")
    owner, name = repository.split("/")
    # The services that open or install a repository can mean this one only.
    services = [
        r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)",
        r"mybinder\.org/v2/gh/([\w.-]+/[\w.-]+)",
        r"git\+https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?(?=[@#\s\"'`)]|$)",
        r"git clone https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?(?=[\s\"'`)]|$)",
        r"githubusercontent\.com/([\w.-]+/[\w.-]+)",
    ]
    found = {match[1] for pattern in services for match in re.finditer(pattern, text)}
    found |= {
        f"{match[1]}/{match[2]}"
        for match in re.finditer(r"github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?(?=[/#?\s\"'`)>\]]|$)", text, re.M)
        if match[1].lower() == owner.lower() or match[2].lower() == name.lower()
    }
    yield from (f for f in sorted(found) if f != repository)
    for match in re.finditer(r"https?://[\w.-]+\.github\.io(?:/[\w.-]+)?", text):
        similar = owner.lower() in match[0].lower() or name.lower() in match[0].lower()
        if similar and not f"{match[0]}/".startswith(f"{site}/"):
            yield match[0]
    ours = re.escape(repository)
    inside = rf"{ours}(?:\.git)?(?:@|/(?:blob|tree|edit|raw)/)|(?:v2/gh|githubusercontent\.com)/{ours}/"
    for match in re.finditer(rf"(?:{inside})([\w.-]+)", text):
        if match[1] != here.branch and not re.fullmatch(r"v\d+\.\d+\.\d+", match[1]):
            yield match[0]


# What belongs to one machine, or to nobody

MACHINE = re.compile(r"(?<![\w.~$}*-])/(?:root|work|home|Users|tmp|opt)/\w[\w./-]*")  # an absolute path
REGISTRY = re.compile(
    r"--(?:extra-)?index-url|--find-links|files\.pythonhosted\.org|pypi\.org/simple|registry\.(?:npmjs|yarnpkg)\.\w+"
)
FOREIGN = re.compile(r"(?:pip|uv|poetry|conda)(?: pip)? (?:install|add)(?: -\S+)* [\"']?optlib\b(?!\s*@)")


def search(pattern, text):
    return [match[0] for match in pattern.finditer(text)]


RULES = {
    "one address": lambda text: list(other_addresses(text, address.read(FILES["_config.yml"]))),
    "no path of one machine": partial(search, MACHINE),
    "no registry's host": partial(search, REGISTRY),
    "no foreign optlib": partial(search, FOREIGN),  # the name on the public index belongs to an unrelated project
}


@pytest.mark.parametrize("rule", RULES)
def test_every_file(rule):
    complaints = [f"{name}: {what}" for name, text in FILES.items() if name not in EXAMPLES for what in RULES[rule](text)]
    assert not complaints, "\n" + "\n".join(complaints)


def test_the_files_are_found():
    assert {"_config.yml", "pyproject.toml", "optlib/rules.py", "Makefile"} <= set(FILES)
    here = address.read(FILES["_config.yml"])
    assert here.repository.count("/") == 1 and here.site.startswith("https://") and here.branch


# What the rule cannot tell from another project's address, when neither owner nor name are alike


def test_the_readme_names_the_site():
    assert f"<{address.read(FILES['_config.yml']).site}>" in FILES["README.md"]


def test_the_citation_names_both():
    here, citation = address.read(FILES["_config.yml"]), yaml.safe_load(FILES["CITATION.cff"])
    assert (citation["url"], citation["repository-code"]) == (here.site, f"{address.GITHUB}{here.repository}")


MINE = address.Address("ada/book", "https://ada.github.io/book/", "main")
OTHERS = [
    "https://github.com/bob/book",
    "https://github.com/ada/other/issues",
    "https://colab.research.google.com/github/bob/thing/blob/main/a.ipynb",
    "https://mybinder.org/v2/gh/bob/thing/main",
    "pip install git+https://github.com/bob/thing@main",
    "git clone https://github.com/bob/thing.git",
    "https://raw.githubusercontent.com/bob/thing/main/a.png",
    "https://ada.github.io/other/",
    "https://bob.github.io/book/",
    "https://github.com/ada/book/blob/trunk/README.md",
    "https://mybinder.org/v2/gh/ada/book/trunk?urlpath=lab",
    "git+https://github.com/ada/book.git@v1",
]
SAME = [
    "https://github.com/ada/book",
    "https://github.com/ada/book.git",
    "https://github.com/ada/book/issues/new?title=x",
    "https://mybinder.org/v2/gh/ada/book/main?urlpath=lab",
    '%pip install "optlib @ git+https://github.com/ada/book@main"',
    "git+https://github.com/ada/book@v0.1.0",
    "https://github.com/ada/book/blob/main/README.md",
    "https://ada.github.io/book/chapters/02.html",
    "https://github.com/pytorch/pytorch/issues/1",
    "https://distill.github.io/x",
]


@pytest.mark.parametrize("text", OTHERS)
def test_another_address_is_seen(text):
    assert list(other_addresses(f"See {text} there.", MINE))


@pytest.mark.parametrize("text", SAME)
def test_this_address_and_other_projects_pass(text):
    assert list(other_addresses(f"[See]({text}).", MINE)) == []


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("no path of one machine", "open('/root/book/x.txt')"),
        ("no path of one machine", "see /home/me/optlib"),
        ("no path of one machine", "C: /Users/ada/book"),
        ("no path of one machine", "/tmp/figures.js"),
        ("no registry's host", "--index-url https://example.org"),
        ("no registry's host", "https://files.pythonhosted.org/packages/x"),
        ("no registry's host", '"resolved": "https://registry.npmjs.org/x"'),
        ("no foreign optlib", "pip install optlib"),
        ("no foreign optlib", "%pip install -q optlib==1.0"),
    ],
)
def test_rule_refuses(rule, text):
    assert RULES[rule](text)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("no path of one machine", "https://example.org/work/a and ../tmp/x and $HOME/home/x"),
        ("no registry's host", "https://pypi.org/project/anywidget"),
        ("no foreign optlib", 'pip install "optlib @ git+https://github.com/ada/book"'),
        ("no foreign optlib", "pip install numpy && import optlib"),
    ],
)
def test_rule_passes(rule, text):
    assert RULES[rule](text) == []
