"""Packs what a training made into a small folder that plays.

python -m pix2pix_tt.pack_model --run=models/keyboard_acoustic_2_guitar_acoustic --output=guitar
"""

from absl import flags

from audio_tt.command import app, packing_flags

flags.adopt_module_key_flags(packing_flags)


def main() -> None:
    """One run, one folder."""
    from pix2pix_tt.trained import packing

    packing_flags.run(packing.pack)


if __name__ == "__main__":
    app.run(main, reads_gin=False)
