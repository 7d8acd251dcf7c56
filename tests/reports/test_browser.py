"""The report in a browser: at two widths, light and dark.

The tests of the browser skip without Chromium on PATH or without the package
`playwright`. The plain parse of the page needs neither.
"""

import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from seal_tf.report import main
from tests.cli.runs import derive_run
from tests.probes.fakes import entry
from tests.probes.prediction_depth.examples import depth_results

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: A script in the page that returns what is wrong with it.
CHECK = """
() => {
  const faults = [];
  const root = document.documentElement;
  if (root.scrollWidth > window.innerWidth) {
    faults.push(`the page is ${root.scrollWidth} pixels wide`);
  }
  for (const figure of document.querySelectorAll("figure")) {
    const chart = figure.querySelector(".interactive");
    const image = figure.querySelector("img");
    const visible = chart || image;
    const box = visible.getBoundingClientRect();
    if (box.width < 200 || box.height < 60) {
      faults.push(`${image.alt}: ${box.width} x ${box.height} pixels`);
    }
    if (!image.complete || !image.naturalWidth) {
      faults.push(`${image.alt}: the image is not decoded`);
    }
    if (chart && !chart.querySelector(".scatterlayer .trace path")) {
      faults.push(`${chart.id}: the chart has no line`);
    }
    if (chart && getComputedStyle(image).display !== "none") {
      faults.push(`${chart.id}: the static figure shows, too`);
    }
  }
  return faults;
}
"""


class Elements(HTMLParser):
    """Collect what a test looks at.

    Args:
        text: The page.
    """

    def __init__(self, text):
        super().__init__()
        self.images, self.figures, self.addresses = [], 0, []
        self.styles, self.scripts = "", []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self._open = tag
        self.figures += tag == "figure"
        if tag == "img":
            self.images.append(attributes)
        if tag == "script":
            self.scripts.append("")
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            if name in attributes:
                self.addresses.append(attributes[name])

    def handle_endtag(self, tag):
        self._open = ""

    def handle_data(self, data):
        if self._open == "style":
            self.styles += data
        if self._open == "script":
            self.scripts[-1] += data


@pytest.fixture(scope="module")
def report(finished_run, tmp_path_factory):
    """The report of two methods with seeds, a single run and a probe."""
    tmp_path = tmp_path_factory.mktemp("report")

    def make_run(name, accuracies, **flags):
        return derive_run(finished_run, tmp_path / name, accuracies, **flags)

    paths = [
        make_run(f"{method}-{seed}", (0.4, last), method=method, seed=seed)
        for method, lasts in (("normal", (0.5, 0.5)), ("seal", (0.55, 0.551)))
        for seed, last in enumerate(lasts)
    ]
    paths.append(make_run("a_run_with_a_long_name", (0.3, 0.4), method="llf"))
    folder = tmp_path / "depth"
    folder.mkdir()
    content = {
        "probe": "prediction_depth",
        "dataset": {"name": "a", "label": "a", "classes": 2},
        "protocol": "a protocol",
        "networks": [
            entry("n", depth_results()),
            entry("s", depth_results(), "seal"),
        ],
    }
    (folder / "prediction_depth.json").write_text(json.dumps(content))
    runs = ",".join(map(str, [*paths, folder]))
    assert main([f"--runs={runs}", f"--out={tmp_path / 'out'}"]) == 0
    return tmp_path / "out" / "report.html"


def test_report_has_no_external_address_and_a_text_for_each_figure(report):
    elements = Elements(report.read_text())
    assert elements.figures == len(elements.images) > 5
    external = [a for a in elements.addresses if not a.startswith("data:")]
    assert not external
    assert "url(" not in elements.styles and "@import" not in elements.styles
    for image in elements.images:
        assert len(image["alt"]) > 20
    # The text of the first figure says the result.
    assert "seal is better than normal" in elements.images[0]["alt"]
    charts = re.findall(r'class="interactive" id="(\w+)"', report.read_text())
    assert charts == [
        "accuracy_by_generation",
        "epochs",
        "curves_0",
        "curves_1",
        "curves_2",
    ]
    data = [s for s in elements.scripts if s.startswith("{")]
    assert len(data) == len(charts)
    assert all(json.loads(text)["data"] for text in data)


@pytest.fixture
def browser():
    """Headless Chromium; the test skips without it."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium on PATH")
    with playwright.sync_playwright() as driver:
        process = driver.chromium.launch(
            executable_path=CHROMIUM, args=ARGUMENTS
        )
        yield process
        process.close()


def open_report(browser, report, **settings):
    """Open the report with all sections; return the page and its messages."""
    context = browser.new_context(**settings)
    tab = context.new_page()
    messages = []
    tab.on("console", lambda message: messages.append(message.text))
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.on(
        "request",
        lambda request: (
            None
            if request.url.startswith(("file:", "data:", "blob:"))
            else messages.append(request.url)
        ),
    )
    tab.goto(report.as_uri())
    tab.evaluate(
        "document.querySelectorAll('details').forEach(d => d.open = true)"
    )
    if settings.get("java_script_enabled", True):
        tab.wait_for_function(
            "document.querySelectorAll('.interactive .main-svg').length && "
            "document.querySelectorAll('.interactive[hidden]').length === 0"
        )
    return tab, messages


def test_report_in_chromium_is_whole(browser, report):
    for width in (1400, 390):
        for scheme, color in (
            ("light", "rgb(255, 255, 255)"),
            ("dark", "rgb(21, 24, 29)"),
        ):
            tab, messages = open_report(
                browser,
                report,
                viewport={"width": width, "height": 900},
                color_scheme=scheme,
            )
            assert tab.evaluate(CHECK) == [], (width, scheme)
            assert messages == [], (width, scheme)
            background = "getComputedStyle(document.documentElement)"
            assert tab.evaluate(f"{background}.backgroundColor") == color
            tab.context.close()


def test_report_in_chromium_switches_off_a_method(browser, report):
    tab, _ = open_report(
        browser, report, viewport={"width": 1000, "height": 900}
    )
    lines = "#accuracy_by_generation .scatterlayer .trace"
    before = tab.locator(lines).count()
    buttons = tab.locator("#accuracy_by_generation .modebar-btn")
    titles = [b.get_attribute("data-title") for b in buttons.all()]
    # No button sends the data anywhere.
    assert titles == ["Zoom", "Pan", "Reset axes", "Download plot as a PNG"]
    tab.locator("#accuracy_by_generation .legendtoggle").nth(1).click()
    # Plotly waits for a second click.
    tab.wait_for_function(
        f"document.querySelectorAll('{lines}').length === {before - 2}"
    )


def test_report_in_print_and_without_scripts_shows_static_figures(
    browser, report
):
    shown = (
        "[...document.querySelectorAll('img.static')]"
        ".every(image => image.getBoundingClientRect().width > 200)"
    )
    tab, messages = open_report(browser, report)
    tab.emulate_media(media="print")
    assert tab.evaluate(shown) and messages == []
    assert tab.locator(".interactive:visible").count() == 0
    tab, _ = open_report(browser, report, java_script_enabled=False)
    # The check itself runs although the page's scripts do not.
    assert tab.evaluate(shown)
    assert tab.locator(".interactive:visible").count() == 0
