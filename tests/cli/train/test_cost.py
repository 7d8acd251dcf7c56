from seal_tf import models
from seal_tf.cli.train.cost import describe_cost, group_costs
from seal_tf.schedules import SAM, Distill, FreezeOut, Normal, Plan, Run
from seal_tf.training import layer_groups


def test_describe_cost_counts_images_steps_and_freezing():
    model = models.build("small", (8, 8, 1), 4)
    schedule = FreezeOut(t0=0.5)
    partition = layer_groups.partition(model, None, "blocks")
    run = Run(4, partition.names, partition.early, 5)
    text = describe_cost(Plan(schedule, run), model, 36, 8)
    assert "4 passes over 36 images = 20 steps" in text
    assert "144 images forward and backward" in text
    assert "freezing saves" in text
    text = describe_cost(Plan(schedule + SAM(), run), model, 36, 8)
    assert "each 2 forward and 2 backward passes (sam) of a batch of 8" in text
    assert "288 images forward and backward" in text
    run = Run(4, partition.names, partition.early, 9)
    text = describe_cost(Plan(schedule, run), model, 36, 8, repeat_augment=2)
    assert (
        "8 passes over 36 images (4 epochs, each image with 2 augmentations "
        "in a batch) = 36 steps" in text
    )
    assert "288 images forward and backward" in text
    assert len(group_costs(model, schedule)) == len(partition.names)


def test_describe_cost_prices_the_teachers():
    model = models.build("small", (8, 8, 1), 4)
    text = describe_cost(
        Plan(Distill(generations=2), Run(4, steps=5)), model, 36, 8
    )
    assert text.endswith(
        "teachers add 0.5 forward passes to each step on average, 16.7% of "
        "that work"
    )
    # A step of SAM is twice the work, and asks its teacher once.
    text = describe_cost(
        Plan(Distill(generations=2) + SAM(), Run(4, steps=5)), model, 36, 8
    )
    assert text.endswith(
        "0.5 forward passes to each step on average, 8.3% of that work"
    )


def test_describe_cost_leaves_out_a_dropped_batch():
    model = models.build("small", (8, 8, 1), 4)
    text = describe_cost(
        Plan(Normal(generations=1), Run(10, steps=1)), model, 100, 64
    )
    assert "10 passes over 100 images = 10 steps" in text
    assert ": 640 images forward and backward" in text
