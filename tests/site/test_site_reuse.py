"""The page on reuse as it was built: it names this book at this address, and lists what others made."""

import html
import re
import tomllib

import built
import pytest
import yaml

import reuse


def read(name):
    return (built.ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(site):
    return (site / "lectures" / "reuse.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("form", ["plain", "markdown", "html", "bibtex"])
def test_the_book_is_named(text, form):
    config, citation = yaml.safe_load(read("_config.yml")), yaml.safe_load(read("CITATION.cff"))
    blocks = [html.unescape(re.sub(r"<[^>]+>", "", block)).strip() for block in re.findall(r"<pre>.*?</pre>", text, re.S)]
    assert reuse.attribution(form, config["title"], config["html"]["baseurl"], citation) in blocks


def test_what_others_made_is_listed(text):
    rows = [
        html.unescape(re.sub(r"<[^>]+>", " ", row)).replace("’", "'") for row in re.findall(r"<tr\b.*?</tr>", text, re.S)[1:]
    ]
    parts = tomllib.loads(read("third_party.toml"))["part"]
    assert len(rows) == len(parts)
    for row, part in zip(rows, parts, strict=True):
        assert part["name"] in row and part["licence"] in row
