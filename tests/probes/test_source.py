"""The files of probed networks."""

import json
from pathlib import Path

from seal_tf.probes.source import NetworkSource


def test_default_cache_folder_is_beside_the_export():
    run = Path("run")
    source = NetworkSource("a", run, run / "export", run / "model.keras", run)
    assert source.default_cache_folder() == run / "export_features"
    file = Path("x.keras")
    source = NetworkSource("a", file, None, file, None)
    assert source.default_cache_folder() == Path("x_features")


def test_read_card_without_export_is_that_of_the_workdir(tmp_path):
    source = NetworkSource("a", tmp_path, None, None, tmp_path)
    assert source.read_card() == {}
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "card.json").write_text(json.dumps({"x": 1}))
    assert source.read_card() == {"x": 1}
