"""The division of a run into generations."""

import pytest

from seal_tf.schedules.generations import Generations


@pytest.mark.parametrize("arguments", [(2, None), (None, 4), (2, 4)])
def test_resolve_derives_the_missing_number(arguments):
    assert Generations.resolve(8, *arguments) == Generations(2, 4)


@pytest.mark.parametrize(
    ("epochs", "arguments", "message"),
    [
        (0, (2, None), "`epochs` .*epochs=0"),
        (8, (0, None), "`generations` .*generations=0"),
        (8, (None, None), "Pass `generations` or `epochs_per_generation`"),
        (4, (3, None), "epochs=4, generations=3. 4 epochs .* 1, 2, 4 gen"),
        (4, (None, 8), "epochs=4, epochs_per_generation=8"),
        (4, (2, 4), "generations=2 times epochs_per_generation=4.*epochs=4"),
    ],
)
def test_resolve_with_numbers_that_do_not_fit_raises(
    epochs, arguments, message
):
    with pytest.raises(ValueError, match=message):
        Generations.resolve(epochs, *arguments)
