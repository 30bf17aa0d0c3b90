import json

from audio_tt.metrics import tables


def test_names_stand_left_and_numbers_right():
    text = tables.markdown(["file", "phase", "L1"], [["a", "zero", "0.5"], ["b", "why not"]], 2)
    assert text.splitlines() == [
        "| file | phase | L1 |",
        "| --- | --- | ---: |",
        "| a | zero | 0.5 |",
        "| b | why not |  |",
    ]


def test_numbers():
    assert [tables.number(0.123456), tables.number(2.0, ".3f")] == ["0.1235", "2.000"]
    assert tables.number(float("nan")) == ""


def test_files_hold_no_nan(tmp_path):
    rows = [{"file": "\udce9", "l1": 0.5}, {"file": "b", "l1": float("nan"), "ratio": 2.0}]
    tables.write_csv(tmp_path / "rows.csv", rows)
    lines = (tmp_path / "rows.csv").read_text("utf-8").splitlines()
    assert lines == ["file,l1,ratio", "\ufffd,0.5,", "b,,2.0"]
    tables.write_json(tmp_path / "rows.json", {"rows": rows})
    known = json.loads((tmp_path / "rows.json").read_text())
    assert known["rows"][1] == {"file": "b", "l1": None, "ratio": 2.0}
