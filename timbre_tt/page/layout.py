"""The page as Gradio shows it."""

import html
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from timbre_tt.comparison import report_page, templates
from timbre_tt.page import examples, interface, offers
from timbre_tt.page.places import Places
from timbre_tt.page.players import Tuning
from timbre_tt.page.transfers import Sound, Studio, Wish

TITLE = "Timbre transfer"
_HEAD = f"""<div class="tt-head"><h1>{TITLE}</h1>
<p>Hum, whistle or play a melody, and hear another instrument play it with your timing and
dynamics.</p></div>"""
_RECORDER = """<div class="tt-recorder"><div class="tt-recorder-row">
<button type="button" class="tt-rec-button">● Record</button>
<span class="tt-rec-readout" role="status">The microphone, with its pitch as you sing.</span></div>
<canvas class="tt-rec-canvas" hidden role="img"
aria-label="Spectrogram of the microphone, its f0 and the multiples of it"></canvas></div>"""
_BEGIN = ["flute", "violin"]
_FREQUENCIES = {
    "low": report_page.LOWEST_HZ,
    "high": report_page.HIGHEST_HZ,
    "bins": report_page.BINS,
}


def build(studio: Studio, places: Places, training: Any = None) -> Any:
    """The page as a `gradio.Blocks`.

    Args:
      studio: plays.
      places: for files of visitors.
      training: a `timbre_tt.page.training.Workshop`; None leaves training out.
    """
    import gradio as gr

    age = round(60 * studio.limits.keep_minutes)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(min(age, 300), age)) as page:
        gr.HTML(_HEAD, elem_classes="tt-step")
        with gr.Tabs():
            with gr.Tab("Play") as play:
                instruments = _play_tab(gr, studio, places)
            if training is not None:
                from timbre_tt.page import training_tab

                with gr.Tab("Train your own"):
                    training_tab.build(gr, training)
        interface.build(gr, studio, places)
        for comes in (page.load, play.select):  # maybe from training one
            comes(
                lambda: gr.update(choices=_choices()), None, instruments, api_visibility="private"
            )
        page.unload(_leave(places))
    return page


def _play_tab(gr, studio, places):
    with gr.Row(equal_height=False):
        with gr.Column(min_width=300):
            recording = _recording(gr, studio)
        with gr.Column(min_width=300):
            gr.HTML("<h2>Instruments</h2>", elem_classes="tt-step")
            instruments = gr.CheckboxGroup(
                _choices(), value=_BEGIN, show_label=False, container=False, elem_id="instruments"
            )
            cards = gr.Markdown(_cards(_BEGIN, offers.BEST), elem_classes="tt-cards")
            system = gr.Dropdown(
                [(text, name) for name, text in offers.SYSTEMS.items()],
                value=offers.BEST,
                label="How",
                elem_id="system",
            )
            tuning = _tuning(gr)
            style = _style(gr)
    button = gr.Button("Play it", variant="primary", size="lg", elem_id="play")
    problem = gr.Markdown(elem_classes="tt-error", elem_id="problem", visible=False)
    comparison = gr.HTML(
        None,
        html_template='<div class="tt-host"></div>',
        js_on_load=_script("comparison.js"),
        elem_id="comparison",
        min_height=90,
    )
    for choice in (instruments, system):
        choice.change(
            _cards, [instruments, system], cards, show_progress="hidden", api_visibility="private"
        )
    button.click(
        _player(gr, studio, places),
        [recording, instruments, system, *tuning, style],
        [comparison, problem],
        show_progress_on=comparison,
        concurrency_id=interface.CONCURRENCY,
        concurrency_limit=1,
        api_visibility="private",
    )
    return instruments


def _recording(gr, studio):
    gr.HTML("<h2>Your sound</h2>", elem_classes="tt-step")
    recorder = gr.HTML(
        None,
        html_template=_RECORDER,
        js_on_load=_script("recorder.js"),
        most_seconds=60 * studio.limits.minutes,
        elem_id="recorder",
    )
    recording = gr.Audio(
        sources=["upload"],
        type="filepath",
        label=f"Recording, up to {studio.limits.minutes:g} minutes",
        editable=False,
        buttons=[],
        elem_id="recording",
    )
    with gr.Row():
        melody = gr.Button("Take the melody", size="sm", elem_id="melody")
        whistle = gr.Button("Take a whistle", size="sm", elem_id="whistle")
    private = {"api_visibility": "private"}
    melody.click(lambda: str(examples.MELODY), None, recording, **private)
    whistle.click(lambda: (32000, examples.whistle()), None, recording, **private)

    def take_over(event: gr.EventData):
        return interface.uploaded(event.path)

    recorder.recorded(take_over, None, recording, **private)
    return recording


def _tuning(gr):
    with gr.Accordion("Fine tuning, of what DDSP plays", open=False, elem_id="fine"):
        octave = gr.Slider(-3, 3, 0, step=1, label="Octave")
        loudness = gr.Slider(-20, 20, 0, step=1, label="Loudness (dB): played softer or harder")
        autotune = gr.Slider(0, 1, 0, step=0.05, label="Autotune")
        threshold = gr.Slider(
            0, 2, 1, step=0.05, label="Threshold: lower hears quieter notes, higher less noise"
        )
    return octave, loudness, autotune, threshold


def _style(gr):
    with gr.Accordion("In the style of another recording", open=False):
        return gr.Audio(
            sources=["upload"],
            type="filepath",
            label="Its sound becomes one more instrument",
            editable=False,
            buttons=[],
            elem_id="style",
        )


def _player(gr, studio, places):
    def play(
        recording,
        instruments,
        system,
        octave,
        loudness,
        autotune,
        threshold,
        style,
        request: gr.Request,
        progress=gr.Progress(),  # noqa: B008
    ):
        wish = Wish(
            recording, instruments, system, Tuning(octave, loudness, autotune, threshold), style
        )
        folder = places.new(request.session_hash)
        try:
            for sounds in studio.play(wish, folder, lambda share, what: progress(share, desc=what)):
                yield payload(folder.name, sounds), gr.update(visible=False)
        except UserError as error:
            yield gr.skip(), gr.update(value=html.escape(str(error), quote=False), visible=True)

    return play


def payload(name: str, sounds: list[Sound]) -> dict:
    """What the page's script shows: sounds with the paths of their files, seconds, frequencies."""
    from audio_tt.files import io

    return {
        "id": name,
        "seconds": io.info(sounds[0].files["wav"]).duration,
        "frequencies": _FREQUENCIES,
        "sounds": [
            {
                "label": sound.label,
                "system": sound.system,
                "notes": list(sound.notes),
                "files": {kind: str(path) for kind, path in sound.files.items()},
                "picture": sound.picture,
            }
            for sound in sounds
        ],
    }


def _leave(places):
    import gradio as gr

    def leave(request: gr.Request):
        places.leave(request.session_hash)

    return leave


def _choices():
    return [(text, name) for name, text in offers.instruments().items()]


def _cards(instruments, system):
    return "\n\n".join(offers.cards(instruments or (), system))


def _script(name):
    folder = templates.FOLDER
    return "\n".join((folder / part).read_text("utf-8") for part in ("picture.js", name))


def style_sheet() -> str:
    """The page's own style."""
    return Path(templates.FOLDER / "app.css").read_text("utf-8")
