"""Results of studies without a training."""

import json

from seal_tf.study.budget import RunTime, StudyPlan
from seal_tf.study.candidate_file import choose_candidates, load_candidates
from seal_tf.study.tuning import TunedCandidate
from seal_tf.study.worker import StudyResult

#: Test accuracies by finalist and seed. LLF is better; SWA cannot be told.
SCORES = {
    "long": {1: 0.790, 2: 0.800, 3: 0.795},
    "llf": {1: 0.812, 2: 0.825, 3: 0.818},
    "swa": {1: 0.780, 2: 0.815, 3: 0.800},
}


def shifted_scores(*points):
    """Scores of the baseline plus these points, by seed."""
    base = SCORES["long"]
    return {
        seed: score + point / 100
        for (seed, score), point in zip(base.items(), points, strict=False)
    }


def make_plan(names, **others):
    """Return a plan for candidates, in seconds."""
    fields = {
        "candidates": tuple(names),
        "epochs": 16,
        "trials": 3,
        "finalists": min(3, len(names)),
        "seeds": 3,
        "tuning": 3000.0,
        "budget": 7200.0,
        "time": RunTime(startup=10.0, epoch=2.0),
        "final_share": 1.25,
    }
    return StudyPlan(**{**fields, **others})


def make_result(scores, failures=None, tuned_only=(), folders=None):
    """Return a result with these scores.

    `tuned_only` are candidates without a final run; `folders` is where the
    runs of the finalists are written, or None for none.
    """
    names = list(dict.fromkeys((*scores, *tuned_only)))
    candidates = {
        c.name: c for c in choose_candidates(names, load_candidates())
    }
    values = {name: c.first_values() for name, c in candidates.items()}
    result = StudyResult(
        plan=make_plan(candidates),
        candidates=candidates,
        tuned={
            name: TunedCandidate(name, values[name], 0.7 + 0.01 * i, 3)
            for i, name in enumerate(candidates)
        },
        trials=[
            {
                "candidate": name,
                "number": number,
                "state": state,
                "values": values[name],
                "score": score,
                "command": f"python -m seal_tf.train --seed=0 --x={number}",
                "error": error,
            }
            for i, name in enumerate(candidates)
            for number, state, score, error in (
                (1, "complete", 0.7 + 0.01 * i, None),
                (2, "pruned", 0.5, None),
                (3, "fail", None, "no space is left (trial3.log)"),
            )
        ],
        scores=scores,
        failures=failures or {},
        commands={
            (name, seed): f"python -m seal_tf.train --method={name} "
            f"--seed={seed} --progress=lines '--workdir=a b/{name}-{seed}'"
            for name, by_seed in scores.items()
            for seed in by_seed
        },
        run_folders={},
        used=1800.0,
        planned_seeds=3,
    )
    if folders is not None:
        for key in result.commands:
            result.run_folders[key] = folders / "-".join(map(str, key))
            _write_run(result.run_folders[key], *key, scores[key[0]][key[1]])
    return result


def _write_run(folder, method, seed, accuracy, epochs=4):
    folder.mkdir(parents=True)
    rows = [
        {
            "epoch": epoch,
            "generation": epoch // 2,
            "epoch_in_generation": epoch % 2,
            "phase": "ascent" if method == "llf" and epoch == 2 else "descent",
            "learning_rate": 0.1,
            "early_rate": 0.1,
            "later_rate": 0.1,
            "loss": 1.0,
            "accuracy": 0.9,
            "val_loss": 1.0,
            "val_accuracy": accuracy * (epoch + 1) / epochs,
            "seconds": 2.0,
        }
        for epoch in range(epochs)
    ]
    (folder / "metrics.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in rows)
    )
    summary = {
        "method": method,
        "seed": seed,
        "dataset": "image_folder",
        "generations": [
            {"val_accuracy_last": accuracy / 2},
            {"val_accuracy_last": accuracy},
        ],
        "last": {"val_accuracy": accuracy},
        "epochs": epochs,
        "passes": float(epochs),
        "seconds": 8.0,
        "training_images": 1000,
        "validation_images": 400,
        "flags": {"method": method, "seed": seed},
        "date": "2026-01-01",
        "machine": "a CPU",
        "versions": {"keras": "3"},
    }
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "model.keras").touch()
