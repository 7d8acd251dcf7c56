"""Features on disk: computed once, never stale, never damaged."""

import json
import shutil
import types

import keras
import numpy as np
import pytest

from pipelines.images import Images
from seal_tf.probes import taps
from seal_tf.probes.features import (
    CacheSettings,
    compute_features,
    compute_logits,
)
from seal_tf.probes.network import load_network
from tests.probes.conftest import export_small, small_model


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (10, 8, 8, 3), np.uint8)
    return Images("some", pixels, np.arange(10) % 3, ("a", "b", "c"))


def test_compute_features_equals_the_pooled_activations(
    exported, tmp_path, images
):
    model, network = exported
    calls = []
    cache = CacheSettings(tmp_path / "cache", "float32", batch_size=4)
    features = compute_features(
        network, images, cache, lambda *progress: calls.append(progress)
    )
    assert calls == [(4, 10), (8, 10), (10, 10)]
    x = images.pixels.astype("f4")
    inner = keras.Model(model.inputs[0], model.get_layer("c1").output)(x)
    expected = taps.pool_activation(inner, 2).numpy()
    scale = features.tap("c1") / expected
    # The scale is one power of two.
    assert np.ptp(scale) < 1e-3
    assert np.log2(np.median(scale)) == pytest.approx(
        round(np.log2(np.median(scale))), abs=1e-4
    )
    cached = compute_features(network, images, cache)
    assert cached.folder == features.folder


def test_compute_logits_equals_the_model(exported, tmp_path, images):
    model, network = exported
    cache = CacheSettings(tmp_path / "cache", batch_size=4)
    for _ in ("computed", "cached"):
        np.testing.assert_allclose(
            np.exp(compute_logits(network, images, cache)),
            model.predict(images.pixels.astype("f4"), verbose=0),
            atol=1e-6,
        )


def test_compute_features_of_changed_inputs_uses_another_cache(
    exported, tmp_path, images
):
    cache = CacheSettings(tmp_path / "cache")
    _, network = exported
    other = export_small(small_model(seed=1), tmp_path / "export")
    folders = {
        compute_features(n, images, cache).folder for n in (network, other)
    }
    pixels = images.pixels.copy()
    pixels[3, 2, 1, 0] ^= 1
    modified = Images("some", pixels, images.labels, images.class_names)
    folders.add(compute_features(other, modified, cache).folder)
    assert len(folders) == 3
    # The results in the card do not change the features.
    card = tmp_path / "export" / "card.json"
    card.write_text(json.dumps({**json.loads(card.read_text()), "x": 1}))
    same = load_network(tmp_path / "export")
    folders.add(compute_features(same, images, cache).folder)
    assert len(folders) == 3


def test_compute_features_of_tiny_activations_keeps_them_in_float16(
    tmp_path, images
):
    network = export_small(small_model(), tmp_path / "export", scale=1e-12)
    features = compute_features(
        network, images, CacheSettings(tmp_path / "cache")
    )
    assert features.tap("c2").dtype == np.float16
    assert 0.05 < np.abs(features.tap("c2").astype("f4")).max() < 20


@pytest.mark.parametrize("damage", ["bytes", "missing", "index"])
def test_features_of_damaged_cache_raises(exported, tmp_path, images, damage):
    _, network = exported
    cache = CacheSettings(tmp_path / "cache")
    folder = compute_features(network, images, cache).folder
    if damage == "bytes":
        file = folder / "01.npy"
        data = bytearray(file.read_bytes())
        data[-3] ^= 4
        file.write_bytes(data)
    elif damage == "missing":
        (folder / "01.npy").unlink()
    else:
        (folder / "features.json").write_text("{")
    with pytest.raises(ValueError, match="damaged cache .* delete this"):
        compute_features(network, images, cache).tap("c1")


def test_compute_features_after_an_error_leaves_no_cache(
    exported, tmp_path, images
):
    _, network = exported
    folder = tmp_path / "cache"
    with pytest.raises(ValueError, match="`cache_gb` must be at least"):
        compute_features(network, images, CacheSettings(folder, cache_gb=1e-8))
    large = Images("large", np.zeros((2, 9, 9, 3), "u1"), [0, 1], ("a", "b"))
    with pytest.raises(ValueError, match=r"accepts images of \(8, 8, 3\)"):
        compute_features(network, large, CacheSettings(folder))
    broken = types.SimpleNamespace(
        **{
            n: getattr(network, n)
            for n in ("taps", "image_shape", "path", "fingerprint")
        }
    )
    broken.features = lambda x: {
        name: keras.ops.convert_to_tensor(np.full((len(x), 2), np.nan))
        for name in network.taps
    }
    with pytest.raises(ValueError, match="not finite"):
        compute_features(broken, images, CacheSettings(folder))
    assert not folder.exists()


def test_features_index_cannot_point_outside_the_cache(
    exported, tmp_path, images
):
    _, network = exported
    cache = CacheSettings(tmp_path / "cache")
    features = compute_features(network, images, cache)
    copy = tmp_path / "copy"
    shutil.copytree(features.folder, copy)
    index = json.loads((copy / "features.json").read_text())
    index["files"]["c1"]["file"] = f"../cache/{features.folder.name}/01.npy"
    (copy / "features.json").write_text(json.dumps(index))
    (copy / "01.npy").unlink()
    with pytest.raises(ValueError, match="damaged cache"):
        type(features)(copy).tap("c1")
