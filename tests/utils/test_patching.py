"""Attributes that are patched and restored."""

import keras
import pytest

from seal_tf.utils.patching import AttributePatcher


class _Owner:
    size = 1


def test_restore_removes_a_patch_of_a_class_attribute():
    owner, patcher = _Owner(), AttributePatcher()
    patcher.patch(owner, "size", 2)
    assert owner.size == 2
    patcher.restore()
    assert owner.size == 1
    assert vars(owner) == {}


def test_restore_undoes_nested_patches_in_reverse_order():
    owner, patcher, calls = _Owner(), AttributePatcher(), []
    owner.size = 5
    patcher.patch(owner, "size", 2)
    patcher.add_cleanup(lambda: calls.append(owner.size))
    patcher.patch(owner, "size", 3)
    patcher.restore()
    assert owner.size == 5
    assert calls == [2]


def test_restore_twice_does_nothing_the_second_time():
    owner, patcher, calls = _Owner(), AttributePatcher(), []
    patcher.patch(owner, "size", 2)
    patcher.add_cleanup(lambda: calls.append(1))
    patcher.restore()
    owner.size = 7
    patcher.restore()
    assert owner.size == 7
    assert calls == [1]


def test_restore_after_the_patch_was_deleted_does_not_fail():
    owner, patcher = _Owner(), AttributePatcher()
    patcher.patch(owner, "size", 2)
    del owner.size
    patcher.restore()
    assert owner.size == 1


def test_patch_of_a_layer_is_not_tracked_by_keras():
    model, layer = (
        keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]),
        keras.layers.Dense(1),
    )
    patcher = AttributePatcher()
    patcher.patch(model, "extra", layer)
    assert model.extra is layer
    assert layer not in model._flatten_layers()
    patcher.restore()
    assert not hasattr(model, "extra")


class _Adder:
    def add(self, x):
        return x + 1


def _double(add, x):
    return 2 * add(x)


def _square(add, x):
    return add(x) ** 2


@pytest.mark.parametrize("first", [0, 1])
def test_wrap_by_two_patchers_is_restored_in_any_order(first):
    adder = _Adder()
    patchers = [AttributePatcher(), AttributePatcher()]
    patchers[0].wrap(adder, "add", _double)
    patchers[1].wrap(adder, "add", _square)
    assert adder.add(1) == 16
    patchers[first].restore()
    assert adder.add(1) == (4, 4)[first]
    patchers[1 - first].restore()
    assert adder.add(1) == 2 and not vars(adder)


def test_wrap_innermost_is_inside_of_earlier_wrappers():
    adder, patcher = _Adder(), AttributePatcher()
    patcher.wrap(adder, "add", _double)
    patcher.wrap(adder, "add", _square, innermost=True)
    assert adder.add(1) == 8
    patcher.restore()
    assert not vars(adder)
