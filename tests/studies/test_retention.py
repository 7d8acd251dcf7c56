"""What ascents left, over all studies."""

import json

from studies import left


def _keep(folder, name, looks, **flags):
    settings = {"method": "seal", "ascent_scale": "auto", "arch": "small"}
    result = {"flags": settings | {"retain": 0.5} | flags, "looks": looks}
    path = folder / "study" / "json" / "where" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"result": result}))


def _looks(*accuracies, chance=0.2):
    """An ascent an epoch, every other epoch, from an accuracy of 0.7."""
    return [
        {"epoch": 2 * i, "accuracy": accuracy, "chance": chance}
        for i, last in enumerate(accuracies)
        for accuracy in (0.7, 0.9, last)
    ]


def test_of_each_share_and_network_what_was_left(tmp_path):
    _keep(tmp_path, "a", _looks(0.2, 0.45))
    _keep(tmp_path, "b", _looks(0.7))
    _keep(tmp_path, "c", _looks(0.198), retain=0.3, seal_hold_rest=False)
    # Others of which something is changed, or which forget by other means.
    _keep(tmp_path, "d", _looks(0.3), seal_hold_rest=True)
    _keep(tmp_path, "e", _looks(0.3), method="llf+seal")
    _keep(tmp_path, "f", _looks(0.3), ascent_scale=0.01)
    rows = left.table(tmp_path).strip().splitlines()[2:]
    assert [[c.strip() for c in row.split("|")[1:-1]] for row in rows] == [
        ["0.3", "small", "1", "0.00", "0.00 to 0.00", "0.00", "0.00"],
        ["0.5", "small", "3", "0.00", "0.25 to 0.75", "0.50", "1.00"],
    ]
