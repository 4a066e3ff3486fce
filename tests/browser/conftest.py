"""One headless Chromium for all tests of this folder; where it or Playwright is missing, they are skipped and say why."""

import shutil
from importlib.util import find_spec

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever a page asked for, it would not leave this machine
]


def installed_browser():
    """Return where a Chromium is installed, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def what_is_missing():
    """Return what the tests need and is not there, in words, or None."""
    if find_spec("playwright") is None:
        return "Playwright is not installed: run tox -e others"
    return None if installed_browser() else f"there is no Chromium: none of {', '.join(NAMES)} is on the path"


@pytest.fixture(scope="session")
def chromium():
    missing = what_is_missing()
    if missing:
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_browser(), args=ARGUMENTS)
        yield browser
        browser.close()


class Visit:
    """A page that is open, and everything that went amiss since: errors, messages, dialogs, and requests for anything else."""

    def __init__(self, context, address):
        self.amiss = []
        self.page = context.new_page()
        self.page.on("console", lambda message: self.amiss.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.amiss.append(f"error: {error}"))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", lambda request: self._request(request.url, address))
        self.page.goto(address)

    def _dismiss(self, dialog):
        self.amiss.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, url, own):
        if url != own and not url.startswith("data:"):
            self.amiss.append(f"request: {url}")


@pytest.fixture
def visit(chromium, tmp_path):
    """Return how to open the text of a page from a file, as its reader does; nothing may have gone amiss when the test ends."""
    contexts, visits = [], []

    def open_page(text, *, width=1280, dark=False, scripts=True):
        file = tmp_path / f"page-{len(visits)}.html"
        file.write_text(text, "utf-8")
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", java_script_enabled=scripts
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        visits.append(Visit(context, file.as_uri()))
        return visits[-1].page

    yield open_page
    amiss = [what for visit in visits for what in visit.amiss]
    for context in contexts:
        context.close()
    assert amiss == []
