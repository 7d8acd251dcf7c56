"""Plans of small runs. Lengths do not divide evenly, on purpose."""

from seal_tf.schedules import Plan, Run

GROUPS = ("stem", "a", "b", "c", "d")
EARLY = (True, True, False, False, False)


def make_plan(schedule, epochs, steps=None):
    """Return the checked plan of a run with five layer groups."""
    schedule.check(epochs)
    return Plan(schedule, Run(epochs, GROUPS, EARLY, steps))


def two_group_plan(schedule, epochs=8, steps=4, **options):
    """Return the plan of a run with early and later layers."""
    run = Run(epochs, ("early", "later"), (True, False), steps)
    return Plan(schedule, run, **options)
