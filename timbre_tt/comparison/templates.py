"""Pages made from jinja2 templates."""

import functools
from pathlib import Path

import jinja2

FOLDER = Path(__file__).parents[1] / "templates"


@functools.cache
def _environment(folder: Path) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=jinja2.select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )


def render(template: Path, **values: object) -> str:
    """Returns a page.

    Args:
      template: Its file; what it includes lies beside it.
      **values: What the template asks for; text is escaped where it stands in HTML.
    """
    return _environment(template.parent).get_template(template.name).render(**values)
