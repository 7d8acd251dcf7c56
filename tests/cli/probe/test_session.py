"""Sessions of the probe command."""

from pathlib import Path

import numpy as np
import pytest

from seal_tf.cli.export.flags import ExportSettings
from seal_tf.cli.probe.networks import find_networks
from seal_tf.cli.probe.session import ProbeSession
from seal_tf.cli.probe.settings import (
    DataSettings,
    FeatureSettings,
    ProbeSettings,
)
from seal_tf.cli.progress import Progress
from seal_tf.probes.linear.flags import LinearSettings
from seal_tf.probes.linear.probe import LinearProbe
from tests.probes.fakes import FakeImages


def make_session(paths, cache_dir=None, **options):
    """Return a session that reads six 8x8 images."""
    settings = ProbeSettings(
        probe=LinearProbe(LinearSettings()),
        networks=tuple(map(str, paths)),
        out=Path("out"),
        data=DataSettings("digits", image_size=options.get("image_size")),
        features=FeatureSettings(cache_dir),
        export=ExportSettings(),
        progress=options.get("progress", "none"),
    )
    calls = []

    def read_images(size):
        calls.append(size)
        pixels = np.zeros((6, size, size, 1), np.uint8)
        images = FakeImages(np.arange(6) % 2, pixels=pixels)
        images.image_shape, images.crc32 = (size, size, 1), 0
        return images, images

    session = ProbeSession(settings, find_networks(paths), read_images)
    session.read_calls = calls
    return session


def test_load_returns_the_same_network_for_repeated_calls(finished_run):
    session = make_session([finished_run])
    (source,) = session.networks
    network = session.load(source)
    assert session.load(source) is network
    description = session.describe(source)
    assert description["path"] == str(finished_run)
    assert description["trained"]["method"] == "seal"
    assert description["image_shape"] == [8, 8, 1]


def test_load_of_keras_file_exports_it_into_the_cache(
    finished_run, tmp_path, capsys
):
    session = make_session([finished_run / "model.keras"], tmp_path / "cache")
    (source,) = session.networks
    export = session.load(source).path
    assert export.parent == tmp_path / "cache"
    assert "exporting" in capsys.readouterr().out
    again = make_session([finished_run / "model.keras"], tmp_path / "cache")
    assert again.load(source).path == export
    assert "exporting" not in capsys.readouterr().out


def test_features_are_cached_and_images_read_once(finished_run, tmp_path):
    session = make_session([finished_run], tmp_path / "cache")
    (source,) = session.networks
    train, _ = session.images(source)
    features = session.features(source, train)
    assert features.folder.parent == tmp_path / "cache"
    assert session.logits(source, train).shape == (6, 4)
    session.images(source)
    assert session.read_calls == [8]
    assert session.describe_data()["classes"] == 2


def test_read_images_of_other_size_or_not_square_raises(finished_run):
    session = make_session([finished_run], image_size=16)
    with pytest.raises(ValueError, match="image_size=16"):
        session.read_images((8, 8, 1), finished_run)
    with pytest.raises(ValueError, match="only square"):
        session.read_images((8, 9, 1), finished_run)


def test_learning_record_of_other_images_is_dropped(finished_run, capsys):
    session = make_session([finished_run])
    (source,) = session.networks
    images, _ = session.read_images((8, 8, 1), finished_run)
    record = session.learning_record(
        source, {"train": images, "validation": images}
    )
    assert record == {}
    assert "is not reported" in capsys.readouterr().out


def test_progress_mode_selects_the_callback(finished_run, capsys):
    make_session([finished_run]).progress("x")(1, 1)
    assert capsys.readouterr().out == ""
    callback = make_session([finished_run], progress="lines").progress("x")
    assert isinstance(callback, Progress)
