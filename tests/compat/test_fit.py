"""What a fit with a callback does, compared with a fit of plain Keras."""

import warnings
import zipfile

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seal_tf import GenerationCallback, SEALCallback
from seal_tf.callbacks.generation import PlanWarning
from seal_tf.schedules import SEAL
from tests.compat import kinds

SCALE = 0.25

CASES = given(
    kind=st.sampled_from(sorted(kinds.MODELS)),
    optimizer=st.sampled_from(sorted(kinds.OPTIMIZERS)),
    fit=st.sampled_from(sorted(kinds.FITS)),
)


def _cases(count):
    """A decorator: `count` drawn cases, the same ones in every run."""
    options = settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    return lambda test: options(CASES(test))


def _is_early(layer):
    return layer.name in ("first", "norm")


def _is_early_variable(variable):
    return bool({"first", "norm"} & set(variable.path.split("/")))


class _Updates(keras.callbacks.Callback):
    """The displacement of each trainable weight in the first step."""

    def __init__(self, before):
        super().__init__()
        self._before = before

    def on_train_batch_end(self, batch, logs=None):
        if batch == 0:
            self.updates = [
                np.array(v) - old
                for v, old in zip(
                    self.model.trainable_variables, self._before, strict=True
                )
            ]


class _Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            raise KeyboardInterrupt


def _fit(model, x, y, fit, epochs, callbacks):
    model.fit(
        **kinds.FITS[fit](x, y), epochs=epochs, verbose=0, callbacks=callbacks
    )


def check_plain_descent(kind, optimizer, fit):
    """A plan of plain descent gives the weights of plain Keras."""
    weights = []
    for with_callback in (False, True):
        model, x, y = kinds.build(kind, optimizer)
        # A generation without ascent and without optimizer resets.
        schedule = SEAL(generations=1, split_at=_is_early, ascent_epochs=0)
        callbacks = [GenerationCallback(schedule)] if with_callback else []
        with warnings.catch_warnings():
            # Such a plan is not useful otherwise.
            warnings.simplefilter("ignore", PlanWarning)
            _fit(model, x, y, fit, 2, callbacks)
        weights.append(model.get_weights())
    for plain, ours in zip(*weights, strict=True):
        np.testing.assert_array_equal(ours, plain)


def check_ascent(kind, optimizer, fit):
    """The first update of an ascent is -S times that of a descent."""
    updates = []
    for ascent_epochs in (0, 1):
        model, x, y = kinds.build(kind, optimizer)
        # An ascent does not decay weights.
        if model.optimizer.weight_decay:
            model.optimizer.weight_decay = 0.0
        callback = SEALCallback(
            generations=1,
            first_generation=1,
            ascent_epochs=ascent_epochs,
            ascent_scale=SCALE,
            split_at=_is_early,
        )
        before = [np.array(v) for v in model.trainable_variables]
        first = _Updates(before)
        with warnings.catch_warnings():
            # Such a plan is not useful otherwise.
            warnings.simplefilter("ignore", PlanWarning)
            _fit(model, x, y, fit, 1, [callback, first])
        updates.append(first.updates)
        variables = model.trainable_variables
    early = [_is_early_variable(v) for v in variables]
    assert any(early) and not all(early)
    for variable, is_early, old, descent, ascent in zip(
        variables, early, before, *updates, strict=True
    ):
        factor = -SCALE if is_early else 1.0
        limit = 1e-6 + 4 * np.finfo(np.float32).eps * np.abs(old).max()
        np.testing.assert_allclose(
            ascent,
            factor * descent,
            rtol=1e-4,
            atol=limit,
            err_msg=variable.path,
        )


def check_plain_after_fit(kind, optimizer, fit, tmp_path_factory):
    """After a fit, also an interrupted one, nothing of it remains."""
    model, x, y = kinds.build(kind, optimizer)
    names = set(vars(model)), set(vars(model.optimizer))
    trainable = [(v.path, v.trainable) for v in model.variables]
    callback = SEALCallback(generations=2, split_at=_is_early)
    _fit(model, x, y, fit, 2, [callback])
    with pytest.raises(KeyboardInterrupt):
        _fit(model, x, y, fit, 2, [callback, _Stop()])
    model.predict(x, verbose=0)
    patched = {"train_step", "fit", "make_train_function", "apply"}
    assert not patched & (set(vars(model)) - names[0])
    assert not patched & (set(vars(model.optimizer)) - names[1])
    assert [(v.path, v.trainable) for v in model.variables] == trainable
    path = tmp_path_factory.mktemp("files") / "model.keras"
    model.save(path)
    with zipfile.ZipFile(path) as file:
        assert "seal_tf" not in file.read("config.json").decode()


CHECKS = (check_plain_descent, check_ascent, check_plain_after_fit)


@_cases(6)
def test_drawn_case_has_one_property(kind, optimizer, fit, tmp_path_factory):
    # One property a case: the three of them take the time of seven fits.
    number = sum(map(ord, kind + optimizer + fit)) % 3
    _run(CHECKS[number], kind, optimizer, fit, tmp_path_factory)


@pytest.mark.slow
@_cases(40)
def test_drawn_case_has_every_property(kind, optimizer, fit, tmp_path_factory):
    for check in CHECKS:
        _run(check, kind, optimizer, fit, tmp_path_factory)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", sorted(kinds.OPTIMIZERS))
@pytest.mark.parametrize("check", CHECKS[:2])
def test_every_optimizer_has_the_properties(check, optimizer, tmp_path_factory):
    _run(check, "functional", optimizer, "arrays", tmp_path_factory)


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(kinds.MODELS))
@pytest.mark.parametrize("check", CHECKS)
def test_every_kind_has_the_properties(check, kind, tmp_path_factory):
    _run(check, kind, "SGD", "tf.data", tmp_path_factory)


def _run(check, kind, optimizer, fit, tmp_path_factory):
    if check is check_plain_after_fit:
        check(kind, optimizer, fit, tmp_path_factory)
    else:
        check(kind, optimizer, fit)
