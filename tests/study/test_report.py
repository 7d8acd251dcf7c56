"""The page of a study, from a result by hand."""

import json

import pytest

from seal_tf.cli.flags import parse
from seal_tf.study.flags import define_study_flags
from seal_tf.study.report import write_study
from seal_tf.study.settings import study_settings
from tests.reports.test_browser import (  # noqa: F401
    CHECK,
    Elements,
    browser,
    open_report,
)
from tests.study.results import SCORES, make_result

WORDS = ("--hours=2", "--dataset=image_folder", "--data_dir=photos.zip")


def write(workdir, result, *words):
    settings = study_settings(
        parse(
            define_study_flags,
            "",
            [*WORDS, "--arch=small", *words, f"--workdir={workdir}"],
        )
    )
    return write_study(settings, result)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a study with run folders, a failure and open questions."""
    folder = tmp_path_factory.mktemp("study")
    result = make_result(
        SCORES,
        failures={"shrink_perturb": "no space is left (trial2.log)"},
        tuned_only=("seal", "shrink_perturb"),
        folders=folder / "runs",
    )
    del result.tuned["shrink_perturb"]
    return write(folder / "out", result)


def test_page_states_the_answer_first_and_every_number(page):
    text = (page.parent / "study.md").read_text()
    lines = text.splitlines()
    assert lines[0].startswith("**LLF is better than one long cosine: +2.3")
    assert "A trained network is in " in text and "runs/llf-1. This com" in text
    # More seeds continue the same study.
    assert (
        "python -m seal_tf.study --dataset=image_folder --data_dir=photos.zip "
        "--arch=small --hours=2 --workdir=" in text
    )
    assert " --seeds=15\n" in text
    assert "| one long cosine | 3 | 79.5 ± 0.5 |  |  |" in text
    assert "| LLF | 3 | 81.8 ± 0.7 | +2.33 (+1.95 to +2.71) | better |" in text
    assert "over seeds, on 400 test images." in text
    # Settings as they were trained.
    assert (
        "| SEAL | 3, 1 failed | 73.0 | learning_rate=0.1, l2=0.002, "
        "generations=8, retain=0.5 |" in text
    )
    assert "| shrink and perturb | 3, 1 failed | failed |  |" in text
    assert (
        "shrink and perturb failed in every trial and is left out: no" in text
    )
    assert "| LLF | 2 | 50.0 (stopped early) | learning_rate=0.1" in text
    assert "| LLF | 3 | failed | no space is left (trial3.log) |" in text
    assert "x epochs" not in text and "e+0" not in text


def test_page_writes_the_data(page):
    data = json.loads((page.parent / "study.json").read_text())
    assert data["answer"].startswith("LLF is better")
    assert data["labels"]["llf"] == "LLF"
    assert data["title"] and data["smallest_difference"] == 1.0
    assert data["test_accuracy"]["llf"] == {"1": 0.812, "2": 0.825, "3": 0.818}
    llf = data["differences"]["llf"]
    assert llf["verdict"] == "better"
    assert llf["mean"] == pytest.approx(7 / 3)
    assert llf["points_by_seed"]["1"] == pytest.approx(2.2)
    assert len(data["trials"]) == 15 and len(data["commands"]) == 9


def test_page_has_no_external_address_and_a_text_for_each_figure(page):
    elements = Elements(page.read_text())
    assert elements.figures == len(elements.images) == 3
    assert not [a for a in elements.addresses if not a.startswith("data:")]
    assert "LLF is better than one long cosine" in elements.images[0]["alt"]


def test_page_of_a_script_has_no_curves(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text("[long]\n[llf]\n")
    settings = study_settings(
        parse(
            define_study_flags,
            "",
            [
                "--train_command=python my.py",
                "--passes=640",
                f"--candidates={file}",
                f"--workdir={tmp_path}",
            ],
        )
    )
    # The script writes a summary of its own.
    result = make_result(SCORES, folders=tmp_path / "runs")
    next(iter(result.run_folders.values())).joinpath("summary.json").write_text(
        "{}"
    )
    page = write_study(settings, result)
    elements = Elements(page.read_text())
    assert elements.figures == 2
    assert "Which method helps? python my.py" in page.read_text()


def test_page_of_a_failed_baseline_has_no_comparison(tmp_path):
    scores = {"long": {}, "llf": SCORES["llf"]}
    page = write(tmp_path, make_result(scores))
    text = (tmp_path / "study.md").read_text()
    assert text.startswith("**Nothing can be compared with one long cosine")
    assert "| one long cosine | 0 | failed |" in text
    assert "differences.svg" not in text
    assert page.name == "study.html"


def test_page_in_chromium_is_whole(browser, page):  # noqa: F811
    for width in (1400, 390):
        tab, messages = open_report(
            browser, page, viewport={"width": width, "height": 900}
        )
        assert tab.evaluate(CHECK) == [], width
        assert messages == [], width
        # The answer and the figure of differences are among the first.
        box = tab.locator(".answer .headline").bounding_box()
        assert box["y"] < 200
        # Commands and notes wrap; only tables scroll.
        wide = tab.evaluate(
            "[...document.querySelectorAll('pre, p, li')]"
            ".filter(e => e.scrollWidth > e.clientWidth + 1)"
            ".map(e => e.textContent)"
        )
        assert wide == [], width
        tab.context.close()


def test_page_does_not_promise_a_network_that_is_elsewhere(tmp_path):
    """Another machine has trained it; its results are here."""
    result = make_result(SCORES, folders=tmp_path / "runs")
    for folder in result.run_folders.values():
        (folder / "model.keras").unlink()
    page = write(tmp_path / "out", result)
    assert "A trained network" not in page.with_suffix(".md").read_text()
