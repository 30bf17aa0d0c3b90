"""Flags that take paths, in every command."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAIN = re.compile(r'\bflags\.DEFINE_(?:string|list|multi_string)\(\s*"(\w+)"')
PATHS = re.compile(
    r"\w*input\w*|\w*output\w*|\w+_dir|\w+_path|\w+_audios|model|models|run|soundfont|picture|plot"
    r"|style|source|save_network|load_network|crepe_weights|start_from|samples|origin_sources"
)


def test_a_flag_that_takes_a_path_is_a_path_flag():
    for path in sorted(ROOT.glob("*_tt/**/*.py")) + sorted(ROOT.glob("tools/*.py")):
        plain = [name for name in PLAIN.findall(path.read_text("utf-8")) if PATHS.fullmatch(name)]
        assert not plain, f"{path.relative_to(ROOT)}: {plain}"
