"""Architectures by name."""

import pytest

from seal_tf.models import registry


def test_find_architecture_returns_parameters_of_the_name():
    architecture, parameters = registry.find_architecture("wide_resnet28_10")
    assert architecture.builder == "wide_resnet.wide_resnet"
    assert parameters == (28, 10)
    assert registry.find_architecture("keras_cv:resnet18")[1] == ("resnet18",)
    assert registry.find_architecture("ResNet50") is None


def test_default_split_of_applications_follows_the_family():
    assert registry.default_split("EfficientNetB0") == "block4a"
    assert registry.default_split("ConvNeXtTiny") == 0.5


def test_default_grouping_of_densenets_is_stages():
    assert registry.default_grouping("densenet40_12") == "stages"
    assert registry.default_grouping("DenseNet121") == "stages"
    assert registry.default_grouping("vgg16_bn") == "layers"
    assert registry.default_grouping("ResNet50") == "blocks"


@pytest.mark.parametrize(
    "arch",
    ["cifar_resnet2", "cifar_resnet21", "wide_resnet28_0", "densenet4_12"],
)
def test_check_of_name_without_network_raises(arch):
    architecture, parameters = registry.find_architecture(arch)
    with pytest.raises(ValueError, match=f"layers.*arch={arch}"):
        architecture.check(arch, parameters)


@pytest.mark.parametrize(
    "arch",
    ["cifar_resnet20", "wide_resnet28_10", "wide_resnet32_4", "densenet40_12"],
)
def test_check_of_existing_network_raises_nothing(arch):
    architecture, parameters = registry.find_architecture(arch)
    architecture.check(arch, parameters)
