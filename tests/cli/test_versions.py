import platform

import keras

from seal_tf.cli.versions import package_versions


def test_package_versions_are_those_of_this_process():
    versions = package_versions()
    assert versions["python"] == platform.python_version()
    assert versions["keras"] == keras.__version__
