"""What an image of the page is built from is complete, and holds no more than it needs."""

import re
import subprocess
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
STANDS_FOR = {"tensorflow": "tensorflow-cpu"}


def needed(name, extra=""):
    """Names of all that a package asks for, in however many steps."""
    found, waiting = set(), [(name, extra)]
    while waiting:
        asked, of_extra = waiting.pop()
        for text in metadata.requires(STANDS_FOR.get(asked, asked)) or ():
            requirement = Requirement(text)
            if requirement.marker and not requirement.marker.evaluate({"extra": of_extra}):
                continue
            for one in requirement.extras or {""}:
                key = (canonicalize_name(requirement.name), one)
                if key not in found:
                    found.add(key)
                    waiting.append(key)
    return {STANDS_FOR.get(name, name) for name, _ in found}


def test_an_image_holds_what_the_page_needs_and_no_tools():
    said = subprocess.run(["make", "-n", "deploy"], cwd=ROOT, capture_output=True, text=True)
    pattern = re.search(r"grep -vE '(.+)' requirements.txt", said.stdout)[1]
    pins = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line]
    kept = {canonicalize_name(pin.split("==")[0]) for pin in pins if not re.match(pattern, pin)}
    # astunparse asks for wheel, and does without.
    assert needed("timbre-tt", "app") - {"wheel"} <= kept
    assert not kept & {"pytest", "ruff", "selenium", "hypothesis", "trio"}


def test_the_image_starts_the_page_for_everybody_without_rights():
    text = (ROOT / "deploy" / "Dockerfile").read_text("utf-8")
    assert 'ENTRYPOINT ["timbre-transfer-app", "--host=0.0.0.0"' in text
    assert text.index("USER 1000") < text.index("ENTRYPOINT")
    assert "app_port: 7860" in (ROOT / "deploy" / "README.md").read_text("utf-8")
