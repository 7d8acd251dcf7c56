"""Settings of the probe command, created once from its flags."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from absl import flags

from seal_tf.cli.data import DataSettings
from seal_tf.cli.export.flags import ExportSettings
from seal_tf.cli.flags import require
from seal_tf.probes.base import Probe
from seal_tf.probes.registry import PROBES


@dataclasses.dataclass(frozen=True)
class FeatureSettings:
    """Where and how features are cached.

    Args:
        cache_dir: Folder of all caches; None takes one beside each export.
        feature_dtype: "float16" or "float32".
        cache_gb: Largest size of the features of one split in GB.
        batch_size: Images in a batch.
    """

    cache_dir: Path | None = None
    feature_dtype: str = "float16"
    cache_gb: float = 32.0
    batch_size: int = 100


@dataclasses.dataclass(frozen=True)
class ProbeSettings:
    """All settings of one call of the probe command.

    Args:
        probe: The probe with its own settings.
        networks: Exports, work directories and .keras files.
        out: Folder for results.
        data: The data set.
        features: Cache of features.
        export: How .keras files are exported.
        progress: "auto", "bar", "lines" or "none".
    """

    probe: Probe
    networks: tuple[str, ...]
    out: Path
    data: DataSettings
    features: FeatureSettings
    export: ExportSettings
    progress: str

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> ProbeSettings:
        """Create the settings from parsed flags.

        Args:
            flag_values: The parsed flags.

        Raises:
            ValueError: A required flag is missing, or a flag has a value
                that is not accepted.
        """
        require(flag_values, export="runs/seal", probe="linear", out="DIR")
        cache_dir = flag_values.cache_dir
        return cls(
            probe=PROBES[flag_values.probe].from_flags(flag_values),
            networks=tuple(flag_values.export),
            out=Path(flag_values.out),
            data=DataSettings.from_flags(flag_values),
            features=FeatureSettings(
                Path(cache_dir) if cache_dir else None,
                flag_values.feature_dtype,
                flag_values.cache_gb,
                flag_values.batch_size,
            ),
            export=ExportSettings.from_flags(flag_values),
            progress=flag_values.progress,
        )
