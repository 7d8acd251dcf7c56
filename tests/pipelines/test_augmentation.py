"""Every augmentation against its formula; XLA against a plain graph."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps

from pipelines.augmentation import colour, mixing, resample
from pipelines.augmentation.randaugment import OPERATIONS, randaugment
from pipelines.augmentation.recipe import Recipe
from pipelines.errors import DataError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (6, 12, 10, 3)).astype("f4")
LABELS = np.eye(4, dtype="f4")[RNG.integers(0, 4, 6)]
KEY = [5, 6]


def pil(change):
    """What Pillow makes of every image."""
    return np.stack(
        [np.asarray(change(Image.fromarray(x.astype("u1")))) for x in PIXELS]
    )


@pytest.mark.parametrize("factor", [0.1, 0.7, 1.0, 1.8])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (colour.brightness, ImageEnhance.Brightness),
        (colour.contrast, ImageEnhance.Contrast),
        (colour.saturation, ImageEnhance.Color),
        (colour.sharpness, ImageEnhance.Sharpness),
    ],
    ids=lambda f: f.__name__,
)
def test_colours_against_pillow(ours, theirs, factor):
    found = ours(tf.constant(PIXELS), tf.fill([6], factor))
    wanted = pil(lambda image: theirs(image).enhance(factor))
    # Pillow rounds gray values and means to whole numbers on the way.
    np.testing.assert_allclose(found, wanted, atol=2.1)


def test_point_operations():
    np.testing.assert_allclose(
        colour.autocontrast(PIXELS), pil(ImageOps.autocontrast), atol=1.01
    )
    np.testing.assert_array_equal(
        colour.posterize(PIXELS, tf.fill([6], 3.0)),
        pil(lambda image: ImageOps.posterize(image, 3)),
    )
    np.testing.assert_array_equal(
        colour.solarize(PIXELS, tf.fill([6], 100.0)),
        pil(lambda image: ImageOps.solarize(image, 100)),
    )
    flat = np.full_like(PIXELS, 7)
    np.testing.assert_array_equal(colour.autocontrast(flat), flat)
    np.testing.assert_array_equal(colour.equalize(flat), flat)


def test_equalize_by_ranks():
    found = colour.equalize(tf.constant(PIXELS)).numpy()
    for image, made in zip(PIXELS, found, strict=True):
        for c in range(3):
            x = image[..., c]
            rank = np.array([[(x <= v).sum() for v in row] for row in x])
            least = (x == x.min()).sum()
            wanted = 255 * (rank - least) / (x.size - least)
            np.testing.assert_allclose(made[..., c], wanted, atol=1e-3)


def test_affine_maps():
    quarter = np.tile([[[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]], (6, 1, 1))
    square = PIXELS[:, :10, :10]
    found = resample.affine(tf.constant(square), quarter.astype("f4"), 0.0)
    np.testing.assert_array_equal(found, np.rot90(square, 1, (1, 2)))
    shift = np.tile([[[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]], (6, 1, 1))
    found = resample.affine(tf.constant(PIXELS), shift.astype("f4"), 128.0)
    np.testing.assert_array_equal(found[:, :-2], PIXELS[:, 2:])
    assert np.unique(found[:, -2:]).tolist() == [128]


def test_random_resized_crop():
    plain = resample.random_resized_crop(tf.constant(PIXELS), 1.0, KEY)
    np.testing.assert_array_equal(plain, PIXELS)
    found = resample.random_resized_crop(tf.constant(PIXELS), 0.1, KEY)
    assert found.shape == PIXELS.shape
    assert (found >= PIXELS.min((1, 2), keepdims=True) - 1e-3).numpy().all()
    # A plane stays a plane: what is sampled is where it says.
    plane = np.tile(np.arange(12.0, dtype="f4")[:, None, None], (1, 10, 3))
    rows = resample.random_resized_crop(tf.constant(plane[None]), 0.5, KEY)
    inner = rows.numpy()[0, 2:-2, 5, 0]
    steps = np.diff(inner)
    assert np.ptp(steps) < 1e-3
    assert 0.4 < steps[0] <= 1.16


def test_mixup_and_cutmix():
    images, labels = mixing.mixup(tf.constant(PIXELS), LABELS, 0.5, KEY)
    share = None
    for shift in range(1, 6):
        other = np.roll(PIXELS, -shift, 0)
        s = ((images - other) / (PIXELS - other + 1e-9)).numpy()
        if np.ptp(s[np.abs(PIXELS - other) > 9]) < 1e-3:
            share, partner = np.median(s), shift
    assert 0 <= share <= 1
    wanted = share * LABELS + (1 - share) * np.roll(LABELS, -partner, 0)
    np.testing.assert_allclose(labels, wanted, atol=1e-4)
    images, labels = mixing.cutmix(tf.constant(PIXELS), LABELS, 1.0, KEY)
    stays = (images.numpy() == PIXELS).all(-1)
    np.testing.assert_allclose(labels.numpy().sum(1), 1, atol=1e-6)
    area = 1 - stays[0].mean()
    rows = [
        np.abs(
            labels - ((1 - area) * LABELS + area * np.roll(LABELS, -s, 0))
        ).max()
        for s in range(1, 6)
    ]
    assert min(rows) < 1e-6
    same = mixing.mixup(PIXELS, LABELS, 0.0, KEY)
    assert same[0] is PIXELS


def test_beta_law_of_the_shares():
    """Mean and variance of Beta(a, a) over many keys."""
    shares = []
    for i in range(300):
        _, y = mixing.mixup(
            tf.constant(PIXELS[:2]), np.eye(2, dtype="f4"), 0.4, [i, 1]
        )
        shares.append(y[0, 0].numpy())
    assert np.mean(shares) == pytest.approx(0.5, abs=0.07)
    assert np.var(shares) == pytest.approx(1 / (4 * 1.8), abs=0.025)


def test_erasing():
    found = mixing.erase(tf.constant(PIXELS), 1.0, KEY, fill=-1.0).numpy()
    gone = (found == -1).all(-1)
    assert (gone.mean((1, 2)) < 0.45).all()
    assert gone.any((1, 2)).sum() >= 4
    np.testing.assert_array_equal(found[~gone], PIXELS[~gone])
    assert mixing.erase(PIXELS, 0.0, KEY) is PIXELS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_that_no_image_drew(operation):
    """As it happens in every run; in a graph, each has its images only."""
    none = tf.function(operation)(tf.zeros((0, 12, 10, 3)), tf.zeros((0,)))
    assert none.shape == (0, 12, 10, 3)


def test_randaugment_draws_for_each_image():
    assert len(OPERATIONS) == 14
    same = np.repeat(PIXELS[:1], 60, 0)
    found = randaugment(tf.constant(same), 1, 9, KEY).numpy()
    kinds = {image.tobytes() for image in found}
    # Fourteen, most of them with two signs.
    assert 10 < len(kinds) <= 26
    # Done only to those that drew it, each operation gives the same.
    sparse = randaugment(tf.constant(same), 2, 9, KEY, xla=False)
    dense = randaugment(tf.constant(same), 2, 9, KEY)
    np.testing.assert_allclose(sparse, dense, atol=1e-3)
    np.testing.assert_array_equal(
        randaugment(tf.constant(same), 0, 9, KEY), same
    )


RECIPES = {
    "papers": Recipe(),
    "all but sorts": Recipe(
        2,
        True,
        0.3,
        0.4,
        0,
        9,
        random_erasing=0.5,
        mixup_alpha=0.2,
        cutmix_alpha=1.0,
    ),
    "randaugment": Recipe(0, False, randaugment=2),
}


@pytest.mark.parametrize(
    "name",
    [
        "papers",
        pytest.param("all but sorts", marks=pytest.mark.slow),
        # XLA takes its time to compile fourteen operations.
        pytest.param("randaugment", marks=pytest.mark.slow),
    ],
)
def test_xla_a_graph_and_an_unknown_size_agree(name):
    """So --augment_on=device gives the numbers of --augment_on=host."""
    recipe = RECIPES[name]
    pixels = PIXELS.astype("u1")
    spec = (
        tf.TensorSpec((None, 12, 10, 3), tf.uint8),
        tf.TensorSpec((None, 4), tf.float32),
        tf.TensorSpec((2,), tf.int32),
    )
    given = (tf.constant(pixels), tf.constant(LABELS), tf.constant(KEY))
    graph = tf.function(recipe.apply, input_signature=spec)(*given)
    xla = tf.function(recipe.apply, jit_compile=True)(*given)
    plain = recipe.apply(*given, xla=False)
    for a, b in zip((*graph, *graph), (*xla, *plain), strict=True):
        # In units of a standard deviation; a rounding may move a value by
        # one level where a threshold is met exactly.
        away = np.abs(a - b)
        assert np.mean(away > 1e-3) < 2e-3


@pytest.mark.parametrize(
    "words",
    [
        {"crop_padding": -1},
        {"resized_crop": 0},
        {"color_jitter": 2},
        {"randaugment_magnitude": 11},
        {"mixup_alpha": -1},
    ],
)
def test_out_of_range(words):
    (name,) = words
    with pytest.raises(DataError, match=f"--{name}=.* is needed"):
        Recipe(**words)
