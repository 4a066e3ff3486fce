"""The page in a real browser: it opens alone, sorts, filters, explains, prints, and can be used by everyone."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from focus_ledgers import priced, studio
from pool_builders import charge, day, pack, session

from flexlib import Catalog, Charge, FormatError, Product, TokenPack, explain_usage, settle
from flexlib.model.ratebook import RateBook
from flexlib.reports import summarize
from flexlib.reports.page import PageChart, page
from flexlib.reports.page.wording import grouped

AT = datetime(2026, 4, 3, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</script><script>alert(3)</script>",
    "<!--<script>",
    "javascript:alert(4)",
]
PAGED = 130


def drawing(ground):
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><rect id="r" width="4" height="2" fill="{ground}"/></svg>'


@pytest.fixture(scope="module")
def ledger():
    return studio()[0]


@pytest.fixture(scope="module")
def text(ledger):
    """The studio's page, with everything that a page can have."""
    return page(
        ledger,
        at=AT,
        zone=LONDON,
        title="Studio",
        catalog=studio()[1],
        accounts=explain_usage([session(1, 1.5, product="unknown")], RateBook([])),
        charts=[PageChart("Balance", "The balance falls to nothing.", drawing("#ffffff"), drawing("#171c23"))],
        set_aside=[FormatError("july.csv", f"row {number}", "user", "it is blank") for number in range(20)],
    )


@pytest.fixture(scope="module")
def paged():
    """A page of more charges than it shows at once."""
    charges = [charge(number % 9, number / 4, f"{number:03}", user=f"user {number % 7}") for number in range(PAGED)]
    return page(settle(charges, [pack("A", 999, 0, 99)]), at=day(99))


def column(page, section, title):
    """Return what a column of a table shows, by its heading, in the rows that are visible."""
    titles = page.locator(f"#{section} thead th").all_inner_texts()
    cells = """(rows, place) => rows.filter((row) => row.checkVisibility()).map((row) => row.cells[place].innerText)"""
    return page.locator(f"#{section} tbody tr:not(.why)").evaluate_all(cells, titles.index(title))


def sort(page, section, title):
    """Click the heading of a column and return how it says that it is sorted."""
    heading = page.locator(f"#{section}").get_by_role("columnheader", name=title, exact=True)
    heading.get_by_role("button").click()
    assert page.locator(f"#{section} th[aria-sort]").count() == 1
    return heading.get_attribute("aria-sort")


def figure(page, name):
    return Decimal(page.locator(f'[data-figure="{name}"] .value').inner_text().replace(",", ""))


def status(page, section):
    return page.locator(f"#{section} .controls").get_by_role("status").inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_opens_from_a_file_without_an_error_a_message_or_a_request(visit, text, dark):
    opened = visit(text, dark=dark)
    assert opened.title() == "Studio"
    assert opened.get_by_role("heading", level=1).inner_text() == "Studio"


def test_its_figures_are_the_librarys(visit, text, ledger):
    opened = visit(text)
    for name in ("balance", "purchased", "drawn", "expired", "shortfall"):
        assert figure(opened, name) == getattr(ledger, name)(AT)
    charged = sum(one.tokens for one in ledger.charges)
    assert figure(opened, "charged") == charged
    assert status(opened, "charges") == f"{len(ledger.charges)} charges, {grouped(charged)} tokens"
    assert sum(Decimal(tokens) for tokens in column(opened, "by-user", "Tokens")) == charged


def test_figures_sort_as_numbers_from_the_largest_down_and_then_up(visit, text, ledger):
    opened = visit(text)
    rows = summarize(ledger.charges, "user", zone=LONDON).rows
    charges = sorted((row.charges for row in rows), reverse=True)
    assert max(charges) > 9 >= min(charges)
    assert sort(opened, "by-user", "Charges") == "descending"
    assert column(opened, "by-user", "Charges") == [str(number) for number in charges]
    assert sort(opened, "by-user", "Charges") == "ascending"
    assert column(opened, "by-user", "Charges") == [str(number) for number in reversed(charges)]


