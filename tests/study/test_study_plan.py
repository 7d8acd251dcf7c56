"""The plan of a study: measured, agreed on, described."""

import json

import pytest

from seal_tf.cli.flags import parse
from seal_tf.study import study_plan
from seal_tf.study.budget import RunTime
from seal_tf.study.flags import define_study_flags
from seal_tf.study.settings import study_settings

IN_PASSES = ("--dataset=digits", "--candidates=llf,swa", "--passes=4000")


def settings_of(*words):
    return study_settings(parse(define_study_flags, "", words))


def test_plan_is_the_same_as_plain_data():
    lines = []
    settings = settings_of(*IN_PASSES)
    record = study_plan.plan_record(settings, lines.append)
    assert not lines  # A budget in passes needs no measurement.
    assert record["identity"] == settings.identity
    plan = study_plan.read_plan(json.loads(json.dumps(record["plan"])))
    assert plan == study_plan.make_plan(settings, None)
    assert plan.candidates == ("long", "llf", "swa")


def test_plan_in_hours_is_measured_in_a_folder_that_is_deleted(
    tmp_path, monkeypatch
):
    folders = []

    def measure(program, flags, folder):
        folders.append(folder)
        assert flags["epochs_per_generation"] == 8
        return RunTime(startup=10.0, epoch=2.0)

    monkeypatch.setattr(study_plan, "measure_run_time", measure)
    settings = settings_of("--dataset=digits", "--hours=2")
    lines = []
    record = study_plan.plan_record(settings, lines.append)
    assert lines == [
        "measuring two short runs of digits with small on this machine"
    ]
    assert not folders[0].exists()
    text = study_plan.describe_new_plan(
        settings, study_plan.read_plan(record["plan"])
    )
    first, *_, last = text.splitlines()
    assert first.startswith("measured: 2 s for an epoch")
    assert last.startswith("end: about ") and "if one worker starts" in last


def test_flag_that_does_not_fit_the_plan_is_refused():
    words = ("--dataset=digits", "--candidates=llf", "--passes=2000")
    plan = study_plan.make_plan(settings_of(*words), None)
    settings = settings_of(*words, f"--warmup_epochs={plan.epochs}")
    with pytest.raises(ValueError) as error:
        study_plan.make_plan(settings, None)
    text = str(error.value)
    assert text.startswith(f"the plan has runs of {plan.epochs} epochs, and ")
    assert "llf: --warmup_epochs must be between 0 and" in text
    assert text.endswith("Set --epochs, or a larger budget.")


def test_description_names_candidates_that_do_not_fit(monkeypatch):
    settings = settings_of("--dataset=digits", "--passes=400")
    plan = study_plan.make_plan(settings, None)
    text = study_plan.describe_new_plan(settings, plan)
    assert text == study_plan.describe_plan(settings, plan)
    omitted = [c.name for c in settings.candidates][len(plan.candidates) :]
    assert text.splitlines()[-1] == (
        f"too small a budget for: {', '.join(omitted)}"
    )
