"""Writes the model cards of the included models again, from their files and from tools/cards/.

python -m tools.write_cards
"""

import importlib
from pathlib import Path

from audio_tt.command import app
from audio_tt.models import cards

TOLD = Path(__file__).parent / "cards"


def card_of(system: str, folder: Path) -> str:
    """The card that an included model should have."""
    known = importlib.import_module(f"{system}_tt.trained.packing").facts(folder)
    return cards.markdown(
        folder.name, system, known, cards.read_told(TOLD / system / f"{folder.name}.json")
    )


def included() -> list[tuple[str, Path]]:
    """System and folder of every model that comes with the package."""
    found = []
    for path in sorted(TOLD.iterdir()):
        models = importlib.import_module(f"{path.name}_tt.trained.catalogue").MODELS
        found += [(path.name, models.folder(name)) for name in models.shipped()]
    return found


def main() -> None:
    """All of them."""
    for system, folder in included():
        (folder / cards.CARD_FILE).write_text(card_of(system, folder), "utf-8")


if __name__ == "__main__":
    app.run(main, reads_gin=False)
