from types import SimpleNamespace

from seal_tf.cli.train.epoch_logger import EpochLogger


def test_on_epoch_end_prints_one_line_without_empty_parts(capsys):
    generations = SimpleNamespace(
        plan=SimpleNamespace(
            epoch=lambda e: SimpleNamespace(title=lambda: "generation 1/2")
        ),
        progress_text=lambda n: f"{n} done",
        ascent_summary=lambda: "",
    )
    logger = EpochLogger(generations)
    logger.set_params({"epochs": 4})
    logger.on_epoch_end(1, {"loss": 0.5})
    assert capsys.readouterr().out == (
        "epoch 2/4 · generation 1/2 · loss 0.5000 · 2 done\n"
    )
