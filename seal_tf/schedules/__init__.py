"""Methods as pure schedules: what each layer group does at every step."""

from seal_tf.schedules.annealed_ascent import AnnealedAscent
from seal_tf.schedules.distill import Distill
from seal_tf.schedules.epoch_plan import Distillation, EpochPlan, Run
from seal_tf.schedules.events import (
    AverageWeights,
    Event,
    Reinitialize,
    ResetOptimizer,
    SaveSnapshot,
    ShrinkAndPerturb,
    UpdateTeacher,
)
from seal_tf.schedules.freezeout import FreezeOut
from seal_tf.schedules.l2_schedule import L2Schedule
from seal_tf.schedules.layer_rates import LayerRates
from seal_tf.schedules.llf import LLF
from seal_tf.schedules.normal import Normal
from seal_tf.schedules.plan import Plan
from seal_tf.schedules.registry import import_methods
from seal_tf.schedules.sam import SAM
from seal_tf.schedules.schedule import METHODS, Composed, Schedule
from seal_tf.schedules.seal import SEAL
from seal_tf.schedules.shrink_perturb import ShrinkPerturb
from seal_tf.schedules.snapshots import Snapshots
from seal_tf.schedules.swa import SWA

import_methods()

__all__ = [
    "LLF",
    "METHODS",
    "SAM",
    "SEAL",
    "SWA",
    "AnnealedAscent",
    "AverageWeights",
    "Composed",
    "Distill",
    "Distillation",
    "EpochPlan",
    "Event",
    "FreezeOut",
    "L2Schedule",
    "LayerRates",
    "Normal",
    "Plan",
    "Reinitialize",
    "ResetOptimizer",
    "Run",
    "SaveSnapshot",
    "Schedule",
    "ShrinkAndPerturb",
    "ShrinkPerturb",
    "Snapshots",
    "UpdateTeacher",
]
