"""Published results."""

from seal_tf.probes import published

TABLE = {"flowers102": {("normal", 1): "34.31", ("seal", 10): "45.68"}}


def test_published_values_of_part_of_a_data_set_are_none():
    whole = {"label": "flowers102", "classes": 102}
    assert published.published_values(TABLE, whole) == TABLE["flowers102"]
    part = {"label": "flowers102", "classes": 20}
    assert published.published_values(TABLE, part) is None
    assert published.published_values({}, whole) is None


def test_format_nearest_takes_ten_generations_for_several():
    values = TABLE["flowers102"]
    assert published.format_nearest(values, "seal", 3) == "45.68 (G=10)"
    assert published.format_nearest(values, "normal", 1) == "34.31 (G=1)"
    assert published.format_nearest(values, "llf", 3) == ""
    assert published.format_nearest(values, None, None) == ""
