"""The first code cell of every notebook: it finds the book's library, or installs it. `make clean-notebooks` writes it.

The address stands in _config.yml, the version in pyproject.toml. A version that CHANGES.md calls "not yet released" is
installed from the branch of _config.yml, a released one from its tag.
"""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
ID = "bootstrap"
METADATA = {
    "mystnb": {
        "code_prompt_hide": "Hide the set-up",
        "code_prompt_show": "Show the set-up for a notebook without the library",
    },
    "slideshow": {"slide_type": "skip"},
    "tags": ["hide-cell", ID],
}
CELL = """\
# Finds the book's library, or installs it from the book's repository where it is missing, as in Colab.
import sys

version, source = "{version}", "git+{repository}@{reference}"
anew = "run `%pip uninstall --yes optlib`, restart the kernel, and run this cell again"
try:
    import optlib
except ModuleNotFoundError:
    %pip install --quiet "optlib @ {{source}}"
    try:
        import optlib
    except ModuleNotFoundError:
        raise ModuleNotFoundError(f"pip installed no optlib from {{source}}: its message above says why") from None
    said = f"Installed optlib {{version}} from {{source}}."
else:
    said = f"optlib {{version}} is already there: nothing to install."
if not hasattr(optlib, "run"):
    raise ImportError(f"the optlib that is here is another project of that name: {{anew}}")
if optlib.__version__ != version:
    said = f"optlib {{optlib.__version__}} is here, this notebook is of {{version}}: to get that one, {{anew}}."
print(said)
if "google.colab" in sys.modules:
    from google.colab import output

    output.enable_custom_widget_manager()
    print("Colab's manager for third-party widgets is on: it shows the live figures.")
"""


def fields():
    """Return what the cell depends on."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    heading = re.search(rf"^## {re.escape(version)} \((.*)\)$", (ROOT / "CHANGES.md").read_text(encoding="utf-8"), re.M)
    if not heading:
        raise ValueError(f"CHANGES.md has no heading '## {version} (…)', with the version of pyproject.toml")
    reference = config["branch"] if heading[1] == "not yet released" else f"v{version}"
    return {"version": version, "repository": config["url"].rstrip("/"), "reference": reference}


def source():
    """Return the cell's code."""
    return CELL.format(**fields()).rstrip("\n")


def output():
    """Return what the cell prints where the library is installed, as in a checkout of the book."""
    return f"optlib {fields()['version']} is already there: nothing to install.\n"
