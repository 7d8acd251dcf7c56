"""The private names of Keras that seal_tf uses, and what to do without them.

Each test checks one name, so that a new Keras release points to the file to
change before unrelated tests fail. A new private name needs an entry here.
"""

import ast
import inspect
from pathlib import Path

import keras
import numpy as np
import pytest
from keras.src.backend import get_keras_mask, set_keras_mask
from keras.src.losses import loss
from keras.src.models import functional

import seal_tf
from seal_tf.optimizers import SGD
from tests.training import nets

PACKAGE = Path(seal_tf.__file__).parent


def _model():
    model = nets.compiled(nets.functional(), keras.optimizers.SGD(0.1))
    model.optimizer.build(model.trainable_variables)
    return model


def _weighted_loss():
    model = nets.functional()
    model.compile("sgd", "sparse_categorical_crossentropy", loss_weights=0.5)
    return model


def _built_subclass():
    model = nets.Subclassed()
    model(np.ones((2, 3), "float32"))
    return model


def _optimizer_with_ema():
    optimizer = keras.optimizers.SGD(0.1, use_ema=True)
    optimizer.build(_model().trainable_variables)
    return optimizer


def _source(file):
    """The text of a file of one of Keras' backends."""
    return (Path(keras.__file__).parent / "src/backend" / file).read_text()


def _accepts(function, *names):
    return set(names) <= inspect.signature(function).parameters.keys()


