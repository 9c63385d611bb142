"""The foot of each page: version and date of the book, its licence, and a link that reports a mistake on this very page."""

import os
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin

ROOT = Path(__file__).resolve().parents[1]
PLACE = re.compile(r'(<span class="edition">)[^<]*(</span>)')
BODY = "Page: {address}\n\nWhat it says:\n\n\nWhat is wrong with it:\n"


def version():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def date(root=ROOT):
    """Return the date of what is built: SOURCE_DATE_EPOCH, else that of git's last commit; None outside a repository."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    if seconds is None and (root / ".git").exists():
        command = ["git", "log", "-1", "--format=%ct"]
        seconds = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout.strip()
    return datetime.fromtimestamp(int(seconds), UTC).date() if seconds else None


def edition(root=ROOT):
    """Return the version and the date of the book as one phrase."""
    day = date(root)
    return f"Version {version()}" + (f", {day.isoformat()}" if day else "")


def report(repository, title, address):
    """Return the address at which a mistake on a page is reported, with the page's title and address filled in."""
    given = {"title": f"A mistake on the page “{title}”", "body": BODY.format(address=address)}
    return f"{repository}/issues/new?{urlencode(given, quote_via=quote)}"


def foot(app, pagename, templatename, context, doctree):
    """Fill in the theme's place for more words at the foot of a page."""
    repository, branch = (app.config.html_theme_options[key] for key in ("repository_url", "repository_branch"))
    title = re.sub(r"<[^>]*>", "", context.get("title") or app.config.html_title)
    address = report(repository, title, urljoin(app.config.html_baseurl, app.builder.get_target_uri(pagename)))
    context["theme_extra_footer"] = (
        f'<p><span class="edition">{escape(edition())}</span>. '
        f'Text and figures <a href="{repository}/blob/{branch}/LICENSE-text.md">CC BY 4.0</a>, '
        f'code <a href="{repository}/blob/{branch}/LICENSE">MIT</a>.</p>\n'
        f'<p><a class="report" href="{escape(address)}">Report a mistake on this page</a></p>'
    )


def finish(app, error):
    """Write the same edition on every page, those that an earlier build made too."""
    if error is None and app.builder.format == "html":
        words = escape(edition())
        for path in Path(app.outdir).rglob("*.html"):
            text = path.read_text(encoding="utf-8")
            renewed = PLACE.sub(lambda match: match[1] + words + match[2], text)
            if renewed != text:
                path.write_text(renewed, encoding="utf-8")


def setup(app):
    app.connect("html-page-context", foot)
    app.connect("build-finished", finish, priority=910)  # after the pages were slimmed
    return {"parallel_read_safe": True, "parallel_write_safe": True}
