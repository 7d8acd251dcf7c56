import inspect

import pytest

from seal_tf.distribution import replicas


@pytest.mark.parametrize(
    "name", ["distribute", "patch", "all_reduce_sum", "broadcast"]
)
def test_replicas_leave_what_they_need_to_subclasses(name):
    base = replicas.Replicas()
    method = getattr(base, name)
    arguments = [None] * len(inspect.signature(method).parameters)
    with pytest.raises(NotImplementedError):
        method(*arguments)


def test_scopes_of_replicas_default_to_none():
    with replicas.Replicas().scope(), replicas.Replicas().one_device():
        pass
