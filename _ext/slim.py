"""Makes the built pages light: one style sheet without unused rules, few deferred scripts, fonts of the characters in use.
Mends on the way what the theme leaves inaccessible.

Works on what Sphinx has written, and may run again on what it has worked on before.
"""

import hashlib
import logging
import re
from html import unescape
from itertools import product
from xml.etree import ElementTree

import tinycss2
from fontTools import subset
from fontTools.ttLib import TTFont

import policy

STYLE = re.compile(r'[ \t]*<link\b[^>]*\brel="stylesheet"[^>]*>\n?')
SCRIPT = re.compile(r"[ \t]*<script\b([^>]*)>(.*?)</script>\n?", re.S)
TOKEN = re.compile(r'<span class="(\w{1,3})">([^<]*)</span>')  # of highlighted code
SOURCE = re.compile(r'</?semantics>|<annotation encoding="application/x-tex">[^<]*</annotation>')  # LaTeX that nothing reads
logging.getLogger("fontTools").setLevel(logging.WARNING)
# What only the search page needs, what repeats the icon font, and what no page reads.
UNUSED = re.compile(r"searchtools\.js|language_data\.js|searchindex\.js|fontawesome\.js|DOCUMENTATION_OPTIONS\.|data-mode")

# The book's title stood outside any landmark; the list of references was a list without list items. And:
MENDED = {
    '<div id="pst-primary-sidebar" class="': '<div id="pst-primary-sidebar" role="complementary" aria-label="Book" class="',
    '<div role="list" class="citation-list">': '<div class="citation-list">',
    ' role="doc-biblioentry"': "",
    '<summary><span class="toctree-toggle"': '<summary aria-label="The pages below this one"><span class="toctree-toggle"',
    # Without JavaScript a figure's place stays empty, and its still picture follows it.
    ".pst-js-only { display: none !important; }": ".pst-js-only, .live-figure { display: none !important; }",
    # The theme that the reader wants is known before anything is drawn: to set it later styles the whole page twice.
    'document.documentElement.dataset.theme = localStorage.getItem("theme") || "auto";': "const dark = matchMedia("
    '"(prefers-color-scheme: dark)").matches, mode = document.documentElement.dataset.mode;\n'
    '    document.documentElement.dataset.theme = mode === "auto" ? (dark ? "dark" : "light") : mode;',
    # The content security policy lets no attribute run; page.js listens instead.
    'onclick="window.print()"': "data-print",
}


def site(out, root):
    """Slim all pages under `out`; `root` is the page that the site opens with."""
    static = out / "_static"
    model = (out / "genindex.html").read_text(encoding="utf-8")  # written in every build, with what all pages share
    if "site.css" in model:
        return  # nothing was built
    others = {static, out / "lite"}  # snippets, and the notebook application, which has pages of its own kind
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(out.rglob("*.html")) if others.isdisjoint(path.parents)}
    texts = {path: text for path, text in texts.items() if "<head>" in text}
    styles = [attribute(tag, "href") for tag in STYLE.findall(model)]
    scripts = [part for part in SCRIPT.findall(model) if bundled(*part)]

    # Scripts that every page needs come in one file, but for those of the theme: each is a task of its own, between which the
    # browser answers the reader.
    bundles = {"site.js": ""}
    for attrs, text in scripts:
        src = clean(attribute(attrs, "src") or "")
        if src == "design-tabs.js" and not any("sd-tab-set" in text for text in texts.values()):
            continue
        code = text if text.strip() else source(static, attribute(attrs, "src"))
        if "pydata" in src:
            code = without_tab_stops(code)
        name = f"site-{src.rpartition('/')[2]}" if src.startswith("scripts/") else "site.js"
        bundles[name] = bundles.get(name, "") + code + "\n;\n"
    figures, search = ((static / name).read_text(encoding="utf-8") for name in ("figures.js", "searchtools.js"))
    named = [
        name for text in texts.values() for names in re.findall(r'\b(?:class|id)="([^"]*)"', text) for name in names.split()
    ]
    words = {*named, *re.findall(r"[\w-]+", "\n".join([*bundles.values(), figures, search]))}
    css = purge("\n".join(rebased(static, style) for style in styles), words)
    css = without_unread(css, figures + (static / "figures.css").read_text(encoding="utf-8"))
    plain = plain_tokens(css)
    css = subset_fonts(static, css, texts.values())
    for name, code in bundles.items():
        (static / name).write_text(code, encoding="utf-8")
    (static / "site.css").write_text('@charset "utf-8";\n' + css, encoding="utf-8")

    for path, text in texts.items():
        if 'class="deck"' in text:
            continue  # slides have style sheets of their own
        path.write_text(slimmed(text, path, out, set(styles), scripts, list(bundles), plain), encoding="utf-8")
    # The address of the site shows its first page; Jupyter Book leaves a redirect there.
    (out / "index.html").write_bytes((out / f"{root}.html").read_bytes())
    for leftover in (*static.rglob("*.map"), *static.rglob("*.ttf"), static / "scripts" / "fontawesome.js"):
        leftover.unlink()


