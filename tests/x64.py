"""Numbers of 64 bits on every backend."""

import contextlib

import keras


def float64_on_jax(floatx):
    """Return a context in which JAX has float64, if `floatx` is that."""
    if keras.config.backend() == "jax" and floatx == "float64":
        import jax

        return jax.enable_x64(True)
    return contextlib.nullcontext()
