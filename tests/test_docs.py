"""Every code block of the docs runs, and every command parses."""

import re
import shlex
import tomllib
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

import seal_tf
from docs import hooks
from pipelines import preview
from seal_tf import prepare_data, report
from seal_tf.cli.export import flags as export_flags
from seal_tf.cli.flags import parse
from seal_tf.cli.probe import flags as probe_flags
from seal_tf.cli.train.flags import define_train_flags
from seal_tf.cli.train.settings import train_settings
from seal_tf.study.flags import define_study_flags
from seal_tf.study.settings import study_settings
from studies import run, study
from tests.training import nets

DEFINERS = {
    "seal_tf.train": define_train_flags,
    "seal_tf.probe": probe_flags.define_flags,
    "seal_tf.export": export_flags.define_flags,
    "seal_tf.report": report.define_flags,
    "seal_tf.prepare_data": prepare_data.define_flags,
    "seal_tf.study": define_study_flags,
}
#: Module of each command of the wheel.
SCRIPTS = {
    name: target.split(":")[0]
    for name, target in tomllib.loads(Path("pyproject.toml").read_text())[
        "project"
    ]["scripts"].items()
}
PAGES = sorted([*Path().glob("*.md"), *Path("docs").rglob("*.md")])


def _blocks(language):
    """Each code block once; those with a large network are slow."""
    pages = {}
    for page in PAGES:
        text = page.read_text()
        blocks = re.findall(rf"```{language}\n(.*?)```", text, re.S)
        for i, block in enumerate(blocks):
            pages.setdefault(block, f"{page.stem}-{i}")
    return [
        pytest.param(
            block,
            id=name,
            marks=[pytest.mark.slow] * ("keras.applications" in block),
        )
        for block, name in pages.items()
    ]


@pytest.mark.parametrize("code", _blocks("python"))
def test_python_block_runs(code, tmp_path, monkeypatch):
    """The block gets a compiled model and data, as in a user's project."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(48, 8, 8, 1)).astype("float32")
    y = rng.integers(0, 4, 48)
    model = nets.blocks()
    model.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    import tensorflow as tf

    batches = tf.data.Dataset.from_tensor_slices((x, y)).batch(48)
    names = {"model": model, "x": x, "y": y, "train": batches, "val": batches}
    # Fewer epochs, no progress bar, no download.
    code = code.replace("epochs=160,", "epochs=16, verbose=0,")
    code = code.replace('weights="imagenet"', "weights=None")
    exec(compile(code, "block", "exec"), names)


@pytest.mark.parametrize("code", _blocks("sh"))
def test_shell_block_parses(code):
    for line in code.replace("\\\n", " ").splitlines():
        command = line.split(" ")[0]
        if command != "python" and command not in SCRIPTS:
            continue
        words = shlex.split(line, comments=True)
        if words[0] in SCRIPTS:
            words = ["python", "-m", SCRIPTS[words[0]], *words[1:]]
        if words[1] != "-m" or words[2] == "build":
            continue
        if words[2].startswith(("benchmarks.", "tests.")):
            assert Path(words[2].replace(".", "/") + ".py").exists()
            continue
        if words[2] == "pipelines.preview":
            preview.create_parser().parse_args(words[3:])
            continue
        if words[2] == "studies.run":
            study.load_study(words[3])
            parse(run.define_flags, "", words[4:])
            continue
        # "…" stands for the flags of an earlier command.
        given = [word for word in words[3:] if word != "…"]
        flags = parse(DEFINERS[words[2]], "", given)
        if words[2] == "seal_tf.train":
            train_settings(flags)
        if words[2] == "seal_tf.study" and len(given) == len(words[3:]):
            study_settings(flags)


def test_pages_have_no_placeholder():
    for page in PAGES:
        assert not re.search(r"@[A-Z_]{3,}@", page.read_text()), page


def test_relative_links_of_pages_exist():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page}: {target}"


def test_navigation_of_the_site_has_every_page():
    site = yaml.safe_load(Path("mkdocs.yml").read_text())
    site["docs_dir"] = "docs"
    text = str(hooks.on_config(site)["nav"])
    for page in Path("docs").rglob("*.md"):
        assert f"'{page.relative_to('docs').as_posix()}'" in text, page


def test_version_is_the_same_everywhere():
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert seal_tf.__version__ == project["version"]
    assert (
        f"version: {project['version']}\n" in Path("CITATION.cff").read_text()
    )
    assert f"## {project['version']}" in Path("CHANGELOG.md").read_text()
