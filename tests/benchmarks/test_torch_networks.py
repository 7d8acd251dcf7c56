"""The networks in PyTorch have the parameters of seal_tf's."""

from __future__ import annotations

import pytest

from benchmarks.against_torch import NETWORKS


@pytest.mark.slow
@pytest.mark.parametrize(("arch", "size"), NETWORKS)
def test_build_has_the_parameters_of_seal_tf(arch: str, size: int) -> None:
    torch = pytest.importorskip("torch")
    from benchmarks import torch_networks
    from seal_tf import models
    from seal_tf.cli.train.build import count_parameters

    model = torch_networks.build(arch, size, 200)
    ours = models.build(arch, (size, size, 3), 200)
    trainable = count_parameters(ours)
    assert sum(p.numel() for p in model.parameters()) == trainable
    assert model.eval()(torch.zeros(2, 3, size, size)).shape == (2, 200)
