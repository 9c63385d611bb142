"""Find a Chromium for the browser tests, and install one where there is none.

    python tests/site/chromium.py      prints its path, which the tests read from the variable CHROMIUM

Where none can be had, one line says so; where CI is set that is a failure, since the browser tests are never skipped there.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find():
    """Return the path of a Chromium on this machine, or None."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named
    candidates = [shutil.which(name) for name in NAMES] + [path for path in APPLICATIONS if Path(path).exists()]
    return next((path for path in candidates if path), None) or playwrights()


def playwrights():
    """Return the path of the Chromium that Playwright installed for itself, or None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install():
    """Try to install a Chromium: Debian's own as root on Debian, otherwise the one that Playwright keeps."""
    release = Path("/etc/os-release")
    if release.exists() and "\nID=debian\n" in "\n" + release.read_text() and os.geteuid() == 0:
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]]
    else:
        environment = None
        commands = [[sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]]
    for command in commands:
        print(" ".join(command), file=sys.stderr)
        if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode != 0:
            return


def main():
    path = find()
    if path is None:
        install()
        path = find()
    if path is None:
        print("No Chromium: the browser tests need one; install chromium or set CHROMIUM to its path.", file=sys.stderr)
        return 1 if os.environ.get("CI") else 0
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
