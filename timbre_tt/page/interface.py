"""What programs call: the same transfer by HTTP, as Gradio offers it, see docs/app.md."""

import os
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from timbre_tt.page import offers
from timbre_tt.page.places import Places
from timbre_tt.page.players import Tuning
from timbre_tt.page.transfers import Studio, Wish

CONCURRENCY = "transfer"  # one at a time, those of the page and of programs together


def build(gr: Any, studio: Studio, places: Places) -> None:
    """Adds the endpoints `/transfer` and `/instruments` to the Blocks that are being made.

    Args:
      gr: the module `gradio`.
      studio: plays.
      places: for files of visitors.
    """

    def transfer(
        recording,
        instrument="flute",
        system=offers.BEST,
        octave=0,
        loudness=0.0,
        autotune=0.0,
        threshold=1.0,
        style=None,
        format="wav",
        request: gr.Request = None,
    ):
        """Plays a recording on an instrument, or in the style of a second recording."""
        names = () if style else (instrument,)
        tuning = Tuning(octave, loudness, autotune, threshold)
        wish = Wish(recording, names, system, tuning, style)
        folder = places.new(request.session_hash)
        try:
            return str(studio.play_one(wish, folder, format, lambda share, what: None))
        except UserError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def instruments() -> dict:
        """Every instrument, with what to expect of it."""
        return {name: offers.card(name) for name in offers.instruments()}

    with gr.Row(visible=False):
        inputs = [
            gr.File(label="recording", type="filepath"),
            gr.Textbox("flute", label="instrument, see /instruments"),
            gr.Textbox(offers.BEST, label=f"system: {', '.join(offers.SYSTEMS)}"),
            gr.Number(0, precision=0, minimum=-3, maximum=3, label="octaves to add"),
            gr.Number(0, label="dB to add"),
            gr.Number(0, minimum=0, maximum=1, label="autotune, 0 to 1"),
            gr.Number(1, minimum=0, maximum=2, label="threshold of notes, 0 to 2"),
            gr.File(None, label="style: a recording to sound like", type="filepath"),
            gr.Textbox("wav", label="format: wav, flac, or mid for the notes heard"),
        ]
        output = gr.File(label="sound file")
        gr.Button().click(
            transfer,
            inputs,
            output,
            api_name="transfer",
            concurrency_id=CONCURRENCY,
            concurrency_limit=1,
        )
    gr.api(instruments, api_name="instruments")


def uploaded(path: str) -> str:
    """A path that the page's script was given for an upload, and no other file of the machine.

    Raises:
      UserError: it is none.
    """
    folder = Path(os.environ["GRADIO_TEMP_DIR"]).resolve()
    real = Path(path).resolve()
    if not (real.is_relative_to(folder) and real.is_file()):
        raise UserError("this is no upload")
    return str(real)
