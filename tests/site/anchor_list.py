"""The pages and anchors of the built site, and the list of all that were ever published.

make anchors      adds what is new to tests/site/anchors.txt; nothing is ever removed from it
"""

from pathlib import Path

import built

LIST = Path(__file__).with_name("anchors.txt")


def found(site=built.HTML):
    """Return the pages, and their anchors as page#anchor, but for pages that are made for no reader to link to."""
    pages = [page for page in built.originals(site) if built.source(page, site)]
    return {*pages, *(f"{page}#{name}" for page in pages for name in built.anchors(page, site))}


def listed():
    return set(LIST.read_text(encoding="utf-8").split()) if LIST.exists() else set()


def lost(before, now):
    return sorted(before - now)


if __name__ == "__main__":
    new = found() - listed()
    LIST.write_text("".join(f"{line}\n" for line in sorted(listed() | new)), encoding="utf-8")
    print(f"{len(new)} addresses are new in {LIST.relative_to(built.ROOT)}")
