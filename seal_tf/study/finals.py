"""Train the finalists with paired seeds, on all training images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from seal_tf.study.budget import StudyPlan
from seal_tf.study.candidates import Candidate
from seal_tf.study.file_lock import FileLock
from seal_tf.study.fixed_runs import FixedRuns
from seal_tf.study.retries import retry_failed_trials
from seal_tf.study.slots import Slot, read_slots
from seal_tf.study.trial_runner import (
    COMMAND,
    FOLDER,
    METRICS,
    RESULT,
    TrialRun,
    TrialRunner,
)
from seal_tf.study.tuning import StudyContext, TunedCandidate
from seal_tf.utils.files import write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from optuna import Trial


#: What `summary.json` says about the images.
_IMAGE_FACTS = (
    *("training_images", "training_crc32"),
    *("validation_images", "validation_crc32"),
)


class Finals:
    """Train the finalists of a study.

    The slots of the Optuna study are the runs, seed by seed. So more seeds
    add slots, and leave those before as they are.

    Args:
        context: What all phases share.
        plan: The plan of the study.
        candidates: The candidates by name.
        finalists: The finalists with their settings; the first is the
            baseline.
        seeds: Number of seeds of each finalist, at least.
    """

    def __init__(
        self,
        context: StudyContext,
        plan: StudyPlan,
        candidates: Mapping[str, Candidate],
        finalists: Sequence[TunedCandidate],
        seeds: int,
    ) -> None:
        self._context = context
        self._plan = plan
        self._candidates = candidates
        self._finalists = finalists
        self._count = seeds * len(finalists)
        self._study = context.storage.open_study(f"{context.name}/finals")
        self._runs = FixedRuns(
            self._study,
            context.storage,
            TrialRunner(context.program, context.storage),
            count=self._count,
            describe=self._describe,
            on_finish=self._finish,
        )
        self._folder = context.workdir / "finals"

    def run(self) -> None:
        """Run all final runs, seed by seed, and wait for those of others.

        Failed runs are tried again.

        Raises:
            ValueError: The images have changed since an earlier run.
        """
        self._check_images()
        retry_failed_trials(
            self._study, self._context.storage.owners, self._count
        )
        self._runs.run()

    def _finish(self, slot: Slot) -> None:
        self._context.log(self._progress(slot))
        self._check_images()

    def _run_of(self, index: int) -> tuple[TunedCandidate, int]:
        """Return the finalist and the seed of a slot."""
        seed, finalist = divmod(index, len(self._finalists))
        # Other seeds than that of the trials, of which the best was chosen.
        return self._finalists[finalist], self._context.seed + 1 + seed

    def _describe(self, trial: Trial, index: int) -> TrialRun:
        finalist, seed = self._run_of(index)
        candidate = self._candidates[finalist.name]
        flags = candidate.training_flags(
            finalist.values, self._plan.epochs, self._context.learning_rate
        )
        return TrialRun(
            candidate=candidate,
            flags=flags,
            seed=seed,
            workdir=self._folder / f"{finalist.name}-seed{seed}",
            final=True,
        )

    def _progress(self, slot: Slot) -> str:
        finalist, seed = self._run_of(slot.index)
        label = self._candidates[finalist.name].label
        outcome = "finished" if slot.error is None else f"failed: {slot.error}"
        return (
            f"{label}, seed {seed}: {outcome} (run {slot.index + 1} of "
            f"{self._count})"
        )

    def _complete(self) -> Iterator[tuple[str, int, Slot]]:
        """Yield the finalist, the seed and the slot of each complete run."""
        for slot in read_slots(self._study):
            if slot.score is not None:
                finalist, seed = self._run_of(slot.index)
                yield finalist.name, seed, slot

    def _check_images(self) -> None:
        """Check that all complete runs have the same images.

        Raises:
            ValueError: They have not, so their accuracies cannot be compared.
        """
        if not self._context.program.writes_summaries:
            return
        # Images have another checksum in another size.
        seen: dict[tuple[str, str], tuple[str, object]] = {}
        for name, seed, slot in self._complete():
            result = slot.latest.user_attrs[RESULT]
            for fact in _IMAGE_FACTS:
                key = (fact, str(result.get("image_shape")))
                if (value := result.get(fact)) is None:
                    # A run of an older version.
                    continue
                run, first = seen.setdefault(key, (f"{name}-seed{seed}", value))
                if value != first:
                    raise ValueError(
                        "the images have changed since the first final runs: "
                        f"{fact} is {value} in {name}-seed{seed}, and {first} "
                        f"in {run}. Restore the images, or begin a new study "
                        "with another --study_name and --workdir"
                    )

    def chance(self) -> float | None:
        """Return the accuracy of guessing; None for a script of the user."""
        if not self._context.program.writes_summaries:
            return None
        for _, _, slot in self._complete():
            classes = slot.latest.user_attrs[RESULT].get("classes")
            if classes:
                return 1 / float(classes)
        return None

    def scores(self) -> dict[str, dict[int, float]]:
        """Return the test accuracy from 0 to 1, by finalist and seed."""
        scores: dict[str, dict[int, float]] = {
            finalist.name: {} for finalist in self._finalists
        }
        for name, seed, slot in self._complete():
            assert slot.score is not None
            scores[name][seed] = slot.score
        return scores

    def failures(self) -> dict[str, str]:
        """Return the error of each finalist with a failed run, by name."""
        return {
            self._run_of(slot.index)[0].name: slot.error
            for slot in self._runs.slots()
            if slot.error is not None
        }

    def commands(self) -> dict[tuple[str, int], str]:
        """Return the command of each complete run, by finalist and seed."""
        return {
            (name, seed): slot.latest.user_attrs[COMMAND]
            for name, seed, slot in self._complete()
        }

    def run_folders(self) -> dict[tuple[str, int], Path]:
        """Return the work directory of each run, by finalist and seed.

        Only those of `seal_tf.train` that are on this machine.
        """
        return {
            (name, seed): folder
            for name, seed, slot in self._complete()
            if ((folder := self._folder_of(slot)) / "summary.json").exists()
        }

    def _folder_of(self, slot: Slot) -> Path:
        return self._folder / str(slot.latest.user_attrs[FOLDER])

    def write_missing_files(self) -> None:
        """Write the results of runs that other machines have trained.

        A folder gets `summary.json` and `metrics.jsonl`, which the report
        reads. The networks stay on the machine that trained them.
        """
        if not self._context.program.writes_summaries:
            return
        # Workers of this machine end at the same time.
        with FileLock(self._folder / "results.lock"):
            for _, _, slot in self._complete():
                folder = self._folder_of(slot)
                if (folder / "summary.json").exists():
                    continue
                attributes = slot.latest.user_attrs
                rows = json.loads(attributes[METRICS])
                lines = [json.dumps(row) + "\n" for row in rows]
                write_text(folder / "metrics.jsonl", "".join(lines))
                write_json(folder / "summary.json", attributes[RESULT])