def test_money_of_thousands_sorts_as_numbers(visit):
    charges = [charge(tokens, 1, user=f"user {tokens}") for tokens in (900, 1100, 80)]
    opened = visit(page(settle(charges, [priced("A", 3000, 0, 9, "9000")]), at=day(2)))
    for section in ("by-user", "charges"):
        sort(opened, section, "Cost (USD)")
        assert column(opened, section, "Cost (USD)") == ["3,300.00", "2,700.00", "240.00"]


def test_texts_and_dates_sort_up_first(visit, text):
    opened = visit(text)
    assert sort(opened, "by-user", "User") == "ascending"
    assert column(opened, "by-user", "User") == sorted(column(opened, "by-user", "User"))
    assert sort(opened, "by-day", "Day") == "ascending"
    assert sort(opened, "by-day", "Day") == "descending"
    days = column(opened, "by-day", "Day")
    assert days == sorted(days, reverse=True)
    assert len(set(days)) > 50


def test_charges_sort_by_every_column(visit, paged):
    opened = visit(paged)
    assert opened.locator("#charges th[aria-sort]").inner_text() == "Date"
    first = column(opened, "charges", "Date")
    assert first == sorted(first)
    assert sort(opened, "charges", "Date") == "descending"
    assert column(opened, "charges", "Date")[0].startswith("2026-02-02 06:00")
    assert sort(opened, "charges", "Tokens") == "descending"
    assert column(opened, "charges", "Tokens") == ["8"] * 14 + ["7"] * 14 + ["6"] * 14 + ["5"] * 8
    assert sort(opened, "charges", "User") == "ascending"
    assert set(column(opened, "charges", "User")) == {"user 0", "user 1", "user 2"}


def test_a_table_is_filtered_by_what_is_typed_and_says_how_many_rows_are_left(visit, text):
    opened = visit(text)
    assert status(opened, "by-user") == "12 users"
    opened.get_by_label("Filter users").fill("ADA")
    assert column(opened, "by-user", "User") == ["ada@studio.example"]
    assert status(opened, "by-user") == "1 of 12 users"
    opened.get_by_label("Filter users").fill("")
    assert status(opened, "by-user") == "12 of 12 users"


def test_charges_are_filtered_by_words_in_any_order_and_their_tokens_are_summed(visit, text, ledger):
    opened = visit(text)
    own = [one for one in ledger.charges if one.user.startswith("ada") and one.product == "revit"]
    opened.get_by_label("Filter charges").fill("revit ada@")
    assert 0 < len(own) < 50
    assert len(column(opened, "charges", "User")) == len(own)
    total = sum(one.tokens for one in own)
    assert status(opened, "charges") == f"{len(own)} of {len(ledger.charges)} charges, {total} tokens"
    sort(opened, "charges", "Date")
    assert set(column(opened, "charges", "Product")) == {"Revit"}
    opened.get_by_label("Filter charges").fill("nobody at all")
    assert status(opened, "charges") == f"0 of {len(ledger.charges)} charges, 0 tokens"
    assert "No charge fits" in opened.locator("#charges .pager").inner_text()


def test_tokens_are_summed_exactly(visit):
    tokens = [Decimal("0.1"), Decimal("0.2"), Decimal("100000000000000.000000000007")]
    opened = visit(page(settle([charge(amount, 1, str(amount)) for amount in tokens], []), at=day(2)))
    assert status(opened, "charges") == "3 charges, 100,000,000,000,000.300000000007 tokens"


