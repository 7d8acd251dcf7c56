import shutil

from tests.cli.runs import FINISHED, epochs_of, error_of, run


def test_load_state_finished_run_writes_results_again(
    finished_run, tmp_path, capsys
):
    copy = tmp_path / "run"
    shutil.copytree(finished_run, copy)
    (copy / "report.html").unlink()
    assert run(copy, *FINISHED) == 0
    output = capsys.readouterr().out
    assert "all 4 epochs are complete; writing the results again" in output
    assert (copy / "report.html").exists()
    assert epochs_of(copy) == epochs_of(finished_run)


def test_claim_workdir_other_model_is_refused(finished_run, tmp_path, capsys):
    copy = tmp_path / "run"
    shutil.copytree(finished_run, copy)
    flags = (copy / "flags.txt").read_text()
    assert "--arch=small" in flags
    (copy / "flags.txt").write_text(
        flags.replace("--arch=small", "--arch=cifar_resnet20")
    )
    words = [*FINISHED, "--arch=cifar_resnet20"]
    assert "in the checkpoint" in error_of(capsys, copy, *words)
