"""The one table of canonical settings: every suite runs over it.

For runs of 8 epochs. A new method adds a line here and is tested for all
that every method has to do.
"""

from seal_tf.schedules import (
    LLF,
    SEAL,
    AnnealedAscent,
    FreezeOut,
    Normal,
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
    "seal, rest held": lambda **s: _seal(freeze_others=True, **s),
    "seal, optimizer kept": lambda **s: _seal(reset_optimizer=False, **s),
    # A bound that does shorten steps.
    "seal, bounded": lambda **s: _seal(
        **({"ascent_scale": 1.0, "ascent_clip": 0.002} | s)
    ),
    "seal, S found": lambda **s: _seal(ascent_scale="auto", **s),
    "llf": lambda **s: LLF(**({"generations": 2, "split_at": SPLIT} | s)),
    "llf, own initializer": lambda **s: LLF(
        **({"generations": 2, "split_at": SPLIT, "reinit": "initializer"} | s)
    ),
    "annealed ascent": lambda **s: AnnealedAscent(
        **({"generations": 1, "p0": 0.4} | s)
    ),
    "snapshots": lambda **s: Snapshots(**({"cycles": 2} | s)),
    "freezeout": lambda **s: FreezeOut(**({"t0": 0.6} | s)),
    "freezeout, linear": lambda **s: FreezeOut(
        **({"t0": 0.4, "decay": "linear", "scaled": False} | s)
    ),
}

COMPOSITIONS = {
    "llf+seal, S found": lambda **s: (
        LLF(generations=2, split_at=SPLIT) + _seal(ascent_scale="auto", **s)
    ),
    "seal+snapshots": lambda **s: _seal(**s) + Snapshots(),
    "seal+freezeout": lambda **s: _seal(**s) + FreezeOut(t0=0.6),
    "seal+freezeout, last": lambda **s: (
        _seal(**s) + FreezeOut(t0=0.6, when="last")
    ),
    "llf+seal": lambda **s: LLF(generations=2, split_at=SPLIT) + _seal(**s),
    "llf+snapshots": lambda **s: (
        LLF(**({"generations": 2, "split_at": SPLIT} | s)) + Snapshots()
    ),
    "snapshots+freezeout": lambda **s: (
        Snapshots(**({"cycles": 2} | s)) + FreezeOut(t0=0.6)
    ),
    "annealed ascent+snapshots": lambda **s: (
        AnnealedAscent(**({"generations": 2} | s)) + Snapshots()
    ),
}

ALL = {**METHODS, **COMPOSITIONS}

#: Those that `make test` takes; `make test-all` takes all.
QUICK = {
    "seal",
    "seal+freezeout",
}


def parameters(quick=QUICK):
    """Names for `pytest.mark.parametrize`, all but the quick ones slow."""
    import pytest

    return [
        name if name in quick else pytest.param(name, marks=pytest.mark.slow)
        for name in ALL
    ]