def test_charges_are_turned_page_by_page(visit, paged):
    opened = visit(paged)
    pager = opened.get_by_role("group", name="Pages of charges")
    previous, following = (pager.get_by_role("button", name=name) for name in ("Previous", "Next"))
    assert pager.get_by_role("status").inner_text() == "1 to 50 of 130, page 1 of 3"
    assert previous.get_attribute("aria-disabled") == "true"
    following.click()
    following.click()
    assert pager.get_by_role("status").inner_text() == "101 to 130 of 130, page 3 of 3"
    assert len(column(opened, "charges", "User")) == PAGED - 100
    assert following.get_attribute("aria-disabled") == "true"
    previous.click()
    assert pager.get_by_role("status").inner_text() == "51 to 100 of 130, page 2 of 3"
    opened.get_by_label("Charges a page").select_option("500")
    assert len(column(opened, "charges", "User")) == PAGED


def test_a_click_opens_the_reasons_of_a_charge_and_another_closes_them(visit, text):
    opened = visit(text)
    row = opened.locator("#charges tr.charge").nth(2)
    row.locator("td").first.click()
    button = row.get_by_role("button")
    assert button.get_attribute("aria-expanded") == "true"
    why = opened.locator(f"#{button.get_attribute('aria-controls')}")
    assert "was charged 7 tokens for autocad at 2026-01-05 08:45" in why.inner_text()
    row.locator("td").first.click()
    assert opened.locator("tr.why").count() == 0
    assert button.get_attribute("aria-expanded") == "false"


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_opens_the_reasons_and_closes_them(visit, text, key):
    opened = visit(text)
    button = opened.locator("#charges tbody").get_by_role("button").first
    button.focus()
    opened.keyboard.press(key)
    assert opened.locator("tr.why").count() == 1
    opened.keyboard.press(key)
    assert opened.locator("tr.why").count() == 0
    assert button.evaluate("button => button === document.activeElement")


def test_reasons_stay_open_when_the_charges_are_sorted(visit, text):
    opened = visit(text)
    opened.locator("#charges tr.charge td").first.click()
    said = opened.locator("tr.why").inner_text()
    opened.get_by_label("Charges a page").select_option("500")
    sort(opened, "charges", "Tokens")
    assert opened.locator("tr.why").inner_text() == said
    assert opened.locator('tr.charge.opened [aria-expanded="true"]').count() == 1


def test_the_reasons_of_every_charge_are_the_ledgers(visit, ledger):
    opened = visit(page(ledger, at=AT))
    opened.get_by_label("Charges a page").select_option("500")
    opened.evaluate("document.querySelectorAll('.open').forEach((button) => button.click())")
    told = opened.evaluate(
        "[...document.querySelectorAll('tr.why')].map((why) => [...why.querySelectorAll('p, li')].map((one) => one.textContent))"
    )
    expected = []
    for one in ledger.charges:
        why = ledger.explain(one)
        (outcome, *reasons), rules = why.lines, ", ".join(dict.fromkeys(why.rules))
        expected.append([on_the_clock(line) for line in (outcome, *reasons)] + [f"Rules {rules} · Charge {one.id}"])
    assert told == expected


def on_the_clock(line):
    return re.sub(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):00\+00:00", r"\1 \2", line)


def test_a_rule_of_an_explanation_leads_to_what_it_says(visit, text):
    opened = visit(text)
    opened.locator("#charges tr.charge td").first.click()
    opened.locator("tr.why").get_by_role("link", name="C1", exact=True).click()
    target = opened.locator(":target")
    assert target.inner_text().startswith("C1: a day is 24 hours from the launch")
    assert target.evaluate("one => one.getBoundingClientRect().top < innerHeight")


