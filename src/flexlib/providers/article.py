"""The built-in plugin ``article``: figures that contradict each other, to learn conflicts on (rule R3). Loaded only by its name."""

from __future__ import annotations

from collections.abc import Iterable

from flexlib.providers.hookspecs import RateProvider, hookimpl
from flexlib.providers.published import SheetFiles


@hookimpl
def flexlib_rate_providers() -> Iterable[RateProvider]:
    """Return the provider of the article's figures: AutoCAD as 5 and as 7."""
    return [SheetFiles("article", ("article-one.toml", "article-two.toml"))]
