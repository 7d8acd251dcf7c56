"""One table of canonical settings; the suites over all methods use it.

The settings are for runs of 8 epochs. A new method adds a line to `METHODS`,
and the suites then test everything that every method must do.
"""

from seal_tf import schedules
from seal_tf.schedules import (
    LLF,
    SAM,
    SEAL,
    SWA,
    AnnealedAscent,
    Distill,
    FreezeOut,
    L2Schedule,
    LayerRates,
    Normal,
    ShrinkPerturb,
    Snapshots,
)

EPOCHS = 8
SPLIT = "conv4_block1"


def _seal(**settings):
    return SEAL(
        **(
            {"generations": 2, "split_at": SPLIT, "ascent_scale": 0.05}
            | settings
        )
    )


METHODS = {
    "normal": lambda **s: Normal(**({"generations": 1} | s)),
    "normal, restarts": lambda **s: Normal(**({"generations": 2} | s)),
    "seal": _seal,
    "seal, later layers": lambda **s: _seal(ascend="later", **s),
    "seal, all layers": lambda **s: _seal(ascend="all", **s),
    "seal, others frozen": lambda **s: _seal(freeze_others=True, **s),
    "seal, no reset": lambda **s: _seal(reset_optimizer=False, **s),
    # The limit is low enough to clip updates.
    "seal, clipped": lambda **s: _seal(
        **({"ascent_scale": 1.0, "ascent_clip": 0.002} | s)
    ),
    "seal, searched S": lambda **s: _seal(ascent_scale="auto", **s),
    "llf": lambda **s: LLF(**({"generations": 2, "split_at": SPLIT} | s)),
    "llf, own initializer": lambda **s: LLF(
        **({"generations": 2, "split_at": SPLIT, "reinit": "initializer"} | s)
    ),
    "llf, classifier": lambda **s: LLF(
        **({"generations": 2, "layers": "classifier"} | s)
    ),
    "llf, blocks": lambda **s: LLF(
        **({"generations": 4, "layers": "blocks"} | s)
    ),
    "llf, filters": lambda **s: LLF(
        **({"generations": 2, "layers": "filters"} | s)
    ),
    "shrink and perturb": lambda **s: ShrinkPerturb(
        **({"generations": 2, "shrink": 0.6} | s)
    ),
    "shrink and perturb, later layers": lambda **s: ShrinkPerturb(
        **({"generations": 2, "layers": "later", "split_at": SPLIT} | s)
    ),
    "annealed ascent": lambda **s: AnnealedAscent(
        **({"generations": 1, "p0": 0.4} | s)
    ),
    "snapshots": lambda **s: Snapshots(**({"cycles": 2} | s)),
    "swa": lambda **s: SWA(**({"generations": 2, "count": 2} | s)),
    "swa, generations": lambda **s: SWA(
        **({"generations": 4, "average": "generations", "count": 3} | s)
    ),
    "distill": lambda **s: Distill(
        **({"generations": 2, "temperature": 2.0} | s)
    ),
    "distill, ensemble": lambda **s: Distill(
        **({"generations": 4, "teacher": "ensemble", "alpha": 0.3} | s)
    ),
    "freezeout": lambda **s: FreezeOut(**({"t0": 0.6} | s)),
    "freezeout, linear": lambda **s: FreezeOut(
        **({"t0": 0.4, "decay": "linear", "scaled": False} | s)
    ),
}


def _with_defaults(cls):
    """Return a function that makes the schedule of two generations."""
    defaults = {"generations": 2} if cls.defines_generations else {}
    return lambda **s: cls(**(defaults | s))


#: A method without an entry above is tested with its default settings.
METHODS |= {
    name: _with_defaults(cls)
    for name, cls in schedules.METHODS.items()
    if not cls.is_modifier
    and name not in {make().name for make in METHODS.values()}
}

#: Modifiers change another method; the suites run each with normal training.
MODIFIERS = {
    "l2_schedule": lambda: L2Schedule(start=0.5, end=2.0),
    "layer_rates": lambda: LayerRates(decay=0.8, factors={"conv1": 0.5}),
    "sam": lambda: SAM(rho=0.1),
}


def _modified(make):
    return lambda **s: Normal(**({"generations": 2} | s)) + make()


COMPOSITIONS = {
    "llf+seal, searched S": lambda **s: (
        LLF(generations=2, split_at=SPLIT) + _seal(ascent_scale="auto", **s)
    ),
    "seal+snapshots": lambda **s: _seal(**s) + Snapshots(),
    "seal+freezeout": lambda **s: _seal(**s) + FreezeOut(t0=0.6),
    "seal+freezeout, last": lambda **s: (
        _seal(**s) + FreezeOut(t0=0.6, when="last")
    ),
    "llf+seal": lambda **s: LLF(generations=2, split_at=SPLIT) + _seal(**s),
    "llf, blocks+seal+freezeout": lambda **s: (
        LLF(generations=2, layers="blocks")
        + _seal(**s)
        + FreezeOut(t0=0.6, when="last")
    ),
    "llf+snapshots": lambda **s: (
        LLF(**({"generations": 2, "split_at": SPLIT} | s)) + Snapshots()
    ),
    "shrink_perturb+seal": lambda **s: (
        ShrinkPerturb(generations=2, split_at=SPLIT, shrink=0.8) + _seal(**s)
    ),
    "seal+snapshots+swa": lambda **s: (
        _seal(**s) + Snapshots() + SWA(generations=2, count=2)
    ),
    "llf+seal+snapshots+distill": lambda **s: (
        LLF(generations=2, split_at=SPLIT)
        + _seal(**s)
        + Snapshots()
        + Distill(generations=2)
    ),
    "distill+freezeout": lambda **s: (
        Distill(**({"generations": 2} | s)) + FreezeOut(t0=0.6)
    ),
    "snapshots+freezeout": lambda **s: (
        Snapshots(**({"cycles": 2} | s)) + FreezeOut(t0=0.6)
    ),
    "annealed ascent+snapshots": lambda **s: (
        AnnealedAscent(**({"generations": 2} | s)) + Snapshots()
    ),
}

COMPOSITIONS |= {
    f"normal+{name}": _modified(make) for name, make in MODIFIERS.items()
}
COMPOSITIONS |= {
    "seal+l2_schedule": lambda **s: _seal(**s) + MODIFIERS["l2_schedule"](),
    "seal+sam": lambda **s: _seal(**s) + SAM(),
    "seal, searched S, freezeout, sam": lambda **s: (
        _seal(ascent_scale="auto", **s) + FreezeOut(t0=0.6) + SAM()
    ),
    "seal+layer_rates+freezeout": lambda **s: (
        _seal(**s) + MODIFIERS["layer_rates"]() + FreezeOut(t0=0.6)
    ),
}

ALL = {**METHODS, **COMPOSITIONS}

#: The quick suites run these; the slow suites run all.
QUICK = {
    "seal",
    "seal+freezeout",
}


def parameters(quick=QUICK):
    """Return the names for `parametrize`; all but the quick ones are slow."""
    import pytest

    return [
        name if name in quick else pytest.param(name, marks=pytest.mark.slow)
        for name in ALL
    ]
