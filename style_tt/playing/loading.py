"""From a recording of a style, and gin's settings, to a player."""

from collections.abc import Sequence
from pathlib import Path

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from audio_tt.playing.origin import Origin
from style_tt.configurables import networks, player
from style_tt.playing.recordings import Recording
from style_tt.training.kept_state import Keeping

SETTINGS = "style/default.gin"


def read_settings(
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
    steps: int | None = None,
    network_seed: int | None = None,
) -> None:
    """Reads gin's settings, for what is made next.

    Args:
      gin_files: settings on top of the default ones.
      gin_params: single settings on top of those.
      steps: at most; None leaves them to gin.
      network_seed: of the network's weights; None leaves it to gin.
    """
    settings.parse_gin([SETTINGS, *gin_files], gin_params)
    settings.bind("Optimisation.steps", steps)
    settings.bind("random_network.seed", network_seed)


def load_player(
    style_path: str | Path,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
    steps: int | None = None,
    network_seed: int | None = None,
    load_network: str | None = None,
    strength: float = 1.0,
    bands: Sequence[tuple[float, float]] = (),
    seed: int = 0,
    keeping: Keeping | None = None,
) -> player.StylePlayer:
    """Reads settings and measures a style; nothing is read from gin afterwards.

    Args:
      style_path: sound file of any length, rate and number of channels.
      gin_files: as for `read_settings`, as the next three are.
      gin_params: see there.
      steps: see there.
      network_seed: see there.
      load_network: file of the network's weights, .h5; None draws them.
      strength: as for `StylePlayer`, as the others are.
      bands: see there.
      seed: see there.
      keeping: see there.

    Raises:
      UserError: a file cannot be read or cannot be used.
    """
    read_settings(gin_files, gin_params, steps, network_seed)
    transfer, representation = player.load_settings()
    style = Recording.from_file(
        style_path, representation.sample_rate, transfer.mono, transfer.max_seconds
    )
    network = None
    if load_network is not None:
        network = networks.random_network(representation.n_bins)
        weights.load_weights(network, load_network)
    loaded = player.StylePlayer(style, network, strength, bands, seed, keeping)
    settings.refuse_unused()
    sources = [Path(path) for path in (style_path, load_network) if path is not None]
    origin = Origin(tuple(sources), settings.operative_gin())
    loaded.origin = origin.and_choices(strength=strength, bands=tuple(bands), seed=seed)
    return loaded


def save_network(loaded: player.StylePlayer, path: str | Path) -> None:
    """Writes the random weights of a player's network to an .h5 file.

    Raises:
      UserError: there are none, or the file cannot be written.
    """
    if loaded.extractor.network is None:
        raise UserError(
            "infinitely many filters have no weights to save; use a network, as "
            "--gin_param=Extractor.infinite_width=None does"
        )
    weights.save_weights(loaded.extractor.network, path)


def default_name(
    content_path: str | Path, style_path: str | Path, loaded: player.StylePlayer
) -> str:
    """The original's name for its output, with the names of the files in place of their paths.

    As there, it counts the steps from 0: 2501 are called 2500.
    """
    network, shape = loaded.extractor.network, ""
    kind = "output1D_infinite"
    if network is not None:
        layers = [layer for layer in network.layers if hasattr(layer, "filters")]
        filters = "-".join(str(layer.filters) for layer in layers)
        (width, *_), (stride, *_) = layers[0].kernel_size, layers[0].strides
        before = (width - 1) // 2 if layers[0].padding == "same" else 0
        kind = f"output{len(layers[0].kernel_size)}D_{filters}"
        shape = f"_k{width}s{stride}p{before}"
    steps, weight = loaded.optimisation.steps, loaded.gram_weight
    names = f"c{Path(content_path).stem}_s{Path(style_path).stem}_sw{weight:g}"
    return f"{kind}_iter{steps - 1}_{names}{shape}.wav"