def bundled(attrs, text):
    """Whether a script of the model page belongs in the one script of all pages."""
    src = attribute(attrs, "src") or ""
    return "type=" not in attrs and not UNUSED.search(src + text) and "data-cfasync" not in attrs


def slimmed(text, page, out, styles, scripts, bundles, plain):
    """Return a page with the shared style sheets and scripts replaced by one of each."""
    here = "../" * (len(page.relative_to(out).parts) - 1) + "_static/"
    shared = {clean(attribute(attrs, "src")) if attribute(attrs, "src") else body for attrs, body in scripts}
    version = lambda name: f"{here}{name}?v={digest(out / '_static' / name)}"  # noqa: E731

    if "site.css" in text:  # slimmed in an earlier build
        return re.sub(r'[^"]*_static/(site[\w-]*\.\w+)\?v=\w+', lambda m: version(m[1]), text)
    names = {clean(s) for s in styles}
    text = STYLE.sub(lambda m: "" if clean(attribute(m[0], "href")) in names else m[0], text)
    head = f'<link rel="stylesheet" href="{version("site.css")}" />\n'

    if page.name != "search.html":  # the search page needs its scripts in their order

        def keep(match):
            src = attribute(match[1], "src")
            if (clean(src) if src else match[2]) in shared:
                return ""
            if UNUSED.search((src or "") + match[2]) and "data-cfasync" not in match[1]:
                return ""
            return match[0]

        text = SCRIPT.sub(keep, text)
        text = re.sub(r'<link rel="preload" as="script"[^>]*>\n?', "", text)
        head += "".join(f'<script defer src="{version(name)}"></script>\n' for name in bundles)
    else:
        text = re.sub(r"[ \t]*<script[^>]*fontawesome\.js[^>]*></script>\n?", "", text)
    # The theme repeats the title and the contents for paper; one heading serves both, and search engines.
    text = re.sub(r'<div id="jb-print-docs-body".*?(?=<div id="searchbox">)', "", text, flags=re.S)
    # One viewport declaration; the figures' scripts after the shared one.
    first, *others = re.findall(r'<meta name="viewport"[^>]*>', text)
    for other in dict.fromkeys([first, *others]):
        text = text.replace(other, "")
    text = text.replace("<head>", f"<head>\n    {first}", 1)
    text = text.replace("<!-- Loaded before other Sphinx assets -->", head, 1)
    # The figures' state is read last: it need not hold up the head.
    states = [m[0] for m in SCRIPT.finditer(text) if "widget-state+json" in m[1]]
    for state in states:
        text = text.replace(state, "")
    text = text.replace("</body>", "".join(states) + "</body>", 1)
    for before, after in MENDED.items():
        text = text.replace(before, after)
    text = SOURCE.sub("", text)
    text = TOKEN.sub(lambda m: m[2] if m[1] in plain else m[0], text)
    return policy.secured(re.sub(r"<img\b[^>]*>", lambda m: sized(m[0], page), text))


