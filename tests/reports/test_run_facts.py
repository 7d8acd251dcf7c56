"""Facts about a run in words."""

from seal_tf.reports.run_facts import describe_facts

SUMMARY = {"flags": {"images_per_class": None}, "epochs": 4}


def test_describe_facts_of_a_plain_run_is_empty():
    assert describe_facts(SUMMARY) == []
    assert describe_facts(SUMMARY | {"passes": 4.0}) == []


def test_describe_facts_names_decay_data_and_cost():
    summary = {
        "epochs": 4,
        "passes": 16.0,
        "training_images": 2400,
        "flags": {
            "images_per_class": 20,
            "images_per_class_seed": 7,
            "repeat_augment": 2,
        },
        "weight_decay": {
            "kind": "L2",
            "coefficient": 5e-4,
            "timescale_epochs": 12.5,
            "timescales_in_run": 0.3,
        },
        "label_noise": {
            "share": 0.2,
            "seed": 1,
            "replaced": 480,
            "labels_crc32": 5,
        },
    }
    facts = dict(describe_facts(summary))
    assert facts["L2"].startswith("0.0005, a timescale of 12.5 epochs")
    assert facts["Label noise"].startswith("480 of 2,400 training labels (0.2)")
    assert facts["Training images"] == "20 of each class, chosen with seed 7"
    assert "2 times in its batch" in facts["Repeated augmentation"]
    assert facts["Cost"].startswith("16 forward and backward passes")
