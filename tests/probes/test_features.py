"""Features on disk: one pass, no stale ones, no damaged ones."""

import json
import types

import keras
import numpy as np
import pytest

from pipelines.images import Images
from seal_tf.probes import taps
from seal_tf.probes.export import export_model
from seal_tf.probes.features import features_of, logits_of
from seal_tf.probes.network import load_network


def network(path, seed=0, **kwargs):
    """A small exported network of 8x8 images in three classes."""
    keras.utils.set_random_seed(seed)
    conv = [keras.layers.Conv2D(3, 3, name=f"c{i}") for i in range(3)]
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            *conv,
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    kwargs = {"normalise": lambda x: keras.ops.cast(x, "float32"), **kwargs}
    export_model(model, path, card={"classes": ["a", "b", "c"]}, **kwargs)
    return model


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10, 8, 8, 3), np.uint8)
    return Images("some", pixels, np.arange(10) % 3, ("a", "b", "c"))


def test_features_are_the_model_s(tmp_path, images):
    model = network(tmp_path / "export")
    net = load_network(tmp_path / "export")
    assert net.taps == ("c0", "c1", "c2", "penultimate")
    assert net.knows(["a", "b", "c"])
    assert not net.knows(["a", "c", "b"])
    seen = []
    found = features_of(
        net,
        images,
        tmp_path / "cache",
        dtype="float32",
        batch_size=4,
        progress=lambda *at: seen.append(at),
    )
    assert seen == [(4, 10), (8, 10), (10, 10)]
    x = images.pixels.astype("f4")
    np.testing.assert_allclose(
        np.exp(logits_of(net, images, tmp_path / "cache")),
        model.predict(x, verbose=0),
        atol=1e-6,
    )
    inner = keras.Model(model.inputs[0], model.get_layer("c1").output)(x)
    wanted = taps.pooled(inner, 2).numpy()
    scale = found.tap("c1") / wanted
    # Times one power of two.
    assert np.ptp(scale) < 1e-3
    assert np.log2(np.median(scale)) == pytest.approx(
        round(np.log2(np.median(scale))), abs=1e-4
    )
    again = features_of(net, images, tmp_path / "cache", dtype="float32")
    assert again.folder == found.folder


def test_nothing_stale(tmp_path, images):
    folders = set()
    for seed in (0, 1):
        network(tmp_path / "export", seed)
        net = load_network(tmp_path / "export")
        folders.add(features_of(net, images, tmp_path / "cache").folder)
    other = images.pixels.copy()
    other[3, 2, 1, 0] ^= 1
    changed = Images("some", other, images.labels, images.class_names)
    folders.add(features_of(net, changed, tmp_path / "cache").folder)
    assert len(folders) == 3
    # What the card says of results makes no other network.
    card = tmp_path / "export" / "card.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "x": 1}))
    net = load_network(tmp_path / "export")
    folders.add(features_of(net, images, tmp_path / "cache").folder)
    assert len(folders) == 3


def test_very_small_activations_survive_float16(tmp_path, images):
    network(
        tmp_path / "export",
        normalise=lambda x: keras.ops.cast(x, "float32") * 1e-12,
    )
    net = load_network(tmp_path / "export")
    found = features_of(net, images, tmp_path / "cache")
    assert found.tap("c2").dtype == np.float16
    assert 0.05 < np.abs(found.tap("c2").astype("f4")).max() < 20


@pytest.mark.parametrize("what", ["bytes", "gone", "meta"])
def test_damaged(tmp_path, images, what):
    network(tmp_path / "export")
    net = load_network(tmp_path / "export")
    folder = features_of(net, images, tmp_path / "cache").folder
    if what == "bytes":
        file = folder / "01.npy"
        data = bytearray(file.read_bytes())
        data[-3] ^= 4
        file.write_bytes(data)
    elif what == "gone":
        (folder / "01.npy").unlink()
    else:
        (folder / "features.json").write_text("{")
    with pytest.raises(ValueError, match="damaged cache .* delete this"):
        features_of(net, images, tmp_path / "cache").tap("c1")


def test_refused_and_nothing_half_written(tmp_path, images):
    network(tmp_path / "export")
    net = load_network(tmp_path / "export")
    cache = tmp_path / "cache"
    with pytest.raises(ValueError, match="more than --cache_gb allows"):
        features_of(net, images, cache, most_bytes=10)
    large = Images("large", np.zeros((2, 9, 9, 3), "u1"), [0, 1], ("a", "b"))
    with pytest.raises(ValueError, match=r"takes images of \(8, 8, 3\)"):
        features_of(net, large, cache)
    sick = types.SimpleNamespace(
        **{
            n: getattr(net, n)
            for n in ("taps", "image_shape", "path", "fingerprint")
        }
    )
    sick.features = lambda x: {
        name: keras.ops.convert_to_tensor(np.full((len(x), 2), np.nan))
        for name in net.taps
    }
    with pytest.raises(ValueError, match="not finite"):
        features_of(sick, images, cache)
    assert not cache.exists()


def test_what_is_no_export(tmp_path):
    with pytest.raises(ValueError, match="no export there"):
        load_network(tmp_path)
    model = network(tmp_path / "export")
    (tmp_path / "export" / "card.json").unlink()
    with pytest.raises(ValueError, match="no card.json"):
        load_network(tmp_path / "export")
    model.export(tmp_path / "bare", verbose=False)
    (tmp_path / "bare" / "card.json").write_text("{}")
    with pytest.raises(ValueError, match="no endpoint `features`"):
        load_network(tmp_path / "bare")
