"""Makes a page to hear what a Pix2Pix generator had learned after some epochs of its training.

python -m tools.listening_page --run=runs/pix2pix/keyboard_acoustic_2_guitar_acoustic \\
    --origin=keyboard_acoustic --target=guitar_acoustic \\
    --training_audios=data/pix2pix/audios/train --held_out_audios=data/pix2pix/audios/test \\
    --output=docs/pix2pix_listen
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, path_flags
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.training import holding_out

_RUN = path_flags.DEFINE_path("run", None, "Run directory of the training.", required=True)
_ORIGIN = flags.DEFINE_string("origin", None, "Instrument that goes in.", required=True)
_TARGET = flags.DEFINE_string("target", None, "Instrument that comes out.", required=True)
_TRAINING = path_flags.DEFINE_path(
    "training_audios",
    None,
    "Recordings that were trained on, by instrument.",
    required=True,
)
_HELD_OUT = path_flags.DEFINE_path("held_out_audios", None, "Others.", required=True)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder for the page.", required=True)
_SECONDS = flags.DEFINE_float("seconds", 6.0, "Of each piece.", lower_bound=0.5)
_START = flags.DEFINE_float("start", 6.0, "Where in each piece to begin, in s.", lower_bound=0.0)

TEMPLATE = Path(__file__).parent / "templates" / "listening.html"
TRAINING_PIECES, HELD_OUT_PIECES = 4, 2


def choose(
    folder: Path, origin: str, target: str, count: int, held_out_share: float = 0.0
) -> list[str]:
    """Names of recordings that both instruments have, spread over all of them.

    Args:
      folder: holds a folder for each instrument.
      origin: the one instrument.
      target: the other.
      count: how many.
      held_out_share: what share of the songs training kept out, which are then left out here.

    Raises:
      UserError: there are fewer than `count`.
    """
    there = [
        {path.name for path in (Path(folder) / name).glob("*.wav")} for name in (origin, target)
    ]
    names = sorted(there[0] & there[1])
    if held_out_share:
        songs = holding_out.choose([Path(name).stem for name in names], held_out_share)
        names = [name for name in names if Path(name).stem not in songs]
    if len(names) < count:
        raise UserError(f"{folder}: {origin} and {target} share {len(names)} pieces, not {count}")
    return [names[i * len(names) // count] for i in range(count)]


def snapshots(run: str | Path) -> dict[int, Path]:
    """{epoch: weights} of the first, the middle and the last generator that a run kept.

    Raises:
      UserError: it kept none.
    """
    found = sorted(Path(run).glob("samples/*/generator.h5"))
    if not found:
        raise UserError(
            f"{run}: no generator was kept; train with train_pix2pix.keep_epochs=(1, ...)"
        )
    chosen = [found[0], found[len(found) // 2], found[-1]]
    return {int(path.parent.name): path for path in chosen}


def main() -> None:
    """Reads the recordings, plays them after each kept epoch, and writes the page."""
    generators = snapshots(_RUN.value)

    import gin

    from pix2pix_tt.playing.player import Pix2PixPlayer
    from pix2pix_tt.trained import loading

    features = loading.load(_RUN.value).features
    share = gin.query_parameter("SlicePairs.validation_split")
    pieces = [
        (kind, Path(folder), name)
        for kind, folder, count, held_out in (
            ("trained on", _TRAINING.value, TRAINING_PIECES, share),
            ("held out", _HELD_OUT.value, HELD_OUT_PIECES, 0.0),
        )
        for name in choose(folder, _ORIGIN.value, _TARGET.value, count, held_out)
    ]
    rate = features.sample_rate
    sections = [
        [("input", _read(folder / _ORIGIN.value / name, rate))] for _, folder, name in pieces
    ]
    for epoch, path in generators.items():
        player = Pix2PixPlayer(loading.load(path))
        for sounds in app.progress(sections, f"Epoch {epoch}", "piece"):
            sounds.append((f"epoch {epoch}", player.render(sounds[0][1], rate)))
    for sounds, (_, folder, name) in zip(sections, pieces, strict=True):
        sounds.append(("target", _read(folder / _TARGET.value / name, rate)))
    _write(Path(_OUTPUT.value), pieces, sections, features)


def _read(path, rate):
    audio, _ = io.read(path, rate)
    first, count = round(_START.value * rate), round(_SECONDS.value * rate)
    return audio[max(0, min(first, len(audio) - count)) :][:count]


def _write(output, pieces, sections, features):
    from pix2pix_tt.training import epoch_pictures
    from timbre_tt.comparison import templates

    parts = []
    for number, ((kind, _, name), sounds) in enumerate(zip(pieces, sections, strict=True)):
        shown = []
        for title, audio in sounds:
            file = f"{number}_{title.replace(' ', '_')}"
            io.write(output / f"{file}.ogg", audio, features.sample_rate)
            epoch_pictures.save_picture(features.encode(audio)[0], output / f"{file}.png")
            shown.append({"title": title, "file": file})
        title = f"{Path(name).stem.replace('_', ' ')} ({kind})"
        parts.append({"title": title, "sounds": shown})
    names = [name.replace("_", " ") for name in (_ORIGIN.value, _TARGET.value)]
    text = templates.render(TEMPLATE, title=" to ".join(names), sections=parts)
    with replacing(output / "index.html") as temporary:
        temporary.write_text(text, "utf-8")
    print(f"Open {output / 'index.html'} in a browser.")


if __name__ == "__main__":
    app.run(main, reads_gin=False)
