"""Packs what a training made into a small folder that plays.

python -m ddsp_tt.pack_model --run=runs/violin --output=violin --card=violin.json
"""

from absl import flags

from audio_tt.command import app, packing_flags

flags.adopt_module_key_flags(packing_flags)


def main() -> None:
    """One run, one folder."""
    from ddsp_tt.trained import packing

    packing_flags.run(packing.pack)


if __name__ == "__main__":
    app.run(main, reads_gin=False)
