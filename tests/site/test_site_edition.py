"""The foot of each page: version, date, licence, and a link that reports a mistake on this page."""

import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import built
import visits
import yaml

sys.path.append(str(built.ROOT / "_ext"))
import edition

CONFIG = yaml.safe_load((built.ROOT / "_config.yml").read_text(encoding="utf-8"))
REPOSITORY = CONFIG["repository"]["url"]


def footer(page, site):
    text = (site / page).read_text(encoding="utf-8")
    found = re.findall(r'<footer class="bd-footer-content">.*?</footer>', text, re.S)
    assert len(found) == 1, f"{page} has {len(found)} feet"
    return built.Document(found[0])


def test_version_and_date(page, site):
    """Those of pyproject.toml and of the last commit, or of SOURCE_DATE_EPOCH."""
    wanted = tomllib.loads((built.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    said = footer(page, site).all("span", **{"class": "edition"})[0][1]
    version, _, day = said.removeprefix("Version ").partition(", ")
    assert version == wanted
    if os.environ.get("SOURCE_DATE_EPOCH"):
        assert day == datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC).date().isoformat()
    elif (built.ROOT / ".git").exists():
        command = ["git", "log", "-1", "--format=%cd", "--date=format-local:%Y-%m-%d"]
        environment = os.environ | {"TZ": "UTC"}
        done = subprocess.run(command, cwd=built.ROOT, env=environment, capture_output=True, text=True, check=True)
        assert day == done.stdout.strip(), "the site is older than the last commit: run `make book`"
    else:
        assert not day


def test_the_whole_foot(page, site):
    """Licences that exist in the repository, and one link that reports a mistake on this page, in no other place again."""
    links = [a["href"] for a, _ in footer(page, site).all("a")]
    branch = CONFIG["repository"]["branch"]
    for name in ("LICENSE-text.md", "LICENSE"):
        assert f"{REPOSITORY}/blob/{branch}/{name}" in links
        assert (built.ROOT / name).is_file()
    text = built.document(page, site)
    reports = [a["href"] for a, _ in text.all("a") if "/issues/new" in a.get("href", "")]
    assert len(reports) == 1 and reports[0] in links and reports[0].startswith(REPOSITORY + "/issues/new?"), reports
    given = parse_qs(urlsplit(reports[0]).query)
    (canonical,) = [a["href"] for a, _ in text.all("link", rel="canonical")]
    title = text.all("title")[0][1].partition(" — ")[0]
    assert title in given["title"][0] or not built.source(built.original(page))  # the index and the search have no title there
    assert canonical in given["body"][0]


def test_the_link_is_seen_on_a_phone(tour, chapter):
    link = tour.visit(chapter, visits.PHONE).page.locator("footer a.report")
    box = link.bounding_box()
    assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 12, box


def test_the_date_comes_from_the_epoch_or_from_git_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert edition.date(tmp_path).isoformat() == "1970-01-02"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert edition.date(tmp_path) is None
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "A commit", "--date=2001-02-03T00:00:00Z"]):
        environment = (
            os.environ
            | {"GIT_COMMITTER_DATE": "2004-05-06T23:30:00Z"}
            | {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        )
        subprocess.run(["git", *command], cwd=tmp_path, env=environment, check=True)
    assert edition.date(tmp_path).isoformat() == "2004-05-06"


def test_a_title_is_quoted():
    """What a title may hold arrives whole."""
    given = parse_qs(urlsplit(edition.report("https://x.org/a/b", "A & B #1?", "https://x.org/p.html#q")).query)
    assert given["title"] == ["A mistake on the page “A & B #1?”"]
    assert "https://x.org/p.html#q" in given["body"][0]
