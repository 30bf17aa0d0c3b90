"""The part of the page that trains an instrument from one's own recordings."""

import html
from typing import Any

from audio_tt.errors import UserError
from timbre_tt.page import loss_curve
from timbre_tt.page.limits import plain
from timbre_tt.page.training import STEPS, State, Workshop

_SECONDS = 2.0  # between two looks at a training
_ABOUT = """<h2>An instrument of your own</h2><p>Ten minutes or more of one instrument alone, one
note at a time. Longer training sounds better; it can be stopped and gone on with at any time, here
or by <code>ddsp_tt.train_instrument</code>.</p>"""
_MOST_SAMPLES = 8


def build(gr: Any, workshop: Workshop) -> None:
    """Adds the tab's contents to the Blocks that are being made.

    Args:
      gr: the module `gradio`.
      workshop: trains.
    """
    gr.HTML(_ABOUT, elem_classes="tt-step")
    with gr.Row(equal_height=False):
        with gr.Column(min_width=300):
            name = gr.Dropdown(
                workshop.names(),
                value=None,
                allow_custom_value=True,
                label="Name: a new one, or one to go on with",
                elem_id="training-name",
            )
            uploads = gr.File(
                file_count="multiple",
                file_types=["audio"],
                label="Recordings",
                height=160,
                elem_id="training-files",
            )
            folder = gr.Textbox(
                label="Or a folder of recordings on this computer", elem_id="training-folder"
            )
            steps = gr.Number(STEPS, precision=0, minimum=1, label="Steps in all")
            with gr.Row():
                begin = gr.Button("Train", variant="primary", elem_id="train")
                stop = gr.Button("Stop", elem_id="stop-training")
        with gr.Column(min_width=300):
            status = gr.HTML(_status(None), elem_id="training-status")
            curve = gr.HTML("", elem_id="training-loss")
            samples = gr.HTML("", elem_id="training-samples")
    seen = gr.State(None)
    outputs = [status, curve, samples, seen]
    private = {"api_visibility": "private", "show_progress": "hidden"}

    def look(name, seen):
        return _changes(gr, workshop, name, seen)

    def start(name, uploads, folder, steps):
        try:
            workshop.begin(name, uploads or (), folder or None, steps or STEPS)
        except UserError as error:
            return (_problem(error), gr.skip(), gr.skip(), None, gr.skip())
        known = gr.update(choices=workshop.names(), value=name.strip())
        return (*_changes(gr, workshop, name.strip(), None), known)

    def end(name):
        workshop.stop(name or "")
        return _changes(gr, workshop, name, None)

    begin.click(start, [name, uploads, folder, steps], [*outputs, name], **private)
    stop.click(end, name, outputs, **private)
    name.change(lambda name: _changes(gr, workshop, name, None), name, outputs, **private)
    gr.Timer(_SECONDS).tick(look, [name, seen], outputs, queue=False, **private)


def _changes(gr, workshop, name, seen):
    """What is new since what was seen: status, curve, samples, and what is seen now."""
    try:
        state = workshop.state(name or "")
    except UserError:
        state = None
    now = _summary(name, state)
    if now == seen:
        return (gr.skip(),) * 4
    if state is None:
        return _status(None), "", "", None
    # Who is listening to a sample goes on until there is another.
    same = seen is not None and (seen["name"], seen["samples"]) == (name, now["samples"])
    return (
        _status(state),
        loss_curve.draw(state.history),
        gr.skip() if same else _samples(state),
        now,
    )


def _summary(name, state):
    """What makes one look differ from another; None where there is nothing to see."""
    if state is None:
        return None
    return {
        "name": name,
        "samples": len(state.samples),
        "rest": [state.running, state.steps, state.total, state.said, state.problem],
    }


def _status(state: State | None) -> str:
    if state is None:
        return '<p class="tt-status">Nothing is being trained.</p>'
    if state.problem:
        return _problem(state.problem)
    share = min(state.steps / max(state.total, 1), 1.0)
    if state.is_done:
        text = "It is trained, and stands among the instruments."
    elif state.running:
        text = f"Step {state.steps} of {state.total}." if state.steps else _preparing(state)
    else:
        text = f"Stopped at step {state.steps} of {state.total}; Train goes on."
    return (
        f'<progress class="tt-progress" max="1" value="{share:.4f}"></progress>'
        f'<p class="tt-status">{text}</p>'
    )


def _preparing(state):
    return f"Preparing the recordings. <small>{html.escape(state.said[:120])}</small>"


def _problem(error):
    return f'<div class="tt-error"><p>{html.escape(plain(error), quote=False)}</p></div>'


def _samples(state):
    """Players of the latest samples, the newest first."""
    players = [
        f'<li><span>Step {step}</span><audio controls preload="none" '
        f'src="gradio_api/file={html.escape(str(path))}"></audio></li>'
        for step, path in reversed(state.samples[-_MOST_SAMPLES:])
    ]
    heading = "<h3>What it sounds like</h3>" if players else ""
    return f'{heading}<ul class="tt-samples">{"".join(players)}</ul>'
