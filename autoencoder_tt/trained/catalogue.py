"""The instruments that come with the package, and the user's own."""

from pathlib import Path

from audio_tt.models.catalogue import Catalogue
from autoencoder_tt.trained import files

MODELS = Catalogue(Path(__file__).parents[1] / "pretrained", files.WEIGHTS)
instruments, folder = MODELS.instruments, MODELS.folder


def find(model: str | Path) -> Path:
    """The path that a model is called by: one that is there, or the folder of an instrument."""
    path = Path(model).expanduser()
    return folder(str(model)) if not path.exists() and str(model) in instruments() else path
