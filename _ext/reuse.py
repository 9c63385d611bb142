"""What the page on reuse says of this book, from the files in which it stands.

    ```{attribution} markdown    how to name the book: plain, markdown, html or bibtex
    ```
    ```{third-party}             what was made by others, from third_party.toml
    ```

The title and the address of the site are those of _config.yml, authors and version those of CITATION.cff.
"""

import tomllib
from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import Directive, directives

from table_nodes import table, text_row

LICENCE = ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/")  # of the text and figures: LICENSE-text.md


def attribution(form, title, site, citation):
    """Return the text that names the book, in one of four forms."""
    names = [a.get("name") or f"{a['given-names']} {a['family-names']}" for a in citation["authors"]]
    by = "its authors" if names == [f"The authors of {title}"] else ", ".join(names)
    licence, deed = LICENCE
    if form == "plain":
        return f'"{title}" by {by}, {site}, licensed under {licence}, {deed}'
    if form == "markdown":
        return f'"[{title}]({site})" by {by}, licensed under [{licence}]({deed})'
    if form == "html":
        work = f'<a href="{escape(site)}">{escape(title)}</a>'
        return f'“{work}” by {escape(by)}, licensed under <a rel="license" href="{deed}">{licence}</a>'
    fields = {
        "title": f"{{{title}}}",
        "author": " and ".join(f"{{{name}}}" for name in names),
        "version": citation["version"],
        "url": site,
        "note": f"Text and figures {licence}, code MIT",
    }
    if "date-released" in citation:
        fields["date"] = str(citation["date-released"])
    lines = (f"  {key} = {{{value}}}," for key, value in fields.items())
    return "\n".join(["@software{optimization_live,", *lines, "}"])


class Attribution(Directive):
    required_arguments = 1

    def run(self):
        form = directives.choice(self.arguments[0], ("plain", "markdown", "html", "bibtex"))
        env = self.state.document.settings.env
        file = Path(env.srcdir, "CITATION.cff")
        env.note_dependency(str(file))
        citation = yaml.safe_load(file.read_text(encoding="utf-8"))
        text = attribution(form, env.config.html_title, env.config.html_baseurl, citation)
        return [nodes.literal_block(text, text, language="none", classes=["wrapped"])]


class Others(Directive):
    def run(self):
        env = self.state.document.settings.env
        file = Path(env.srcdir, "third_party.toml")
        env.note_dependency(str(file))
        parts = tomllib.loads(file.read_text(encoding="utf-8"))["part"]
        made, body = table({"The work": 46, "What it is here": 30, "Its licence": 24}, classes=["no-row-stripes"])
        for part in parts:
            name = nodes.reference("", part["name"], refuri=part["source"], internal=False)
            work = [name, nodes.Text(f", by {part['by']}")]
            body += text_row([work, [nodes.Text(part["use"])], [nodes.Text(part["licence"])]])
        return [made]


def setup(app):
    app.add_directive("attribution", Attribution)
    app.add_directive("third-party", Others)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
