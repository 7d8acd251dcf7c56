"""What seal_tf takes from Keras that is not public, and what to do without it.

Each entry is looked at alone, so that a new Keras says in one line which file
to mend, before stranger tests fail. New private names go in here.
"""

import inspect
import re
from pathlib import Path

import keras
import pytest
from keras.src.losses import loss
from keras.src.trainers import data_adapters

from seal_tf.optimizers import SGD
from tests.training import nets


def _model():
    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.1))
    model.optimizer.build(model.trainable_variables)
    return model


def _averaging():
    made = keras.optimizers.SGD(0.1, use_ema=True)
    made.build(_model().trainable_variables)
    return made


def _takes(function, *names):
    return set(names) <= inspect.signature(function).parameters.keys()


#: Name: (whether it is as it was, file, what to do).
TAKEN = {
    "unscale_loss_for_distribution": (
        lambda: _takes(loss.unscale_loss_for_distribution, "value"),
        "training/model.py",
        "compare train_step with keras.Model.train_step",
    ),
    "data_adapter_utils": (
        lambda: callable(
            data_adapters.data_adapter_utils.unpack_x_y_sample_weight
        ),
        "training/counting.py",
        "keras.utils.unpack_x_y_sample_weight is its public name",
    ),
    "_call_has_training_arg": (
        lambda: _model()._call_has_training_arg is True,
        "training/model.py",
        "ask inspect.signature(model.call)",
    ),
    "_compute_loss": (
        lambda: _takes(
            _model()._compute_loss,
            *("x", "y", "y_pred", "sample_weight", "training"),
        ),
        "training/model.py",
        "compare train_step with keras.Model.train_step",
    ),
    "_loss_tracker": (
        lambda: _takes(
            _model()._loss_tracker.update_state, "values", "sample_weight"
        ),
        "training/model.py",
        "compare train_step with keras.Model.train_step",
    ),
    "_flatten_layers": (
        lambda: (
            {layer.name for layer in _model()._flatten_layers()}
            >= {"first", "norm", "second", "third"}
            and _takes(_model()._flatten_layers, "include_self")
        ),
        "training/groups.py",
        "walk model.layers and each layer's own layers",
    ),
    "_symbolic_build": (
        lambda: _takes(_model()._symbolic_build, "data_batch"),
        "training/distribution.py",
        "build model, metrics and optimizer by a step that is not counted",
    ),
    "_initial_epoch": (
        lambda: (
            "_initial_epoch"
            in inspect.getsource(type(_model()).fit)
            + inspect.getsource(keras.callbacks.BackupAndRestore)
        ),
        "training/callback.py",
        "look how BackupAndRestore tells fit where to go on",
    ),
    "_maybe_symbolic_build": (
        lambda: _takes(_model()._maybe_symbolic_build, "iterator"),
        "training/distribution.py",
        "see that fit builds the model once, from a batch that is whole",
    ),
    "_compile_metrics": (
        lambda: (
            {"_user_metrics", "_user_weighted_metrics"}
            <= vars(_model()._compile_metrics).keys()
        ),
        "training/remaining.py",
        "look for an accuracy in model.get_compile_config()",
    ),
    "_user_metrics": (
        lambda: _model()._compile_metrics._user_metrics == ["accuracy"],
        "training/remaining.py",
        "look for an accuracy in model.get_compile_config()",
    ),
    "_user_weighted_metrics": (
        lambda: _model()._compile_metrics._user_weighted_metrics is None,
        "training/remaining.py",
        "look for an accuracy in model.get_compile_config()",
    ),
    "_iterations": (
        lambda: _model().optimizer._iterations.dtype == "int64",
        "training/lent_optimizer.py",
        "assign to optimizer.iterations",
    ),
    "_learning_rate": (
        lambda: isinstance(_model().optimizer._learning_rate, keras.Variable),
        "training/lent_optimizer.py",
        "find out whether the rate is a schedule by get_config()",
    ),
    "_get_current_learning_rate": (
        lambda: (
            float(_model().optimizer._get_current_learning_rate())
            == pytest.approx(0.1)
        ),
        "training/lent_optimizer.py",
        "scale the rate that update_step is given",
    ),
    "_apply_weight_decay": (
        lambda: _takes(_model().optimizer._apply_weight_decay, "variables"),
        "training/lent_optimizer.py",
        "find where Optimizer.apply decays weights",
    ),
    "_get_variable_index": (
        lambda: _takes(_model().optimizer._get_variable_index, "variable"),
        "training/lent_optimizer.py",
        "find a variable's slots by its place in build's list",
    ),
    "_trainable_variables": (
        lambda: len(_model().optimizer._trainable_variables) == 8,
        "training/lent_optimizer.py",
        "remember the list that build was given",
    ),
    "_model_variables_moving_average": (
        lambda: len(_averaging()._model_variables_moving_average) == 8,
        "training/lent_optimizer.py",
        "find the averages among optimizer.variables",
    ),
    "finalize_variable_values": (
        lambda: _takes(_model().optimizer.finalize_variable_values, "var_list"),
        "training/lent_optimizer.py",
        "look what fit does with averages as it ends",
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_is_as_it_was(name):
    right, file, advice = TAKEN[name]
    said = f"Keras changed {name}: mend seal_tf/{file} ({advice})."
    try:
        assert right(), said
    except (AttributeError, TypeError) as error:
        raise AssertionError(said) from error


def test_all_that_is_taken_is_here():
    """Names with an underscore that are asked of Keras' objects."""
    asked = re.compile(
        r"(?:model|optimizer|inner|layer|twin)\.(_[a-z]\w+)"
        r"|keras\.src[\w.]* import (\w+)"
        # By name: of getattr, and what is lent.
        r"|(?:getattr|lend)\([\w.]+,\s*\"(_[a-z]\w+)"
    )
    found = {
        "".join(names)
        for path in Path("seal_tf").rglob("*.py")
        for names in asked.findall(path.read_text())
    }
    assert "_flatten_layers" in found
    own = {"_seal_control"}
    assert found - own <= TAKEN.keys()


def test_our_optimizer_is_one_of_keras():
    # What a step of Keras' optimizers is called with.
    public = keras.optimizers.Optimizer.update_step
    assert list(inspect.signature(public).parameters) == [
        "self",
        "gradient",
        "variable",
        "learning_rate",
    ]
    assert _takes(SGD.update_step, "gradient", "variable", "learning_rate")
