"""A storage is resumed with the settings of its study only."""

import json

import pytest

from seal_tf.cli.flags import parse
from seal_tf.study.flags import define_study_flags
from seal_tf.study.identity import check_identity
from seal_tf.study.settings import study_settings

PHOTOS = ("--dataset=image_folder", "--data_dir=/a/photos.zip")


def identity(*words):
    words = ["--hours=2", "--arch=small", *PHOTOS, *words]
    return study_settings(parse(define_study_flags, "", words)).identity


STORED = json.loads(json.dumps(identity()))


@pytest.mark.parametrize(
    "word", ["--data_dir=/b/photos", "--seeds=9", "--image_cache=/c"]
)
def test_same_study_is_accepted(word):
    check_identity("mine", STORED, identity(word))


@pytest.mark.parametrize(
    "word, known, new",
    [
        # The results of other images would be shown as those of these.
        ("--data_dir=/a/dogs.zip", "--data_dir=photos", "--data_dir=dogs"),
        ("--hours=3", "--hours=2", "--hours=3"),
        ("--trials=4", "no --trials", "--trials=4"),
        ("--batch_size=16", "no --batch_size", "--batch_size=16"),
        ("--seed=1", "--seed=0", "--seed=1"),
    ],
)
def test_other_settings_are_refused_by_their_flag(word, known, new):
    with pytest.raises(ValueError) as error:
        check_identity("mine", STORED, identity(word))
    assert str(error.value) == (
        f"the storage has a study mine with other settings: {known}. Use "
        f"them, or another --workdir or --study_name. Received: {new}"
    )


def test_passes_and_hours_are_another_budget():
    passes = {"budget": [640.0, "passes"]}
    with pytest.raises(ValueError, match="no --hours, --passes=640"):
        check_identity("mine", STORED, passes)


def test_other_candidates_are_refused_by_name():
    with pytest.raises(ValueError, match="--candidates=long,llf, "):
        check_identity("mine", STORED, identity("--candidates=llf"))
    edited = json.loads(json.dumps(STORED["candidates"]))
    llf = next(c for c in edited if c["name"] == "llf")
    llf["search"]["generations"]["choices"] = [2]
    with pytest.raises(
        ValueError, match=r"settings: candidate llf=\{"
    ) as error:
        check_identity("mine", STORED, {"candidates": edited})
    assert len(str(error.value)) < 600


def test_study_of_an_earlier_version_is_accepted():
    earlier = {n: v for n, v in STORED.items() if n != "images"}
    check_identity("mine", earlier, identity("--data_dir=/a/dogs.zip"))
