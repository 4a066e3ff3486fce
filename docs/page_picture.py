"""Makes images/page.png, the picture in README.md: the top of the page of examples/year, as Chromium shows it.

Run it by hand when the page changes: `python docs/page_picture.py [CHROMIUM]`, with Playwright installed (group `browser`) and a Chromium.
"""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner
from PIL import Image
from playwright.sync_api import sync_playwright

from flexlib.cli.main import main

DOCS = Path(__file__).parent
PICTURE = DOCS / "images" / "page.png"
WIDTH, HEIGHT, COLOURS = 1280, 872, 256


def photograph(page: Path, picture: Path, chromium: str) -> None:
    """Write a picture of the top of a page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        tab.goto(page.as_uri())
        tab.screenshot(path=picture)
        browser.close()
    with Image.open(picture) as shown:
        fewer = shown.convert("RGB").quantize(COLOURS, kmeans=3, dither=Image.Dither.NONE)
    fewer.save(picture, optimize=True)


if __name__ == "__main__":
    browser = sys.argv[1] if len(sys.argv) > 1 else shutil.which("chromium") or "chromium"
    with TemporaryDirectory() as folder:
        written = Path(folder, "page.html")
        arguments = ["report", str(DOCS.parent / "examples/year"), "--at", "2026-11-01", "--html", str(written)]
        CliRunner().invoke(main, arguments, catch_exceptions=False)
        PICTURE.parent.mkdir(exist_ok=True)
        photograph(written, PICTURE, browser)
