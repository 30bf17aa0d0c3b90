"""How the original writes what its generator plays, where its settings are asked for."""

import dataclasses
import tempfile
from collections.abc import Iterable, Iterator

import numpy as np

from audio_tt.dsp.blocks import Spooled
from audio_tt.files import encoding
from audio_tt.playing.conversion import Output
from pix2pix_tt.playing.settings import Transfer


def applied(output: Output, transfer: Transfer) -> Output:
    """What the settings of the original say of files, where the flags do not.

    Args:
      output: as the flags say.
      transfer: the settings.
    """
    rate = output.sample_rate
    return dataclasses.replace(
        output,
        sample_rate=0 if rate is None and not transfer.keep_length else rate,
        mono=transfer.mono,
        subtype=transfer.subtype,
        finish=normalised if transfer.normalise_peak else None,
    )


def normalised(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Blocks `[samples, channels]` with a peak of 1; they wait on the disk until it is known."""
    tally = encoding.Tally()
    with tempfile.TemporaryFile() as spool:
        parts = Spooled(tally.watch(blocks), spool)
        gain = np.float32(1.0 / tally.peak if tally.peak else 1.0)
        for part in parts:
            yield gain * part
