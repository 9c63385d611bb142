"""What a first visit to each page of the built site loads, compressed as GitHub Pages does (gzip -6).

    python benchmarks/page_weight.py [--site _build/html] [--files]

`--files` lists the files of each page. Bar: a chapter page, with its figures and mathematics, at most 250 kB.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "site"))
import built  # noqa: E402
import drive  # noqa: E402

KINDS = {".html": "page", ".js": "scripts", ".css": "styles", ".woff2": "fonts", ".svg": "pictures", ".png": "pictures"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--site", type=Path, default=built.HTML)
    parser.add_argument("--files", action="store_true", help="list the files of each page")
    given = parser.parse_args()
    if not (given.site / "index.html").is_file():
        print(built.MISSING, file=sys.stderr)
        return 1
    names = [*dict.fromkeys(KINDS.values()), "other"]
    print(f"{'page':<40}" + "".join(f"{name:>10}" for name in names) + f"{'total':>10}   kB, compressed")
    server = built.Server(given.site)
    with drive.chromium_browser() as browser:
        for page in built.pages(given.site):
            weights = built.weigh(server, browser, page)
            sums = dict.fromkeys(names, 0)
            for path, size in weights.items():
                sums[KINDS.get(Path(path).suffix, "other")] += size
            print(
                f"{page:<40}" + "".join(f"{sums[name] / 1000:>10.1f}" for name in names) + f"{sum(sums.values()) / 1000:>10.1f}"
            )
            for path, size in sorted(weights.items(), key=lambda item: -item[1]) if given.files else ():
                print(f"{size / 1000:>12.1f}  {path}")
    server.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
