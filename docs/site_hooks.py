"""What `make docs` does beyond mkdocs.

The reference gets a page for each room of each package. Pages of the repository that stand outside
of docs/ are shown, links to other files become text, and links to sounds get a player.
"""

import ast
import posixpath
import re
from html import escape
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PACKAGES = ("timbre_tt", "audio_tt", "ddsp_tt", "pix2pix_tt", "autoencoder_tt", "style_tt")
OUTSIDE = {
    "README.md": "project/readme.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "tests/golden/README.md": "project/golden.md",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_SOUND = re.compile(r'<a href="([^"]+\.ogg)">(.*?)</a>', re.S)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Adds the reference to the navigation."""
    rooms = {}
    for uri in reference():
        rooms.setdefault(uri.split("/")[1], []).append(uri)
    config.nav.append({"Reference": [{package: uris} for package, uris in rooms.items()]})
    config.watch += [str(ROOT / package) for package in PACKAGES]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what does not lie in docs/."""
    for uri, content in reference().items():
        files.append(File.generated(config, uri, content=content))
    for path, uri in OUTSIDE.items():
        files.append(File.generated(config, uri, content=(ROOT / path).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lets links lead to where files of the repository are on the site."""
    here = page.file.src_uri
    path = {uri: path for path, uri in OUTSIDE.items()}.get(here, f"docs/{here}")

    def on_site(link):
        image, text, target, anchor = link.groups()
        if re.match(r"[a-z]+:", target):
            return link[0]
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        uri = OUTSIDE.get(target, target.removeprefix("docs/") if target[:5] == "docs/" else None)
        if uri is None:
            return text
        return f"{image}[{text}]({posixpath.relpath(uri, posixpath.dirname(here))}{anchor or ''})"

    return _LINK.sub(on_site, markdown)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Puts a player beside each link to a sound."""
    player = '{0} <audio controls preload="none" src="{1}" style="vertical-align: middle"></audio>'
    return _SOUND.sub(lambda link: player.format(link[0], escape(link[1])), html)


def reference() -> dict[str, str]:
    """Returns {page: Markdown}: a page for each room of a package, one for its top modules."""
    pages = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            module = ".".join(parts).removesuffix(".__init__")
            if not _is_shown(path, parts):
                continue
            room = parts[1] if len(parts) > 2 else "index"
            title = package if room == "index" else f"{package}.{room}"
            page = pages.setdefault(f"reference/{package}/{room}.md", [f"# {title}\n"])
            options = "    options:\n      members: false\n" if path.name == "__init__.py" else ""
            options = "" if _public(path) else options
            page.append(f"## {module}\n\n::: {module}\n{options}")
    return {uri: "\n".join(page) for uri, page in pages.items()}


def _is_shown(path, parts):
    """Whether it is a room's own description, or a module with public names that is no command."""
    if path.name == "__init__.py":
        return True
    is_hidden = any(part.startswith("_") for part in parts)
    return not is_hidden and bool(_public(path))


def _public(path):
    tree = ast.parse(path.read_text("utf-8"))
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [name for name in names if not name.startswith("_")]
