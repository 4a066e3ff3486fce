"""The page as HTML; it needs the extra ``page``."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from flexlib.reports.page.values import PageContent

_TEMPLATES = files("flexlib.reports.page") / "templates"


def render(content: PageContent) -> str:
    """Return a page as one HTML document that needs nothing from elsewhere and runs no script but its own."""
    style, script = _own("page.css"), _own("page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            page=content,
            style=Markup(style),  # noqa: S704  # a file of this package
            script=Markup(script),  # noqa: S704  # likewise
            charges=Markup(content.charges.json),  # noqa: S704  # JSON without any <
            policy=_policy(style, script),
        )
    )


@cache  # compiling the template takes longer than filling it
def _environment() -> Environment:
    environment = Environment(
        autoescape=True, loader=FunctionLoader(_own), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["image"] = _image
    return environment


def _own(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Return the content security policy that lets the page's own style and script through, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"style-src '{_hash(style)}'",
            f"script-src '{_hash(script)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _image(svg: str) -> str:
    """Return an SVG document as the address of an image: as such it runs no script, and its ids are its own."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