#: Name: (whether Keras still has it in this form, file, what to do).
PRIVATE_NAMES = {
    "unscale_loss_for_distribution": (
        lambda: _accepts(loss.unscale_loss_for_distribution, "value"),
        "backends/base.py",
        "compare train_step with keras.Model.train_step",
    ),
    "scale_loss_for_distribution": (
        lambda: _accepts(loss.scale_loss_for_distribution, "value"),
        "training/distillation.py",
        "divide by the number of replicas of tf.distribute.get_strategy()",
    ),
    "_call_has_training_arg": (
        lambda: _model()._call_has_training_arg is True,
        "utils/model_call.py",
        "use inspect.signature(model.call)",
    ),
    "_compute_loss": (
        lambda: _accepts(
            _model()._compute_loss,
            *("x", "y", "y_pred", "sample_weight", "training"),
        ),
        "backends/base.py",
        "compare train_step with keras.Model.train_step",
    ),
    "_loss_tracker": (
        lambda: _accepts(
            _model()._loss_tracker.update_state, "values", "sample_weight"
        ),
        "backends/base.py",
        "compare train_step with keras.Model.train_step",
    ),
    "_compile_loss": (
        lambda: _weighted_loss()._compile_loss is not None,
        "training/distillation.py",
        "refuse `loss_weights` in check_distillable",
    ),
    "_user_loss_weights": (
        lambda: _weighted_loss()._compile_loss._user_loss_weights == 0.5,
        "training/distillation.py",
        "refuse `loss_weights` in check_distillable",
    ),
    "_flatten_layers": (
        lambda: (
            {layer.name for layer in _model()._flatten_layers()}
            >= {"first", "norm", "second", "third"}
            and _accepts(_model()._flatten_layers, "include_self")
        ),
        "training/freezing.py",
        "walk model.layers and the layers of each layer",
    ),
    "_symbolic_build": (
        lambda: _accepts(_model()._symbolic_build, "data_batch"),
        "distribution/tensorflow.py",
        "build model, metrics and optimizer with a step that does not count",
    ),
    "_use_weight_decay": (
        lambda: _accepts(
            keras.optimizers.Optimizer._use_weight_decay, "variable"
        ),
        "training/optimizer_patch.py",
        "see which variables `exclude_from_weight_decay` leaves out",
    ),
    "_initial_epoch": (
        lambda: (
            "_initial_epoch"
            in inspect.getsource(type(_model()).fit)
            + inspect.getsource(keras.callbacks.BackupAndRestore)
        ),
        "callbacks/generation.py",
        "find out how BackupAndRestore sets the first epoch of fit",
    ),
    "_maybe_symbolic_build": (
        lambda: _accepts(_model()._maybe_symbolic_build, "iterator"),
        "distribution/tensorflow.py",
        "check that fit builds the model once, from a whole batch",
    ),
    "_compile_metrics": (
        lambda: (
            {"_user_metrics", "_user_weighted_metrics"}
            <= vars(_model()._compile_metrics).keys()
        ),
        "ascent_scale/probe_accuracy.py",
        "read the accuracy metric from model.get_compile_config()",
    ),
    "_user_metrics": (
        lambda: _model()._compile_metrics._user_metrics == ["accuracy"],
        "ascent_scale/probe_accuracy.py",
        "read the accuracy metric from model.get_compile_config()",
    ),
    "_user_weighted_metrics": (
        lambda: _model()._compile_metrics._user_weighted_metrics is None,
        "ascent_scale/probe_accuracy.py",
        "read the accuracy metric from model.get_compile_config()",
    ),
    "_iterations": (
        lambda: _model().optimizer._iterations.dtype == "int64",
        "training/optimizer_patch.py",
        "assign to optimizer.iterations",
    ),
    "_learning_rate": (
        lambda: isinstance(_model().optimizer._learning_rate, keras.Variable),
        "training/optimizer_patch.py",
        "detect a schedule of the rate with get_config()",
    ),
    "_get_current_learning_rate": (
        lambda: (
            float(_model().optimizer._get_current_learning_rate())
            == pytest.approx(0.1)
        ),
        "training/optimizer_patch.py",
        "scale the rate that update_step gets",
    ),
    "_apply_weight_decay": (
        lambda: _accepts(_model().optimizer._apply_weight_decay, "variables"),
        "training/optimizer_patch.py",
        "find out where Optimizer.apply decays weights",
    ),
    "_get_variable_index": (
        lambda: _accepts(_model().optimizer._get_variable_index, "variable"),
        "training/optimizer_patch.py",
        "find the slots of a variable by its position in the list of build",
    ),
    "_trainable_variables": (
        lambda: len(_model().optimizer._trainable_variables) == 8,
        "training/optimizer_patch.py",
        "store the list that build gets",
    ),
    "_model_variables_moving_average": (
        lambda: len(_optimizer_with_ema()._model_variables_moving_average) == 8,
        "training/optimizer_patch.py",
        "find the averages among optimizer.variables",
    ),
    "get_keras_mask": (
        lambda: (
            get_keras_mask(
                keras.layers.Masking()(np.ones((1, 2, 3), "float32"))
            )
            is not None
        ),
        "ascent_scale/probe_accuracy.py",
        "find out where Keras keeps the mask of an output",
    ),
    "set_keras_mask": (
        lambda: _accepts(set_keras_mask, "x", "mask"),
        "ascent_scale/probe_accuracy.py",
        "find out where Keras keeps the mask of an output",
    ),
    "_jax_state": (
        lambda: "self._jax_state = {" in _source("jax/trainer.py"),
        "backends/jax.py",
        "find out when model.jax_state_sync() has something to do",
    ),
    "_variables": (
        lambda: (
            len(_model().optimizer._variables)
            == len(_model().optimizer.variables)
        ),
        "backends/jax.py",
        "find out which list optimizer.variables returns",
    ),
    "_u_product": (
        lambda: (
            "self._u_product.assign"
            in _source("torch/optimizers/torch_nadam.py")
        ),
        "backends/torch.py",
        "test Nadam with several groups of layers",
    ),
    "_parallel_update_step": (
        lambda: (
            "self._parallel_update_step("
            in _source("torch/optimizers/torch_parallel_optimizer.py")
        ),
        "backends/torch.py",
        "find out how Keras' optimizers for PyTorch update all variables",
    ),
    "Functional": (
        lambda: isinstance(_model(), functional.Functional),
        "training/call_order.py",
        "find out how to tell a functional model from a subclassed one",
    ),
    "_build_shapes_dict": (
        lambda: bool(_built_subclass()._build_shapes_dict),
        "training/call_order.py",
        "use model.get_build_config()",
    ),
    "_trainable": (
        lambda: _model()._trainable is True,
        "training/freezing.py",
        "find the attribute that layer.trainable sets",
    ),
    "_backend_update_step": (
        lambda: _accepts(
            _model().optimizer._backend_update_step,
            *("grads", "trainable_variables", "learning_rate"),
        ),
        "training/proportionality.py",
        "find out which method of an optimizer updates all variables",
    ),
    "finalize_variable_values": (
        lambda: _accepts(
            _model().optimizer.finalize_variable_values, "var_list"
        ),
        "training/optimizer_patch.py",
        "find out what fit does with averages at its end",
    ),
}


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_private_name_in_this_keras_release_is_unchanged(name):
    is_unchanged, file, advice = PRIVATE_NAMES[name]
    message = f"Keras changed {name}: adapt seal_tf/{file} ({advice})."
    assert name in (PACKAGE / file).read_text()
    try:
        assert is_unchanged(), message
    except (AttributeError, TypeError) as error:
        raise AssertionError(message) from error


