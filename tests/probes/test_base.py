"""The interface of probes."""

import pytest

from seal_tf.probes.base import Probe


def test_probe_without_flags_inherits_its_constructor():
    class Minimal(Probe):
        name = "minimal"
        title = "Minimal"

        def run(self, session):
            return {}

        @classmethod
        def report(cls, results):
            return []

    Minimal.define_flags(None)
    assert isinstance(Minimal.from_flags(None), Minimal)


def test_probe_without_run_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Probe()
