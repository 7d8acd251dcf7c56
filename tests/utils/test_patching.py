"""Attributes that are patched and restored."""

import keras

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
