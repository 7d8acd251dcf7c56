"""The interface of sessions."""

from seal_tf.probes.session import Session


def test_probe_session_has_all_members_of_the_protocol():
    from seal_tf.cli.probe.session import ProbeSession

    members = {n for n in vars(Session) if not n.startswith("_")}
    assert {"networks", "features", "logits", "describe"} <= members
    assert not [n for n in members if not hasattr(ProbeSession, n)]
