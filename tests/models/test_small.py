"""The small network."""

import pytest

from seal_tf import models


@pytest.mark.parametrize(("size", "first"), [(8, 8), (64, 32)])
def test_small_stem_stride_depends_on_image_size(size, first):
    model = models.build("small", (size, size, 3), 5)
    blocks = [x for x in model.layers if x.name.endswith("_out")]
    sizes = [b.output.shape[1] for b in blocks]
    assert sizes == [first, first // 2, first // 4, first // 8]
