"""Methods as pure schedules: what each layer group does at epoch e, step i."""

from seal_tf.schedules.annealed_ascent import AnnealedAscent
from seal_tf.schedules.compose import Composed
from seal_tf.schedules.events import KeepSnapshot, Redraw, ResetOptimizer
from seal_tf.schedules.freezeout import FreezeOut
from seal_tf.schedules.llf import LLF
from seal_tf.schedules.normal import Normal
from seal_tf.schedules.plan import EpochPlan, Plan, Run, Schedule
from seal_tf.schedules.seal import SEAL
from seal_tf.schedules.snapshots import Snapshots

#: Methods by their name on the command line.
METHODS = {
    cls.name: cls
    for cls in (Normal, LLF, AnnealedAscent, Snapshots, FreezeOut, SEAL)
}

__all__ = [
    "LLF",
    "METHODS",
    "SEAL",
    "AnnealedAscent",
    "Composed",
    "EpochPlan",
    "FreezeOut",
    "KeepSnapshot",
    "Normal",
    "Plan",
    "Redraw",
    "ResetOptimizer",
    "Run",
    "Schedule",
    "Snapshots",
]
