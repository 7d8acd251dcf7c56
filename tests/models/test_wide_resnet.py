"""Wide ResNets."""

from seal_tf.models.wide_resnet import wide_resnet


def test_wide_resnet_accepts_both_ways_to_count_layers():
    for depth in (10, 8):
        model = wide_resnet((16, 16, 3), 5, depth, 2)
        blocks = [x.name for x in model.layers if x.name.endswith("_out")]
        assert blocks == [f"conv{stage}_block1_out" for stage in (2, 3, 4)]
        assert model.get_layer("post_bn").output.shape[-1] == 128