def test_names_run_nothing(visit):
    charges = [Charge(name, name, day(1 + place), 10, team=name) for place, name in enumerate(NASTY)]
    opened = visit(
        page(
            settle(charges, [TokenPack(name, 10, day(0), day(30), team=name) for name in NASTY]),
            at=day(9),
            title="".join(NASTY),
            catalog=Catalog([Product(name, f"{name}!") for name in NASTY]),
            charts=[PageChart(name, name, drawing("#fff"), drawing("#000")) for name in NASTY],
            accounts=explain_usage([session(1, 2, user=name, product=name) for name in NASTY], RateBook([])),
            set_aside=[FormatError(name, name, name, name) for name in NASTY],
        )
    )
    opened.evaluate("document.querySelectorAll('.open').forEach((button) => button.click())")
    opened.get_by_label("Filter charges").fill(NASTY[0])
    assert column(opened, "charges", "User") == [NASTY[0]]
    assert NASTY[0] in opened.locator("tr.why").inner_text()
    opened.get_by_label("Filter charges").fill("")
    assert column(opened, "charges", "User") == NASTY
    assert column(opened, "charges", "Product") == [f"{name}!" for name in NASTY]
    assert sorted(column(opened, "by-user", "User")) == sorted(NASTY)
    assert opened.locator("script").count() == 2
    assert opened.locator("img").count() == 2 * len(NASTY)
    assert opened.get_by_role("heading", level=1).inner_text() == "".join(NASTY)


def test_its_policy_stops_a_script_and_a_style_that_are_not_its_own(chromium, text, tmp_path):
    smuggled = (
        '<script>document.title = "run"</script><p id="smuggled" style="color: red" onclick="document.title = \'run\'">x</p></main>'
    )
    file = tmp_path / "page.html"
    file.write_text(text.replace("</main>", smuggled), "utf-8")
    opened = chromium.new_page()
    opened.goto(file.as_uri())
    opened.locator("#smuggled").click()
    assert opened.title() == "Studio"
    assert opened.locator("#smuggled").evaluate("one => getComputedStyle(one).color") != "rgb(255, 0, 0)"
    opened.close()


@pytest.mark.parametrize(("dark", "ground"), [(False, 255), (True, 40)], ids=["light", "dark"])
def test_it_follows_the_color_scheme_with_its_colors_and_its_charts(visit, text, dark, ground):
    opened = visit(text, dark=dark)
    panel = opened.locator("#by-user").evaluate("one => getComputedStyle(one).backgroundColor")
    parts = [int(part) for part in re.findall(r"\d+", panel)]
    assert max(parts) <= ground if dark else parts == [ground] * 3
    chart = opened.get_by_role("img", name="The balance falls to nothing.")
    assert chart.count() == 1
    assert chart.get_attribute("class") == ("dark" if dark else "light")
    assert chart.evaluate("one => one.complete && one.naturalWidth > 0")


