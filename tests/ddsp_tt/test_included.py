"""What the package brings along, and how it is made again."""

import ast
from pathlib import Path

from ddsp_tt.trained import catalogue

TOOL = Path(__file__).parents[2] / "tools" / "train_instruments.py"


def test_make_pretrained_trains_the_instruments_that_are_included():
    included = [name for name in catalogue.MODELS.shipped() if not name.endswith("k")]
    # Read, because importing a command defines its flags.
    assigned = {
        target.id: node.value
        for node in ast.parse(TOOL.read_text("utf-8")).body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    assert included == ast.literal_eval(assigned["INCLUDED"])