def sized(tag, page):
    """Return an <img> with the picture's width and height, so that the text below does not move when it arrives."""
    src = attribute(tag, "src") or ""
    if "_static/images/logo_" in src:  # in a menu that is closed
        return tag.replace("<img", '<img loading="lazy" width="20" height="20"', 1)
    if "_images/" not in src or not src.endswith(".svg") or " width=" in tag:
        return tag
    root = ElementTree.parse(page.parent / src).getroot()
    width, height = pixels(root.get("width")), pixels(root.get("height"))
    return tag.replace("<img", f'<img width="{width}" height="{height}" loading="lazy" decoding="async"', 1)


def pixels(length):
    """Return an SVG length, in points or pixels, in whole pixels."""
    value = float(re.sub(r"[a-z]+$", "", length))
    return round(value * 4 / 3 if length.endswith("pt") else value)


def without_tab_stops(code):
    """Return the theme's script without its search for boxes that scroll, which lays out the whole page; page.js does it."""
    search = r'\{const (\w+)=\(\)=>\{document\.querySelectorAll\(\["pre",.*?\{subtree:!0,childList:!0\}\),\1\(\)\}'
    code, found = re.subn(search, "{}", code)
    if found != 1:
        raise ValueError(f"the theme's function that makes scrolling boxes focusable was found {found} times, not once")
    return code


# Style sheets ---------------------------------------------------------------------------------------------------------


def rebased(static, href):
    """Return a style sheet's text, its imports resolved and its addresses relative to _static/."""
    path = static / clean(href)

    def address(match):
        target = match[1].strip("'\"")
        if target.startswith(("data:", "#", "http:", "https:", "/")):
            return match[0]
        folder = (path.parent / target).resolve().relative_to(static.resolve())
        return f"url({folder.as_posix()})"

    text = path.read_text(encoding="utf-8")
    text = re.sub(r"""url\(((?:"[^"]*"|'[^']*'|[^)"']*))\)""", address, text)
    text = re.sub(r'@charset\s+"[^"]*";', "", text)
    return re.sub(r'@import\s+"([^"]+)";', lambda m: rebased(static, str((path.parent / m[1]).resolve())), text)


def purge(css, words):
    """Return the style sheet without the selectors that name a class or an id which stands in no page and no script."""
    return "".join(kept(rule, words) for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))


def kept(rule, words):
    if rule.type == "error":
        raise ValueError(f"style sheet, line {rule.source_line}: {rule.message}")
    if rule.type == "at-rule":
        if rule.at_keyword in {"media", "supports"}:
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            body = "".join(kept(r, words) for r in inner)
            return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{body}}}" if body else ""
        return rule.serialize()
    selectors, current = [], []
    for token in [*rule.prelude, None]:
        if token is None or (token.type == "literal" and token.value == ","):
            selectors.append(current)
            current = []
        else:
            current.append(token)
    used = [s for s in selectors if named(s) <= words]
    if not used:
        return ""
    content = [t for t in rule.content if t.type != "comment"]
    return ",".join(tinycss2.serialize(s).strip() for s in used) + "{" + tinycss2.serialize(content).strip() + "}"


def without_unread(css, others):
    """Return the style sheet without the variables that neither it nor the other texts read."""
    before = None
    while css != before:  # a variable may be read by another one alone
        before, read = css, {*re.findall(r"var\(\s*(--[\w-]+)", css), *re.findall(r"--[\w-]+", others)}
        css = re.sub(r"(?<=[{;])\s*(--[\w-]+)\s*:[^;{}]*(?:;|(?=\}))", lambda m, read=read: m[0] if m[1] in read else "", css)
    return css


def plain_tokens(css):
    """Return the classes of highlighted code that look like the code around them in each theme."""
    looks = {}
    for theme, name, look in re.findall(r'html\[data-theme="?(\w+)"?\] \.highlight(?: \.(\w+))?\{([^}]*)\}', css):
        looks.setdefault(name, {}).setdefault(theme, look.split(";"))
    around = looks.pop("")
    colour = {
        theme: next(part.strip() for part in parts if part.strip().startswith("color")) for theme, parts in around.items()
    }
    return {name for name, themes in looks.items() if {t: "".join(p).strip() for t, p in themes.items()} == colour}


