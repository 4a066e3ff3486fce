"""`chart_svg`: a chart as text, for pages."""

from datetime import UTC, date, datetime

import pytest

from flexlib import Charge, TokenPack, settle
from flexlib.reports.charts import DARK, LIGHT, balance_chart, chart_svg, save_chart

LEDGER = settle(
    [Charge("ada", "revit", datetime(2026, 3, 2, 8, tzinfo=UTC), 10)], [TokenPack.purchase("Pack é", 500, date(2026, 1, 1))]
)


def drawn(theme):
    return balance_chart(LEDGER, until=datetime(2026, 4, 1, tzinfo=UTC), theme=theme)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_the_text_is_that_of_the_file(tmp_path, theme):
    save_chart(drawn(theme), tmp_path / "chart.svg")
    assert chart_svg(drawn(theme)) == (tmp_path / "chart.svg").read_text("utf-8")


def test_the_themes_give_different_texts_and_the_same_figure_the_same():
    assert chart_svg(drawn(LIGHT)) != chart_svg(drawn(DARK))
    assert chart_svg(drawn(LIGHT)) == chart_svg(drawn(LIGHT))
