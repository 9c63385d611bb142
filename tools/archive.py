"""Pack the built website into _build/html/downloads/optimization-live-site.zip; the same site gives the same bytes.

JupyterLite, in lite/, stays out: it is larger than the book, and needs a server.
"""

import sys
import zipfile
from pathlib import Path

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
NAME = "optimization-live-site"
ARCHIVE = Path("downloads", f"{NAME}.zip")
APART = ("lite/", ARCHIVE.as_posix())
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold: when a file was written is no part of the site


def pack(site):
    """Write the archive into the site, and return its path."""
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"No built site: {site / 'index.html'} does not exist. Run `make book` first.")
    target = site / ARCHIVE
    target.parent.mkdir(exist_ok=True)
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w") as archive:
        for name in names:
            if not name.startswith((*APART, ".")) and site / name != part:
                entry = zipfile.ZipInfo(f"{NAME}/{name}", EPOCH)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
                entry.create_system = 3
                archive.writestr(entry, (site / name).read_bytes())
    return part.replace(target)


if __name__ == "__main__":
    try:
        path = pack(SITE)
    except FileNotFoundError as error:
        sys.exit(str(error))
    print(f"{path} ({path.stat().st_size / 1e6:.1f} MB)")
