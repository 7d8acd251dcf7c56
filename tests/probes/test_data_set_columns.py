"""Columns of several results of one data set."""

from seal_tf.probes.data_set_columns import data_set_columns
from seal_tf.probes.report_parts import GroupedResult
from tests.probes.fakes import entry


def result(
    label="digits", tap="penultimate", seed=0, images=8, protocol="", **groups
):
    return GroupedResult(
        {"label": label, "classes": 10, "test_images": images},
        {
            name: [entry(name, {"tap": tap, "top1": top1}, seed=seed)]
            for name, top1 in groups.items()
        },
        ("skipped",),
        protocol=protocol,
    )


def columns(*results):
    return {
        column.label: {
            name: [e["results"]["top1"] for e in entries]
            for name, entries in column.groups.items()
        }
        for column in data_set_columns(results)
    }


def test_data_set_columns_merges_networks_and_seeds():
    merged = columns(
        result(normal=0.5),
        result(label="other", normal=0.1),
        result(seed=1, normal=0.6, seal=0.7),
    )
    assert merged == {
        "digits": {"normal": [0.5, 0.6], "seal": [0.7]},
        "other": {"normal": [0.1]},
    }


def test_data_set_columns_names_taps_that_differ():
    assert columns(result(normal=0.5), result(tap="block1", normal=0.9)) == {
        "digits, tap penultimate": {"normal": [0.5]},
        "digits, tap block1": {"normal": [0.9]},
    }


def test_data_set_columns_numbers_results_of_the_same_networks():
    """Such as those with other seeds of the probe."""
    first, second = result(normal=0.5), result(normal=0.6)
    third = result(seed=1, normal=0.7)
    assert columns(first, second, third) == {
        "digits": {"normal": [0.5, 0.7]},
        "digits (2)": {"normal": [0.6]},
    }


def test_data_set_columns_numbers_other_images_and_protocols():
    """Such as another classifier, or another folder of the same name."""
    first = result(normal=0.5, protocol="ridge")
    for second in (
        result(seal=0.6, protocol="logistic"),
        result(seal=0.6, protocol="ridge", images=9),
    ):
        assert columns(first, second) == {
            "digits": {"normal": [0.5]},
            "digits (2)": {"seal": [0.6]},
        }


def test_data_set_columns_keeps_what_was_skipped_once():
    (column,) = data_set_columns([result(normal=0.5), result(seal=0.6)])
    assert column.skipped == ("skipped",)
