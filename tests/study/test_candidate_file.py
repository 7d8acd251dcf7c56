"""Files of candidates, names of candidates, and compositions."""

import pytest

from seal_tf.study.candidate_file import choose_candidates, load_candidates

KNOWN = load_candidates()


def chosen(*names):
    return choose_candidates(names, KNOWN)


def test_choose_candidates_has_the_baseline_first():
    assert [c.name for c in chosen("llf", "swa")] == ["long", "llf", "swa"]
    assert [c.name for c in chosen("llf", "long", "llf")] == ["long", "llf"]


def test_composition_joins_methods_flags_and_searches():
    sam_ema = chosen("sam+ema")[-1]
    assert sam_ema.flags == {"method": "normal+sam"}
    assert sam_ema.search.keys() >= {"sam_rho", "ema_momentum", "l2"}
    assert sam_ema.cost == 2.0
    assert sam_ema.label == "SAM + EMA of the weights"
    assert chosen("llf+sam")[-1].flags["method"] == "llf+sam"
    snapshots = chosen("seal+snapshots")[-1]
    assert snapshots.flags["method"] == "seal+snapshots"
    assert snapshots.score == "ensemble.last.-1"


@pytest.mark.parametrize(
    "name, text",
    [
        ("lfl", r"Received: candidates=lfl; did you mean llf\?"),
        ("llf+nope", "must contain names of candidates: long, llf"),
    ],
)
def test_unknown_candidate_is_refused(name, text):
    with pytest.raises(ValueError, match=text):
        chosen(name)


def test_composition_that_disagrees_is_refused(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text("[a]\nflags = {x = 1}\n[b]\nflags = {x = 2}\n")
    with pytest.raises(ValueError, match=r"a\+b sets x to 1 and 2"):
        choose_candidates(["a+b"], load_candidates(file))


def test_load_candidates_of_a_file(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text(
        "[every]\nsearch.rate = { low = 0.1, high = 1.0 }\n"
        "flags = { depth = 3 }\n[plain]\n"
        '[other]\nlabel = "my method"\ncost = 2\nscore = "a.b"\n'
        "search.depth = { choices = [3, 5] }\n"
    )
    plain, other = load_candidates(file).values()
    assert (plain.label, plain.cost, plain.flags) == ("plain", 1, {"depth": 3})
    assert list(plain.search) == ["rate"]
    assert (other.label, other.cost, other.score) == ("my method", 2.0, "a.b")
    # A flag that is tuned is not fixed.
    assert other.flags == {} and list(other.search) == ["rate", "depth"]
    # A candidate may fix what the others tune.
    file.write_text(
        "[every]\nsearch.rate = { low = 0.1, high = 1.0 }\n[plain]\n"
        "[mine]\nflags = { rate = 0.5 }\n"
    )
    plain, mine = load_candidates(file).values()
    assert list(plain.search) == ["rate"]
    assert (mine.flags, dict(mine.search)) == ({"rate": 0.5}, {})
    fixed = tmp_path / "fixed.toml"
    fixed.write_text("[a]\nflags = { generations = 4 }\n")
    flags = load_candidates(fixed)["a"].training_flags({}, 16, 0.1)
    assert (flags["generations"], flags["epochs_per_generation"]) == (4, 4)


@pytest.mark.parametrize(
    "content, text",
    [
        ("[a", "Expected"),
        ("", r"the file must define a candidate, such as \[long\]"),
        ("a = 3", r"\[a\]: a table must follow. Received: a = 3"),
        ("[a]\nlabels = 'x'", r"\[a\]: keys must be cost, flags, label"),
        ("[every]\nx = 1\n[a]", r"\[every\]: keys must be .* Received: x"),
        ("[every]\nlabel = 'x'\n[a]", r"\[every\]: label must be that of one"),
        (
            "[a]\nflags = {x = 1}\nsearch.x = {choices = [1, 2]}",
            "flags and search must not both contain x",
        ),
        ("[a]\nlabel = 3", "label must be text. Received: 3"),
        ("[a]\ncost = 0", "cost must be above 0. Received: cost=0"),
        ("[a]\nflags = 3", "flags must be a table. Received: 3"),
        ("[a]\nflags = {seed = 1}", "flags must not contain seed"),
        ("['a b']", "must have letters, digits"),
        ("[a]\nsearch.x = 3", r"search\.x must be a table with low, high"),
        ("[a]\nsearch.x = {lo = 3}", r"search\.x must be .* Received: {'lo'"),
        ("[a]\nsearch.x = {low = 3}", r"search\.x: `low` must be less than"),
        ("[a]\nsearch.x = {choices = 3}", r"choices of search\.x must be a"),
    ],
)
def test_wrong_file_is_refused(tmp_path, content, text):
    file = tmp_path / "c.toml"
    file.write_text(content)
    with pytest.raises(ValueError, match=text) as error:
        load_candidates(file)
    assert str(error.value).startswith(f"{file}: ")
    assert "\n" not in str(error.value)
