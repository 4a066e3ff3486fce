"""The style of charts: contrasts, series that every reader tells apart, and files that are the same each time."""

import os
import re
import subprocess
import sys
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread
from matplotlib.text import Text

from flexlib import InvalidValueError
from flexlib.reports.charts.style import DARK, DASHES, HATCHES, LIGHT, MARKERS, SeriesStyle, axes, legend, save_chart

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
KINDS = pytest.mark.parametrize("kind", ["svg", "png"])

# How linear sRGB is seen without one of the three kinds of cones (Machado, Oliveira and Fernandes, 2009, severity 1).
SIGHTS = {
    "every cone": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def linear(colour):
    """The linear sRGB of #RRGGBB."""
    coded = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """The contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(colour, sight=SIGHTS["every cone"]):
    """CIE L*a*b* of a colour as it is seen; L* is how light it is in grey, from 0 to 100."""
    relative = TO_XYZ @ np.clip(sight @ linear(colour), 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(relative > 216 / 24389, np.cbrt(relative), (24389 / 27 * relative + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_the_measures_are_right_where_they_are_known():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
    assert lab("#FFFFFF") == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("#FF0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.05)


@THEMES
def test_every_series_has_a_contrast_of_three_to_the_background_and_text_of_seven(theme):
    assert min(contrast(colour, theme.background) for colour in theme.colours) >= 3
    assert contrast(theme.text, theme.background) >= 7
    assert 1.2 < contrast(theme.grid, theme.background) < 3


@THEMES
@pytest.mark.parametrize("sight", SIGHTS)
def test_any_two_colours_differ_to_every_reader(theme, sight):
    seen = [lab(colour, SIGHTS[sight]) for colour in theme.colours]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) >= 15


@THEMES
def test_series_that_follow_each_other_differ_in_grey(theme):
    greys = [lab(theme.series(number).colour)[0] for number in range(2 * len(theme.colours))]
    assert min(abs(one - other) for one, other in pairwise(greys)) >= 9


@THEMES
def test_any_eight_series_in_a_row_are_told_apart_without_colour(theme):
    styles = [theme.series(number) for number in range(30)]
    for first in range(len(styles) - 8):
        some = styles[first : first + 8]
        assert len({style.marker for style in some}) == len({style.hatch for style in some}) == 8


@THEMES
def test_thirty_five_lines_each_have_a_colour_and_dash_of_their_own(theme):
    lines = {(style.colour, style.dash) for style in map(theme.series, range(35))}
    assert len(lines) == 35
    assert theme.series(0) == SeriesStyle(theme.colours[0], "-", "o", "")


def drawn(theme, title="Balance"):
    """A chart that has a line, bars and an area in every style of the theme."""
    figure, own = axes(theme, title, "day", "tokens", (4, 3))
    entries = []
    for number in range(8):
        style = theme.series(number)
        looks = {"color": style.colour, "linestyle": style.dash, "marker": style.marker}
        [line] = own.plot([0, 1, 2], [number, number + 1, number], **looks)
        own.bar([number], [number], color=style.colour, hatch=style.hatch, edgecolor=theme.background)
        own.fill_between([0, 1], [0, 1], [number, number], alpha=0.2, color=style.colour, hatch=style.hatch)
        entries.append((f"series {number}", line))
    legend(figure, theme, entries)
    return figure


def saved(figure, path):
    save_chart(figure, path)
    return path.read_bytes()


def test_every_dash_marker_and_hatch_is_one_that_is_drawn(tmp_path):
    assert all(len(set(kinds)) == len(kinds) for kinds in (DASHES, MARKERS, HATCHES))
    assert saved(drawn(LIGHT), tmp_path / "all.svg").count(b"<pattern") == 2 * (len(HATCHES) - 1)


@KINDS
@THEMES
def test_a_chart_gives_the_same_bytes_each_time(theme, kind, tmp_path):
    figure = drawn(theme)
    first, again, anew = (saved(chart, tmp_path / f"chart.{kind}") for chart in (figure, figure, drawn(theme)))
    assert first == again == anew
    assert saved(drawn(theme, "Another"), tmp_path / f"chart.{kind}") != first


PROGRAM = """
import sys
from flexlib.reports.charts.style import DARK, axes, legend, save_chart
figure, own = axes(DARK, "Balance", "day", "tokens")
legend(figure, DARK, [("ada", own.fill_between([0, 1], [0, 1], hatch="///"))])
for path in sys.argv[1:]:
    save_chart(figure, path)
assert "matplotlib.pyplot" not in sys.modules
"""


def test_another_process_gives_the_same_bytes_and_pyplot_is_never_loaded(tmp_path):
    written = []
    for seed in ("1", "2"):
        paths = [tmp_path / f"{seed}.{kind}" for kind in ("svg", "png")]
        run = [sys.executable, "-c", PROGRAM, *map(str, paths)]
        subprocess.run(run, check=True, env=dict(os.environ) | {"PYTHONHASHSEED": seed, "MPLBACKEND": "TkAgg"})
        written.append([path.read_bytes() for path in paths])
    assert written[0] == written[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_where_the_disk_takes_half_a_chart_only_the_chart_before_stays(tmp_path):
    path = tmp_path / "chart.svg"
    path.write_text("the chart before", "utf-8")
    limited = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))\n" + PROGRAM
    run = [sys.executable, "-c", limited, str(path)]
    done = subprocess.run(run, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text("utf-8") == "the chart before"


def test_neither_the_time_nor_the_version_is_written(tmp_path):
    svg = saved(drawn(LIGHT), tmp_path / "chart.svg").decode("utf-8")
    png = saved(drawn(LIGHT), tmp_path / "chart.png")
    assert re.search(r"<dc:title>\s*Balance\s*</dc:title>", svg)
    assert "<dc:date" not in svg
    assert mpl.__version__ not in svg
    assert mpl.__version__.encode() not in png
    assert b"Title\x00Balance" in png


def test_the_suffix_tells_the_format(tmp_path):
    assert saved(drawn(LIGHT), tmp_path / "chart.PNG").startswith(b"\x89PNG")
    assert ET.fromstring(saved(drawn(LIGHT), tmp_path / "chart.SVG")).tag.endswith("svg")
    save_chart(drawn(LIGHT), str(tmp_path / "text.svg"))
    assert (tmp_path / "text.svg").exists()


@pytest.mark.parametrize("name", ["chart.pdf", "chart", "svg", "chart.svg.gz"])
def test_another_suffix_is_refused_and_nothing_is_written(tmp_path, name):
    with pytest.raises(InvalidValueError, match=r"a file whose name ends in \.svg or \.png"):
        save_chart(drawn(LIGHT), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@THEMES
def test_the_theme_colours_all_that_is_drawn_beside_the_series(theme, tmp_path):
    figure, own = axes(theme, "Title", "days", "tokens", (4, 3))
    [line] = own.plot([0, 1], [0, 1], color=theme.colours[0])
    shown = legend(figure, theme, [("ada", line)])
    save_chart(figure, tmp_path / "chart.svg")  # only what is drawn has ticks
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    assert {text.get_text() for text in texts} >= {"Title", "days", "tokens", "ada", "1.0"}
    assert {to_hex(text.get_color()).upper() for text in texts} == {theme.text}
    framed = [figure.get_facecolor(), own.get_facecolor(), shown.get_frame().get_facecolor()]
    assert {to_hex(colour).upper() for colour in framed} == {theme.background}
    assert figure.get_size_inches().tolist() == [4, 3]


@THEMES
def test_the_background_is_the_themes_in_the_file_whatever_the_settings_say(theme, tmp_path):
    with mpl.rc_context({"savefig.facecolor": "#00FF00"}):
        save_chart(drawn(theme), tmp_path / "chart.png")
    assert to_hex(imread(tmp_path / "chart.png")[0, 0]).upper() == theme.background


@KINDS
def test_no_name_is_read_as_mathematics(kind, tmp_path):
    odd = r"US$3 \frac $4"
    figure, own = axes(LIGHT, odd, odd, odd)
    [line] = own.plot([0, 1])
    legend(figure, LIGHT, [(odd, line)])
    save_chart(figure, tmp_path / f"chart.{kind}")  # as mathematics it could not be drawn
    assert len([text for text in figure.findobj(Text) if text.get_text() == odd]) == 4


def test_a_name_that_begins_with_an_underscore_stands_in_the_legend():
    figure, own = axes(LIGHT, "Title")
    [one], [other] = own.plot([0, 1]), own.plot([1, 0])
    shown = legend(figure, LIGHT, [("_svc", one), ("ada", other)])
    assert [text.get_text() for text in shown.get_texts()] == ["_svc", "ada"]


def test_the_settings_of_matplotlib_are_left_as_they_were(tmp_path):
    before = dict(mpl.rcParams)
    save_chart(drawn(DARK), tmp_path / "chart.svg")
    assert dict(mpl.rcParams) == before


WITHOUT = """
import sys
sys.modules["matplotlib"] = None
import flexlib.reports.charts
from flexlib.errors import MissingExtraError
try:
    import flexlib.reports.charts.style
except MissingExtraError as error:
    print(error.extra, error.package)
"""


def test_without_matplotlib_the_extra_is_named():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout == "plot matplotlib\n"
