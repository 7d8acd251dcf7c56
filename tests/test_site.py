"""The site of `make docs`, opened from the disk without a network."""

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow

#: Attributes that a browser loads by itself, by tag.
LOADED = {
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("source", "src"),
    ("link", "href"),
}
#: Without a start of the network stack, as far as the browser has switches.
CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    pytest.importorskip("material", reason="the extra `docs` is missing")
    pytest.importorskip("mkdocstrings", reason="the extra `docs` is missing")
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "-d", folder],
        check=True,
        env={"NO_MKDOCS_2_WARNING": "1", "PATH": "/usr/bin:/bin"},
    )
    return folder


class _Loaded(HTMLParser):
    """Collect the addresses that a page loads."""

    def __init__(self):
        super().__init__()
        self.addresses = []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if attributes.get("rel") in ("canonical", "prev", "next"):
            return
        self.addresses += [
            value
            for name, value in attrs
            if (tag, name) in LOADED and value is not None
        ]


def test_pages_load_only_files_of_the_site(site):
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        parser = _Loaded()
        parser.feed(page.read_text())
        for address in parser.addresses:
            parts = urlsplit(address)
            if parts.scheme == "data":
                continue
            assert not parts.scheme and not parts.netloc, f"{page}: {address}"
            if page.name != "404.html":
                assert (page.parent / parts.path).exists(), f"{page}: {address}"


def test_scripts_of_the_site_have_their_license(site):
    folder = site / "assets" / "iframe-worker"
    assert "Martin Donath" in (folder / "LICENSE").read_text()
    assert (folder / "iframe-worker.js").exists()


@pytest.mark.parametrize("page", ["index.html", "guides/data.html"])
def test_search_finds_a_word_from_the_file_system(site, page):
    playwright = pytest.importorskip("playwright.sync_api")
    browser_path = shutil.which("chromium")
    if browser_path is None:
        pytest.skip("no chromium on PATH")
    requests, errors = [], []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=browser_path, args=list(CHROMIUM_FLAGS)
        )
        tab = browser.new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto((site / page).as_uri())
        tab.fill("input[name=query]", "timescale", timeout=20_000)
        link = tab.locator("a.md-search-result__link").first
        link.wait_for(state="attached", timeout=20_000)
        target = urlsplit(link.get_attribute("href"))
        browser.close()
    assert not errors
    assert {urlsplit(url).scheme for url in requests} <= {
        "file",
        "data",
        "blob",
        "about",
    }
    assert target.scheme == "file" and Path(target.path).exists()