def named(selector):
    """Return the classes and ids that an element must have for this selector; what stands in :not(), :is() is not counted."""
    names = {t.value for t in selector if t.type == "hash"}
    for before, token in zip(selector, selector[1:]):  # noqa: B905
        if before.type == "literal" and before.value == "." and token.type == "ident":
            names.add(token.value)
    return names


def subset_fonts(static, css, pages):
    """Write the fonts, reduced to the characters set in them, to _static/fonts; return the style sheet naming them there."""
    icons = {ord(c) for c in css if 0xE000 <= ord(c) <= 0xF8FF}
    (static / "fonts").mkdir(exist_ok=True)
    css = re.sub(r",\s*url\([^)]*\.ttf\)\s*format\([^)]*\)", "", css)
    characters = set_in(css, pages)
    for face in re.findall(r"@font-face\s*\{([^}]*)\}", css):
        look = {name: value.strip("\"' ") for name, value in re.findall(r"([\w-]+)\s*:\s*([^;]+)", face)}
        look = (look.get("font-family"), WEIGHT.get(look.get("font-weight"), "400"), look.get("font-style", "normal"))
        for address in re.findall(r"url\(([^)]*\.woff2)\)", face):
            font = static / address
            reduced(font, icons if font.name.startswith("fa-") else characters.get(look, set()), static / "fonts" / font.name)
            css = css.replace(address, f"fonts/{font.name}")
    return css


LOOK = ("font-family", "font-weight", "font-style")
WEIGHT = {"normal": "400", "bold": "700", "400": "400", "700": "700", "900": "900"}


def set_in(css, pages):
    """Return {(family, weight, style): characters} of the mathematics in the pages; what a rule might choose is counted in."""
    rules = []
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        chosen = {n: v.strip("\"' ") for n, v in re.findall(r"(?<![\w-])(font-(?:family|weight|style))\s*:\s*([^;,]+)", body)}
        for selector in selectors.split(",") if chosen else ():
            names = set(re.findall(r"\.([\w-]+)", selector))
            if "katex" in names:
                rules.append((names - {"katex"}, chosen))
    places = {}  # the characters of each set of classes around them
    for page in pages:
        inside = []
        for tag, name, text in re.findall(r'<(/?span)(?:[^>]*?class="([^"]*)")?[^>]*>|([^<]+)', page):
            if tag == "span":
                inside.append(name.split())
            elif tag:
                inside.pop()
            elif ["katex-html"] in inside:
                places.setdefault(frozenset(c for classes in inside for c in classes), set()).update(unescape(text))
    found = {}
    for around, text in places.items():
        looks = {"font-family": {"KaTeX_Main"}, "font-weight": {"400"}, "font-style": {"normal"}}
        for names, chosen in rules:
            if names <= around:
                for part, value in chosen.items():
                    looks[part].add(WEIGHT[value] if part == "font-weight" else value)
        for look in product(*(looks[part] for part in LOOK)):
            found.setdefault(look, set()).update(map(ord, text))
    return found


def reduced(path, characters, target):
    font = TTFont(path)
    # Without its hints, which screens of today do not need, a font weighs a fifth less.
    subsetter = subset.Subsetter(subset.Options(layout_features=["*"], notdef_outline=True, hinting=False))
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(target)


# Small helpers --------------------------------------------------------------------------------------------------------


def attribute(tag, name):
    match = re.search(rf'\b{name}="([^"]*)"', tag)
    return match[1] if match else None


def clean(href):
    """Return an address of a static file relative to _static/, without its version."""
    return re.sub(r"^(\.\./)*_static/", "", href).partition("?")[0]


def source(static, src):
    text = (static / clean(src)).read_text(encoding="utf-8")
    text = re.sub(r"^//# sourceMappingURL=.*$", "", text, flags=re.M)
    return re.sub(r"^[ \t]*(?://.*|/\*(?s:[^!].*?)\*/)?\n", "", text, flags=re.M)  # but for the notices of licences


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