def _is_private(name):
    # `os._exit` is public.
    is_public = name.startswith("__") or name == "_exit"
    return name.startswith("_") and not is_public


def _call_name(node):
    """The last name of a called function: `patch` in `a.b.patch(...)`."""
    return getattr(node.func, "attr", getattr(node.func, "id", None))


def _defined_names(tree):
    """Names of the functions and classes of a module."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def _assigned_names(tree):
    """Names of the variables of a module, and of attributes of `self`."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and getattr(node.value, "id", None) == "self"
        ):
            names.add(node.attr)
    return names


def _attribute_names(tree):
    """Private names after a dot."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and _is_private(node.attr)
    }


def _string_names(tree):
    """Private names in strings: of `getattr`, `patch`, and keys of dicts."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _call_name(node) in (
            *("getattr", "setattr", "hasattr", "delattr"),
            *("patch", "__setattr__", "__delattr__"),
        ):
            names.update(
                argument.value
                for argument in node.args[:2]
                if isinstance(argument, ast.Constant)
                and isinstance(argument.value, str)
            )
        elif isinstance(node, ast.Dict):
            # Replacements of methods by name, as in optimizer_patch.py.
            names.update(
                key.value
                for key in node.keys
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            )
    return {name for name in names if _is_private(name)}


def _imported_names(tree):
    """Names from the private modules of Keras."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
            "keras.src"
        ):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(
                alias.name
                for alias in node.names
                if alias.name.startswith("keras.src")
            )
    return names


def private_names(package):
    """Return the files of each private name that a package does not define.

    A string names an attribute of another object, so a function of the same
    name does not define it: the replacement of a method may share its name.
    """
    trees = {
        path.relative_to(package).as_posix(): ast.parse(path.read_text())
        for path in sorted(package.rglob("*.py"))
    }
    assigned = set().union(*map(_assigned_names, trees.values()))
    defined = set().union(*map(_defined_names, trees.values()))
    files = {}
    for file, tree in trees.items():
        names = _attribute_names(tree) - assigned - defined
        names |= _string_names(tree) - assigned
        for name in names | _imported_names(tree):
            files.setdefault(name, []).append(file)
    return files


def test_private_names_in_the_code_are_all_in_the_table():
    names = private_names(PACKAGE)
    assert {"_flatten_layers", "_apply_weight_decay", "_iterations"} <= set(
        names
    )
    missing = {n: files for n, files in names.items() if n not in PRIVATE_NAMES}
    assert not missing, f"add an entry to PRIVATE_NAMES: {missing}"


def test_private_names_finds_every_form_of_use(tmp_path):
    (tmp_path / "module.py").write_text(
        "from keras.src.a import b\n"
        "import keras.src.c\n"
        "class A:\n"
        "    def _own(self):\n"
        "        self._state = self._own() or self._state\n"
        "        return x.y()._read, getattr(x, '_by_name', None)\n"
        "    def _patched(self):\n"
        "        patcher.patch(x, '_state', 1)\n"
        "        patcher.patch(x, '_patched', 1)\n"
        "        object.__setattr__(x, '_set', 1)\n"
        "        return {'_replaced': 1, 'public': x.public}\n"
    )
    assert private_names(tmp_path) == dict.fromkeys(
        (
            *("b", "keras.src.c", "_read", "_by_name", "_patched", "_set"),
            "_replaced",
        ),
        ["module.py"],
    )


def test_update_step_of_keras_has_the_arguments_of_our_sgd():
    public = keras.optimizers.Optimizer.update_step
    assert list(inspect.signature(public).parameters) == [
        "self",
        "gradient",
        "variable",
        "learning_rate",
    ]
    assert _accepts(SGD.update_step, "gradient", "variable", "learning_rate")
