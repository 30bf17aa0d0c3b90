"""What the names of a sample library's files say, as Salamander's piano has them."""

from pathlib import Path

import numpy as np
import pytest

from audio_tt.music import sample_library


@pytest.mark.parametrize(
    "stem, pitch, layer",
    [
        ("C4v10", 60, 10),
        ("D#7v1", 99, 1),
        ("A0v16", 21, 16),
        ("C4", 60, None),
        ("cello_v3", None, None),
    ],
)
def test_note_and_layer(stem, pitch, layer):
    assert sample_library._named_pitch(stem) == pitch
    assert sample_library._named_layer(stem) == layer


def test_layers_by_number():
    paths = [Path(f"{note}v{number}.ogg") for number in (2, 10, 5) for note in ("C4", "A4")]
    layers, edges = sample_library._layers(paths, np.array([60.0, 69.0] * 3), {})
    assert layers == [0, 0, 2, 2, 1, 1]
    assert len(edges) == 3
    assert list(edges) == sorted(edges)
    assert edges[-1] == 127
