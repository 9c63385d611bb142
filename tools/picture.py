"""Take the README's picture, images/book.png, of the built site.

make picture
"""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "_build/html/chapters/02_conditioning.html"
FIGURE = "rotate"


def main(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": 1280, "height": 840}, color_scheme="light")
        page.goto(PAGE.as_uri() + f"#{FIGURE}")
        page.locator(f"#{FIGURE} canvas").first.wait_for()
        page.evaluate(f"document.getElementById('{FIGURE}').scrollIntoView({{ block: 'center' }})")
        page.wait_for_timeout(1000)  # until what slides into view stands still
        page.screenshot(path=ROOT / "images/book.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
