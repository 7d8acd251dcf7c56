"""Base class of the builder tests, which generate their archives."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar


class GeneratedArchives:
    """A mixin that writes the archives before the tests of TFDS run."""

    SKIP_CHECKSUMS = True
    WRITE_ARCHIVES: ClassVar[Callable[[Path], None]]

    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory()
        cls.dummy_data = Path(cls._folder.name)
        cls.WRITE_ARCHIVES(cls.dummy_data)
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls._folder.cleanup()
