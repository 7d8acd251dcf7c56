from types import SimpleNamespace

from seal_tf.cli.train.progress_bar import ImageProgressBar


def test_progress_bar_counts_images_and_shows_losses(capsys):
    generations = SimpleNamespace(
        plan=SimpleNamespace(
            epoch=lambda epoch: SimpleNamespace(title=lambda: "descent")
        ),
        progress_text=lambda completed: f"{completed} complete",
        ascent_summary=lambda: "",
    )
    bar = ImageProgressBar(generations, images=20, batch_size=8)
    bar.set_params({"epochs": 3, "steps": 3})
    bar.on_epoch_begin(1)
    for batch in range(3):
        bar.on_train_batch_end(batch, {"loss": 1.5, "early_rate": 0.1})
    bar.on_epoch_end(1, {"loss": 1.5, "val_loss": 2.5, "early_rate": 0.1})
    output = capsys.readouterr().out
    assert output.startswith("epoch 2/3 \u00b7 descent\n")
    assert "20/20" in output and "3/3" not in output
    assert "/image" in output and "/step" not in output
    assert "loss: 1.5" in output and "val_loss: 2.5" in output
    assert "early_rate" not in output
    assert output.endswith("2 complete\n")
