"""Errors about data."""

from pipelines import DataError
from pipelines.errors import DataNotPreparedError


def test_data_not_prepared_error_is_a_data_error_with_attributes():
    error = DataNotPreparedError("svhn is not prepared.", "svhn", None)
    assert isinstance(error, DataError)
    assert isinstance(error, ValueError)
    assert str(error) == "svhn is not prepared."
    assert (error.data_set_name, error.data_dir) == ("svhn", None)