@pytest.mark.parametrize("width", [320, 400, 768, 1280, 1920])
def test_the_page_never_scrolls_sideways_however_narrow_or_wide(visit, text, width):
    opened = visit(text, width=width)
    opened.locator("#charges tr.charge td").first.click()
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    over = opened.evaluate(
        """[...document.querySelectorAll('body *')].filter((one) => !one.closest('.scroll, .skip, .unseen')
           && one.getBoundingClientRect().right > innerWidth + 0.5).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert over == []
    if width == 400:
        assert opened.locator("#charges .scroll").evaluate("one => one.scrollWidth > one.clientWidth")
        why = opened.locator("tr.why td > div")
        assert why.evaluate("one => one.getBoundingClientRect().width < innerWidth")


def test_without_scripts_the_tables_can_be_read_and_no_control_is_dead(visit, text):
    opened = visit(text, scripts=False)
    assert len(opened.locator("#by-user tbody tr").all()) == 12
    assert opened.get_by_text("The list of the charges needs JavaScript").is_visible()
    assert opened.locator("button:visible, input:visible, select:visible").count() == 0
    assert not opened.locator("#charges table").is_visible()


def test_it_prints_to_pdf_in_several_pages(visit, text):
    printed = visit(text, dark=True).pdf(format="A4")
    assert printed.startswith(b"%PDF-")
    assert 3 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 20


def test_in_print_there_are_no_controls_all_rows_and_the_chart_for_light(visit, text):
    opened = visit(text, dark=True)
    opened.locator("#charges tr.charge td").first.click()
    opened.emulate_media(media="print")
    assert opened.locator("input:visible, select:visible, .pager button:visible, nav:visible").count() == 0
    assert opened.locator("#by-day .scroll").evaluate("one => one.scrollHeight <= one.clientHeight + 1")
    assert opened.locator("tr.why").is_visible()
    assert [image.get_attribute("class") for image in opened.locator("img:visible").all()] == ["light"]
    assert opened.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--text').trim()") == "#1a1f26"


def test_everything_that_can_be_used_or_met_has_a_name_for_those_who_do_not_see_it(visit, text):
    opened = visit(text)
    opened.locator("#charges tr.charge td").first.click()
    tree = opened.context.new_cdp_session(opened).send("Accessibility.getFullAXTree")["nodes"]
    named = {"button", "link", "searchbox", "textbox", "combobox", "region", "navigation", "table", "image", "group"}
    met = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    assert {"button", "link", "searchbox", "combobox", "region", "navigation", "table", "image"} <= {role for role, _ in met}
    assert [role for role, name in met if role in named and not name.strip()] == []
    buttons = [name for role, name in met if role == "button"]
    assert "2026-01-05 07:42 why was chloe@studio.example charged?" in buttons


def test_its_headings_are_in_order_its_language_is_said_and_it_has_landmarks(visit, text):
    opened = visit(text)
    levels = opened.evaluate("[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map((one) => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert opened.locator("html").get_attribute("lang") == "en"
    for role in ("banner", "navigation", "main", "contentinfo"):
        assert opened.get_by_role(role).count() == 1


FOCUSED = """() => {
  const one = document.activeElement;
  return [one.tagName, one.id || one.className || one.textContent, getComputedStyle(one).outlineStyle !== 'none'];
}"""


def test_the_keyboard_reaches_every_control_and_each_shows_that_it_has_the_focus(visit, text):
    opened = visit(text)
    opened.keyboard.press("Tab")
    assert opened.evaluate("document.activeElement.textContent") == "Skip to the figures"
    assert opened.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    opened.evaluate("document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach((row) => row.remove())")
    reached = set()
    while (met := opened.evaluate(FOCUSED))[0] != "BODY":
        tag, name, outlined = met
        assert outlined, (tag, name)
        reached.add((tag, name))
        opened.keyboard.press("Tab")
    assert {("INPUT", "by-user-filter"), ("INPUT", "charges-filter"), ("SELECT", "charges-size"), ("DIV", "scroll")} <= reached
    assert {("BUTTON", "sort"), ("BUTTON", "open"), ("BUTTON", "Previous"), ("BUTTON", "Next"), ("A", "By user")} <= reached


CONTRASTS = """() => {
  const parts = (color) => { const all = color.match(/[\\d.]+/g).map(Number); return all.length === 3 ? [...all, 1] : all; };
  const light = (color) => parts(color).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (one) => { while (one && parts(getComputedStyle(one).backgroundColor)[3] < 1) one = one.parentElement;
    return getComputedStyle(one ?? document.body).backgroundColor; };
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((one) => { const [high, low] = [light(getComputedStyle(one).color), light(ground(one))].sort((a, b) => b - a);
      return [(high + 0.05) / (low + 0.05), one.outerHTML.slice(0, 90)]; });
}"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground_as_wcag_aa_asks(visit, text, dark):
    opened = visit(text, dark=dark)
    opened.locator("#charges tr.charge td").first.click()
    contrasts = opened.evaluate(CONTRASTS)
    assert len(contrasts) > 300
    assert [one for one in contrasts if one[0] < 4.5] == []


def test_of_very_many_charges_few_are_rows_of_the_document(visit):
    charges = [charge(1, number / 24, f"{number}", user=f"user {number % 90}") for number in range(5000)]
    opened = visit(page(settle(charges, [pack("A", 9999, 0, 999)]), at=day(999)))
    assert opened.locator("#charges tbody tr").count() == 50
    opened.get_by_label("Filter charges").fill("user 77")
    assert status(opened, "charges") == "55 of 5,000 charges, 55 tokens"
