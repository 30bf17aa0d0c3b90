"""Recordings -> the values between encoder and decoder, which describe them."""

from pathlib import Path

from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import batches, finding
from autoencoder_tt.design import TrainedModel
from autoencoder_tt.published import clips


def encode_all(
    trained: TrainedModel, path: str | Path, output: str | Path, pitch: dict | None = None
) -> int:
    """Writes the latent values of each recording or preprocessed clip.

    Args:
      trained: a model of either design.
      path: folder of recordings, one recording, or, for the published design, a folder that
        `preparation.preprocess` wrote.
      output: folder; OUTPUT/a/b.npy is of PATH/a/b.wav, float32 `[clips or frames, latent_size]`.
      pitch: keyword arguments of the pitch tracker; None for the design's own.

    Returns:
      How many could not be read; each was reported.

    Raises:
      UserError: there is nothing to encode.
    """
    path, encode = Path(path), trained.design.encode_clip
    if Path(path, clips.INPUTS).is_dir():
        if not trained.design.reads_clips:
            raise UserError(f"{trained.name} reads no preprocessed clips; give it recordings")
        folder = path / trained.design.reads
        pairs = [(folder / f"{name}.npy", Path(name).stem) for name in clips.names(path)]
    else:
        pairs = list(batches.places(finding.search([path])).items())

        def encode(file):
            return trained.design.encode(file, pitch)

    failed = 0
    for file, name in progress(pairs, "Encoding", "recording"):
        try:
            clips.write(Path(output) / f"{name}.npy", encode(file))
        except UserError as error:
            failed += 1
            logging.error("%s", error)
    return failed
