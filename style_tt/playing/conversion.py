"""Sound files in, sound file out, with everything that is kept on the way."""

import contextlib
import zlib
from pathlib import Path

import gin

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.models import weights
from style_tt.configurables import losses, networks, optimisation, transfer
from style_tt.playing.recordings import Recording
from style_tt.training.kept_state import StyleRun

SETTINGS = "style/default.gin"


def open_session(style_path, steps=None, seed=None, load_network=None, gin_files=(), gin_params=()):
    """Reads gin's settings and measures a style.

    Args:
      style_path: sound file of any length, rate and number of channels.
      steps: at most; None leaves them to gin.
      seed: of the network's weights; None leaves it to gin.
      load_network: file of the network's weights, .h5; None draws them.
      gin_files: settings to read after `style/default.gin`.
      gin_params: single settings, which win over the files.

    Returns:
      `transfer.Session`.

    Raises:
      UserError: a file cannot be read or cannot be used.
    """
    settings.parse_gin([SETTINGS, *gin_files], gin_params)
    settings.bind("Optimisation.steps", steps)
    settings.bind("random_network.seed", seed)
    style = _read(style_path, *transfer.load_settings())
    network = None
    if load_network is not None:
        network = networks.random_network(transfer.load_settings()[1].n_bins)
        weights.load_weights(network, load_network)
    return transfer.Session(style, network)


def save_network(session, path):
    """Writes the random weights of a session's network to an .h5 file.

    Raises:
      UserError: there are none, or the file cannot be written.
    """
    if session.extractor.network is None:
        raise UserError(
            "infinitely many filters have no weights to save; use a network, as "
            "--gin_param=Extractor.infinite_width=None does"
        )
    weights.save_weights(session.extractor.network, path)


def convert(session, content_path, output_path, run_dir=None, sample_every=None, **options):
    """Plays a file in the style of a session.

    Args:
      session: `transfer.Session`.
      content_path: sound file of any length, rate and number of channels.
      output_path: sound file to write.
      run_dir: folder to keep state, history and sounds in; by default one beside the output, which
        goes when the output is there.
      sample_every: steps between two sounds on the way, in the run directory.
      **options: of `Session.play`.

    Raises:
      UserError: a file cannot be read or written, or cannot be used.
    """
    content = _read(content_path, session.settings, session.representation)
    measures = content.measure()
    run = contextlib.nullcontext()
    if measures.peak >= transfer.SILENCE:
        identity = [
            gin.config_str(),
            repr(measures),
            repr(session.style_measures),
            _checksum(session.extractor.network),
            options.get("seed", 0),
        ]
        beside = Path(output_path).with_name(f".{Path(output_path).name}.run")
        rate = session.representation.sample_rate
        run = StyleRun(run_dir or beside, identity, rate, sample_every, run_dir is None)
    with run as kept:
        sound = session.play(content, run=kept, **options)
        io.write(output_path, sound, session.representation.sample_rate)


def default_name(content_path, style_path, session):
    """The original's name for its output, with the names of the files in place of their paths.

    As there, it counts the steps from 0: 2501 are called 2500.
    """
    network, shape = session.extractor.network, ""
    kind = "output1D_infinite"
    if network is not None:
        layers = [layer for layer in network.layers if hasattr(layer, "filters")]
        filters = "-".join(str(layer.filters) for layer in layers)
        (width, *_), (stride, *_) = layers[0].kernel_size, layers[0].strides
        before = (width - 1) // 2 if layers[0].padding == "same" else 0
        kind = f"output{len(layers[0].kernel_size)}D_{filters}"
        shape = f"_k{width}s{stride}p{before}"
    steps = optimisation.Optimisation().steps
    names = f"c{Path(content_path).stem}_s{Path(style_path).stem}_sw{losses.GramLoss().weight:g}"
    return f"{kind}_iter{steps - 1}_{names}{shape}.wav"


def _read(path, wanted, representation):
    return Recording.from_file(path, representation.sample_rate, wanted.mono, wanted.max_seconds)


def _checksum(network):
    total = 0
    for value in network.get_weights() if network is not None else []:
        total = zlib.crc32(value.tobytes(), total)
    return total
