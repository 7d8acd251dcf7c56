"""Reports of files that are not read."""

from pipelines.omissions import Omission, count_suffixes


def test_omission_prints_count_and_first_file():
    text = str(Omission(1234, "files without a class", "d/x.jpg"))
    assert text == "1,234 files without a class; the first is d/x.jpg"


def test_count_suffixes_lists_the_most_frequent_first():
    names = [f"{i}.{i % 7}" for i in range(15)] + ["a/b.c/readme"]
    assert count_suffixes(names) == ".0 3, .1 2, .2 2, .3 2, .4 2, …"
    assert count_suffixes(["a.b/readme", "x.DB"]) == "no suffix 1, .db 1"
