"""The content security policy of a page: what it may load and run, said in the page itself, since Pages sets no headers.

Everything comes from the site. No script runs but the site's files and, by its hash, what the build put into the page.
"""

import base64
import hashlib
import re
from html import escape

INLINE = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.S)
STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.S)
CHARSET = re.compile(r'<meta charset="utf-8"\s*/?>', re.I)
NAME = "Content-Security-Policy"
HANDLER = re.compile(
    r"<[a-z][^<>]*\son(?:blur|change|click|error|focus|input|key\w+|load|mouse\w+|pointer\w+|submit|toggle)=[^<>]*>"
)


def secured(page, more=None):
    """Return a finished page with its policy, which rules all that stands below it; an earlier policy goes.

    `more`: {directive: further sources}.
    """
    page = re.sub(rf'\s*<meta http-equiv="{NAME}"[^>]*>', "", page)
    handler = HANDLER.search(page)
    if handler:
        raise ValueError(
            f"the page's policy would refuse a script in an attribute: {handler[0]}; listen for the event in a file"
        )
    sources = {name: [*known, *(more or {}).get(name, [])] for name, known in directives(page).items()}
    policy = escape("; ".join(f"{name} {' '.join(known)}" for name, known in sources.items()), quote=False)
    secured, found = CHARSET.subn(lambda m: f'{m[0]}\n    <meta http-equiv="{NAME}" content="{policy}" />', page, count=1)
    if not found:
        raise ValueError('a page without <meta charset="utf-8">, after which its policy would stand')
    return secured


def directives(page):
    """Return {directive: sources} of a page."""
    scripts = {digest(text) for attributes, text in INLINE.findall(page) if runs(attributes)}
    return {
        "default-src": ["'none'"],
        # A figure that a notebook defines itself brings its module in the page's state; afm.js imports it as a blob.
        "script-src": ["'self'", *sorted(scripts), *(["blob:"] if '"_esm":' in page else [])],
        "style-src-elem": ["'self'", *sorted({digest(text) for text in STYLE.findall(page)})],
        # KaTeX places its glyphs, and Popper its menus, by style attributes.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],  # data: the icons in the style sheets
        "font-src": ["'self'"],
        "connect-src": ["'self'"],  # the search reads the pages that it found
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "frame-src": ["'self'"],  # the lectures' view for speakers shows the slides in frames
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }


def runs(attributes):
    """Whether a <script> stands in the page and runs: neither a file nor data."""
    kind = re.search(r'\btype="([^"]*)"', attributes)
    return "src=" not in attributes and (kind is None or kind[1] in ("module", "text/javascript"))


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
