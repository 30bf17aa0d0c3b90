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
