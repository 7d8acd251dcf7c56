"""The methods by their name on the command line and in results."""

from __future__ import annotations

from seal_tf.schedules.annealed_ascent import AnnealedAscent
from seal_tf.schedules.freezeout import FreezeOut
from seal_tf.schedules.llf import LLF
from seal_tf.schedules.normal import Normal
from seal_tf.schedules.schedule import Schedule
from seal_tf.schedules.seal import SEAL
from seal_tf.schedules.snapshots import Snapshots

METHODS: dict[str, type[Schedule]] = {
    cls.name: cls
    for cls in (Normal, LLF, AnnealedAscent, Snapshots, FreezeOut, SEAL)
}
