"""Methods as pure schedules: what each layer group does at epoch e, step i."""

from seal_tf.schedules.normal import Normal
from seal_tf.schedules.plan import EpochPlan, Event, Plan, Run, Schedule
from seal_tf.schedules.seal import SEAL

#: Methods by their name on the command line.
METHODS = {cls.name: cls for cls in (Normal, SEAL)}

__all__ = [
    "METHODS",
    "SEAL",
    "EpochPlan",
    "Event",
    "Normal",
    "Plan",
    "Run",
    "Schedule",
]
