"""Draws a map of what autoencoder_tt.encode wrote: instruments in two dimensions.

python -m autoencoder_tt.plot_latent --input=latent --output=latent.png
"""

import math

from absl import logging

from audio_tt.command import app, ending, path_flags

_INPUT = path_flags.DEFINE_path("input", None, "Folder with a folder an instrument.", required=True)
_OUTPUT = path_flags.DEFINE_path("output", None, "Picture to write (.png).", required=True)


def main() -> None:
    """Draws one picture."""
    from autoencoder_tt.evaluation import encoding_map

    latent, instruments, recordings = encoding_map.read(_INPUT.value)
    encoding_map.draw(_OUTPUT.value, *encoding_map.project(latent), instruments)
    share = encoding_map.nearest_share(latent, instruments, recordings)
    if not math.isnan(share):
        logging.info(
            "the nearest neighbour from another recording is of the same instrument in %.0f %% "
            "(by chance: %.0f %%)",
            100 * share,
            100 / len(set(instruments)),
        )
    ending.say_written(_OUTPUT.value)


if __name__ == "__main__":
    app.run(main, reads_gin=False)
