"""The page, as text: its figures, tables, charges and reasons; what a browser makes of it is tested in tests/browser."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from focus_ledgers import motley, priced, studio
from hypothesis import given
from pool_builders import DAY_ZERO, charge, day, pack, refund, session
from pool_strategies import RATES, instants, pool_facts, usage

from flexlib import (
    Catalog,
    Charge,
    FormatError,
    InvalidValueError,
    NaiveDatetimeError,
    Product,
    ReportedUse,
    TokenPack,
    charge_reported,
    charge_usage,
    explain_usage,
    settle,
)
from flexlib.model.amounts import plain
from flexlib.reports import UnusedRule, allocate_prices, summarize
from flexlib.reports.page import PageChart, page
from flexlib.reports.page.wording import RULES, Clock, grouped, money

DOCS = Path(__file__).parents[2] / "docs"
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><path id="line" d="M0 0L4 3"/></svg>'
DAY_NINE = day(9)
NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "</script><script>alert(3)</script>",
    "<!--",
    "{{ 7 * 7 }}",
    "&lt;",
]


class Parsed(HTMLParser):
    """Reads a page: its elements with their attributes, its tables by section, its figures, and the text of styles and scripts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.tables, self.figures, self.raw, self.ids = [], {}, {}, [], []
        self._section = self._figure = self._rows = self._cell = self._value = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.elements.append((tag, given))
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "section":
            self._section = given.get("id")
        if "data-figure" in given:
            self._figure = given["data-figure"]
            self.figures[self._figure] = []
        if tag == "table":
            self._rows = self.tables[self._section] = []
        if tag == "tr":
            self._rows.append([])
        if tag in {"th", "td"}:
            self._rows[-1].append("")
            self._cell = True
        self._value = tag == "dd" and self._figure
        if tag in {"script", "style"}:
            self.raw.append((tag, given, ""))

    def handle_endtag(self, tag):
        self._cell = self._cell and tag not in {"th", "td"}
        self._value = None
        if tag == "dl":
            self._figure = None

    def handle_data(self, data):
        if self.cdata_elem:
            tag, given, text = self.raw[-1]
            self.raw[-1] = (tag, given, text + data)
        elif self._cell:
            self._rows[-1][-1] += data
        elif self._value:
            self.figures[self._value].append(data)

    def value(self, figure):
        return Decimal(self.figures[figure][0].replace(",", ""))

    def charges(self):
        """Return the charges: what is shown of each by column, and its explanation."""
        data = next(json.loads(text) for _, given, text in self.raw if given.get("type") == "application/json")
        titles = self.tables["charges"][0]
        for words, (name, rules, *lines) in data["rows"]:
            cells = [own[word] for own, word in zip(data["words"], words, strict=True)]
            sentences = [data["sentences"][number] for number, *_ in lines]
            said = [
                "".join(map("".join, zip(s, [*instants, ""], strict=True)))
                for s, (_, *instants) in zip(sentences, lines, strict=True)
            ]
            yield dict(zip(titles, cells, strict=True)), {"id": name, "rules": data["rules"][rules], "lines": said}


def read(ledger, at, **more):
    return Parsed(page(ledger, at=at, **more))


def column(rows, title):
    return [row[rows[0].index(title)] for row in rows[1:]]


def small(*, at=DAY_NINE, packs=None, **more):
    """Return the parsed page of two charges on a priced pack."""
    charges = [charge(10, 1, "a"), charge(7, 2, "b", user="bob", product="autocad")]
    return read(settle(charges, packs or [priced("A", 100, 0, 20, "300")]), at, **more)


def test_the_figures_are_the_ledgers_readings():
    ledger, catalog = studio()
    at = datetime(2026, 4, 3, tzinfo=UTC)
    shown = read(ledger, at, catalog=catalog)
    for name in ("balance", "purchased", "drawn", "expired", "shortfall"):
        assert shown.value(name) == getattr(ledger, name)(at)
    assert shown.value("charged") == sum(charge.tokens for charge in ledger.charges)


@given(pool_facts(), instants)
def test_figures_summaries_and_charges_agree_with_each_other_at_every_instant(facts, at):
    ledger = facts.settled()
    shown = read(ledger, at)
    charged = sum((charge.tokens for charge in ledger.charges if charge.at <= at), Decimal(0))
    assert shown.value("charged") == charged
    assert sum(Decimal(row["Tokens"]) for row, _ in shown.charges()) == charged if "charges" in shown.tables else not charged
    for name in ("by-product", "by-user", "by-month", "by-day"):
        assert sum(map(Decimal, column(shown.tables[name], "Tokens")[:-1])) == charged if name in shown.tables else not charged
    assert [Decimal(left) for left in column(shown.tables.get("packs", [["Left"]]), "Left")] == [
        ledger.balances(at)[one.id] for one in sorted(ledger.packs, key=lambda one: (one.expires_at, one.id))
    ]


@given(pool_facts(), usage)
def test_each_charge_has_the_ledgers_explanation_with_its_instants_on_the_clock_of_the_zone(facts, used):
    ledger = facts.settled().extend(charge_usage(used, RATES))
    end = day(99)
    if not ledger.charges:
        return
    told = list(read(ledger, end, zone=LONDON).charges())
    assert [why["id"] for _, why in told] == [charge.id for charge in ledger.charges]
    for (_, why), own in zip(told, ledger.charges, strict=True):
        explanation = ledger.explain(own)
        assert why["rules"] == list(dict.fromkeys(explanation.rules))
        # On the days of these facts the clocks of London show UTC.
        assert why["lines"] == [re.sub(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):00\+00:00", r"\1 \2", line) for line in explanation.lines]


@given(pool_facts())
def test_what_happens_after_the_instant_changes_nothing_but_the_count_of_later_charges(facts):
    at = day(4)
    known, whole = (page(ledger, at=at) for ledger in (facts.until(at).settled(), facts.settled()))
    assert re.sub(r'<dd class="note">[\d,]+ later (one|ones) not counted</dd>\s*', "", whole) == known


def test_the_order_of_what_is_given_makes_no_difference():
    ledger, catalog = studio()
    used = [session(1, 1.5), session(2, 2.5, product="nobody's"), session(2, 2.5, product="unknown")]
    accounts = explain_usage(used, RATES)
    at = datetime(2026, 4, 3, tzinfo=UTC)
    assert page(ledger, at=at, catalog=catalog, accounts=accounts) == page(
        settle(ledger.charges[::-1], ledger.packs[::-1]), at=at, catalog=catalog, accounts=accounts[::-1]
    )


def test_summaries_are_those_of_summarize_with_the_largest_first_and_their_total_last():
    ledger, catalog = studio()
    at = datetime(2026, 4, 3, tzinfo=UTC)
    rows = read(ledger, at, zone=LONDON, catalog=catalog).tables["by-user"]
    expected = summarize(ledger.charges, "user", zone=LONDON, prices=allocate_prices(ledger, until=at)).largest_first()
    assert rows[0] == ["User", "Tokens", "Share", "Charges", "Days", "Cost (USD)"]
    assert [(row[0], row[1], row[3], row[4], row[5]) for row in rows[1:-1]] == [
        (row.key[0], plain(row.tokens), str(row.charges), str(row.days), str(row.costs["USD"])) for row in expected
    ]
    assert rows[-1][:2] == ["All", grouped(expected.total.tokens)]


def test_shares_are_of_all_tokens_and_none_where_nothing_was_charged_but_zeros():
    assert column(small().tables["by-user"], "Share") == ["58.8 %", "41.2 %", "100.0 %"]
    assert column(read(settle([charge(0, 1)], []), day(2)).tables["by-user"], "Share") == ["0.0 %", "0.0 %"]


def test_products_are_shown_by_the_names_of_the_catalogue():
    shown = small(catalog=Catalog([Product("revit", "Revit")]))
    assert column(shown.tables["by-product"], "Product") == ["Revit", "autocad", "All"]
    assert [row["Product"] for row, _ in shown.charges()] == ["Revit", "autocad"]


def test_teams_have_a_table_and_a_column_only_where_there_are_any():
    assert "by-team" not in small().tables
    shown = read(settle([charge(1, 1, team="lab"), charge(2, 2)], []), day(2))
    assert column(shown.tables["by-team"], "Team") == ["No team", "lab", "All"]
    assert [row["Team"] for row, _ in shown.charges()] == ["lab", ""]


def test_days_months_and_times_are_those_of_the_zone():
    ledger = settle([charge(1, 31.01)], [pack("A", 5, 0, 40)])
    shown = read(ledger, day(33), zone=NEW_YORK)
    assert shown.tables["by-day"][1][0] == "2026-01-31"
    assert shown.tables["by-month"][1][0] == "2026-01"
    assert [row["Date"] for row, _ in shown.charges()] == ["2026-01-31 19:14:24"]
    assert column(shown.tables["packs"], "Starts") == ["2025-12-31 19:00"]


def test_a_reported_charge_keeps_the_vendors_day_and_has_no_time():
    reported = charge_reported([ReportedUse("dan", "revit", date(2026, 3, 9), Decimal(10))])
    ((row, why),) = read(settle(reported, []), day(99), zone=NEW_YORK).charges()
    assert (row["Date"], row["Cause"]) == ("2026-03-09", "Reported by the vendor")
    assert why["lines"][0] == "dan was charged 10 tokens for revit at 2026-03-09"


def test_a_charge_shows_its_cause():
    causes = [charge_usage([session(1, 2.5), session(5, None)], RATES), charge_usage(usage_of_results(), RATES), [charge(1, 8)]]
    shown = read(settle([one for some in causes for one in some], []), day(9))
    assert [row["Cause"] for row, _ in shown.charges()] == [
        "Launched",
        "Result",
        "Still in use after 24 hours",
        "Launched",
        "Not recorded",
    ]


def usage_of_results():
    from flexlib import ResultUse

    return [ResultUse("ada", "solve", day(1.5), 2)]


def test_a_refund_after_the_instant_is_not_in_the_explanation_and_one_before_is():
    ledger = settle([charge(10, 1, "a")], [pack("A", 20, 0, 9)], refunds=[refund("a", 4, 3)])
    ((_, early),), ((_, late),) = (read(ledger, at).charges() for at in (day(2), day(3)))
    assert (len(early["lines"]), "P5" in early["rules"]) == (3, False)
    assert late["lines"][-1] == "4 tokens were returned to pack A at 2026-01-04 00:00"


def test_packs_are_shown_with_their_state_at_the_instant():
    packs = [pack("late", 5, 8, 20), pack("over", 5, 0, 5, team="lab"), pack("empty", 3, 3, 9), pack("open", 5, 5, 10)]
    shown = read(settle([charge(3, 4)], packs), day(5)).tables["packs"]
    assert dict(zip(column(shown, "Pack"), column(shown, "State"), strict=True)) == {
        "over": "Expired",
        "empty": "Used up",
        "open": "Usable",
        "late": "Not started",
    }


def test_what_is_to_be_heeded_is_what_the_vendor_warns_of_shortfalls_and_what_was_set_aside():
    ledger = settle([charge(90, 1), charge(20, 3)], [pack("A", 100, 0, 20)])
    text = page(ledger, at=day(2), zone=LONDON, set_aside=[FormatError("july.csv", "row 2", "user", "it is blank")])
    notices = re.findall(r"<li><strong>(.+?)</strong> <span>(.+?)</span></li>", text)
    assert notices == [
        ("Low balance", "The pool has 10 tokens left of 100 in packs that are usable"),
        ("Expiring soon", "10 tokens of pack A expire at 2026-01-21 00:00"),
        ("Set aside", "1 row or use is in no figure of this page."),
    ]
    later = page(ledger, at=day(3))
    assert "10 tokens of 1 charge found none in the pool" in later
    assert "Nothing at this instant." in page(settle([], []), at=day(2))


def test_rows_and_uses_that_were_set_aside_are_listed_with_their_reasons():
    accounts = explain_usage([session(1, 1.5), session(2, 2.5, product="unknown")], RATES)
    problems = [FormatError("july.csv", "row 2", "user", "it is blank"), FormatError("june.csv", None, None, "it is no table")]
    rows = read(settle([], []), day(3), set_aside=problems, accounts=accounts).tables["set-aside"]
    assert rows[1:3] == [["july.csv: row 2: user", "it is blank"], ["june.csv", "it is no table"]]
    assert rows[3][0] == "ada's unknown, 2026-01-03 00:00"
    assert "no rate for 'unknown'" in rows[3][1]


def test_uses_are_counted_by_what_became_of_them_up_to_the_instant():
    accounts = explain_usage([session(1, 1.5), session(1.6, 1.7), session(4, 4.5)], RATES)
    rows = read(settle([], []), day(3), accounts=accounts).tables["uses"]
    assert rows[1:] == [
        ["It was charged", "1", "2"],
        ["It was free: it lies in a window that was charged before", "1", "0"],
        ["All", "2", "2"],
    ]


def test_money_is_shown_at_the_packs_prices_and_adds_up_to_what_was_paid():
    shown = small(at=day(9))
    assert shown.figures["purchased"][1:] == ["1 pack", "USD 300.00"]
    assert shown.figures["drawn"][1:] == ["USD 51.00"]
    assert shown.figures["balance"][1:] == ["usable now", "USD 249.00"]
    assert column(shown.tables["by-product"], "Cost (USD)") == ["30.00", "21.00", "51.00"]
    assert [row["Cost (USD)"] for row, _ in shown.charges()] == ["30.00", "21.00"]
    assert small(at=day(20)).figures["expired"][1:] == ["USD 249.00"]


def test_a_pack_without_a_price_leaves_money_out():
    shown = small(packs=[priced("A", 5, 0, 20), pack("B", 50, 0, 30)])
    assert shown.figures["purchased"][1:] == ["2 packs"]
    assert not [title for rows in (shown.tables["by-user"], shown.tables["charges"]) for title in rows[0] if "Cost" in title]
    assert column(shown.tables["packs"], "Price (USD)") == ["30.00", ""]


def test_each_currency_has_a_column_and_its_own_decimals():
    shown = small(packs=[priced("A", 10, 0, 5, "100", currency="JPY"), priced("B", 10, 0, 9, "7", currency="EUR")])
    assert [(row["Cost (EUR)"], row["Cost (JPY)"]) for row, _ in shown.charges()] == [("", "100"), ("4.90", "")]
    assert shown.figures["purchased"][2] == "EUR 7.00, JPY 100"


def test_prices_that_are_given_are_used_with_their_shares_of_unused_tokens():
    charges, at = [charge(10, 1, "a")], day(21)
    ledger = settle(charges, [priced("A", 100, 0, 20, "300")])
    shown = read(ledger, at, prices=allocate_prices(ledger, until=at, unused=UnusedRule.BY_TOKENS))
    assert shown.figures["drawn"][1:] == ["USD 30.00", "and USD 270.00 of unused tokens"]
    assert shown.figures["expired"][1:] == []
    assert column(shown.tables["by-user"], "Cost (USD)") == ["300.00", "300.00"]
    assert [row["Cost (USD)"] for row, _ in shown.charges()] == ["300.00"]


def test_prices_of_what_happens_later_are_refused():
    ledger = settle([charge(10, 1), charge(10, 5)], [priced("A", 100, 0, 20, "300")])
    with pytest.raises(InvalidValueError, match=r"prices is '2026-01-06T00:00:00\+00:00': expected costs up to 2026-01-03"):
        page(ledger, at=day(2), prices=allocate_prices(ledger, until=day(6)))


def test_a_naive_instant_is_refused():
    with pytest.raises(NaiveDatetimeError):
        page(settle([], []), at=datetime(2026, 1, 1))


def test_an_empty_ledger_has_a_page():
    shown = read(settle([], []), day(1))
    assert (shown.value("balance"), shown.tables) == (0, {})


@pytest.mark.parametrize("name", NASTY)
def test_names_are_text_wherever_they_stand(name):
    ledger = settle([Charge(name, name, day(1), 10, team=name)], [TokenPack(name, 20, day(0), day(30), team=name)])
    used = [session(1, 1.5, user=name, product=name)]
    shown = read(
        ledger,
        day(2),
        title=name,
        catalog=Catalog([Product(f"{name} code", f"{name} name"), Product(name, f"{name}!")]),
        accounts=explain_usage(used, RATES),
        set_aside=[FormatError(name, name, name, name)],
        charts=[PageChart(name, name, SVG, SVG)],
    )
    plainly = small(charts=[PageChart("x", "x", SVG, SVG)], title="x")
    assert [tag for tag, _ in shown.elements if tag in {"script", "img"}] == [
        tag for tag, _ in plainly.elements if tag in {"script", "img"}
    ]
    assert not [names for _, names in shown.elements if any(key.startswith("on") for key in names)]
    assert shown.tables["by-user"][1][0] == name
    assert shown.tables["by-product"][1][0] == f"{name}!"
    assert shown.tables["set-aside"][1] == [f"{name}: {name}: {name}", name]
    ((row, why),) = shown.charges()
    assert (row["User"], row["Team"]) == (name, name)
    assert why["lines"][0] == f"{name} was charged 10 tokens for {name} at 2026-01-02 00:00"


def test_a_name_that_looks_like_an_instant_stays_as_it_is():
    name = "2026-99-99T08:00:00+00:00"
    ((_, why),) = read(settle([charge(1, 1, user=name)], []), day(2)).charges()
    assert why["lines"][0] == f"{name} was charged 1 token for revit at 2026-01-02 00:00"


def test_the_page_loads_nothing_and_its_policy_lets_only_its_own_style_and_script_through():
    shown = small(charts=[PageChart("Balance", "It falls.", SVG, SVG)])
    links = [
        value for _, given in shown.elements for key, value in given.items() if key in {"href", "src", "srcset", "action", "data"}
    ]
    assert {re.match("#|data:", link) is not None for link in links} == {True}
    policy = next(given["content"] for tag, given in shown.elements if tag == "meta" and given.get("http-equiv"))
    hashes = {
        tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for tag, given, text in shown.raw
        if "type" not in given
    }
    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src 'sha256-{hashes['style']}'",
        f"script-src 'sha256-{hashes['script']}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert not [given for _, given in shown.elements if "style" in given]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", "".join(text for _, _, text in shown.raw)
    )


def test_ids_are_each_given_once_and_links_and_labels_lead_to_one():
    ledger, catalog = studio()
    accounts = explain_usage([session(1, 1.5, product="unknown")], RATES)
    charts = [PageChart("Balance", "It falls.", SVG, SVG)] * 2
    shown = read(ledger, datetime(2026, 4, 3, tzinfo=UTC), catalog=catalog, charts=charts, accounts=accounts)
    assert len(shown.ids) == len(set(shown.ids))
    targets = {value for _, given in shown.elements for key, value in given.items() if key == "aria-labelledby"}
    targets |= {given["href"][1:] for tag, given in shown.elements if tag == "a"}
    assert targets <= set(shown.ids)


@pytest.mark.parametrize("ledger", [studio()[0], motley()])
def test_every_rule_that_an_explanation_cites_is_told_below(ledger):
    shown = read(ledger, datetime(2026, 12, 31, tzinfo=UTC))
    cited = {rule for _, why in shown.charges() for rule in why["rules"]}
    assert {"T3", "P2"} <= cited
    assert {f"rule-{rule}" for rule in cited} <= set(shown.ids)


@pytest.mark.parametrize("rule", RULES)
def test_the_rules_have_the_headings_of_the_documentation(rule):
    assert f"\n### {rule}: {RULES[rule][0]}\n" in (DOCS / "explanation" / "rules.md").read_text("utf-8")


def test_a_chart_is_an_image_for_light_and_one_for_dark_each_with_its_description():
    dark = SVG.replace("path", "circle")
    shown = small(charts=[PageChart("Balance", "It falls.", SVG, dark)])
    images = [given for tag, given in shown.elements if tag == "img"]
    assert [(image["class"], image["alt"]) for image in images] == [("light", "It falls."), ("dark", "It falls.")]
    assert [base64.b64decode(image["src"].partition(",")[2]).decode() for image in images] == [SVG, dark]


@pytest.mark.parametrize("text", ["", "a picture", "<svg></svg>"])
def test_a_chart_that_no_browser_could_show_is_refused(text):
    for field, svgs in (("svg_light", (text, SVG)), ("svg_dark", (SVG, text))):
        with pytest.raises(InvalidValueError, match=field):
            PageChart("Balance", "It falls.", *svgs)


def test_a_chart_needs_a_title_and_a_description():
    for title, description in ((" ", "It falls."), ("Balance", "")):
        with pytest.raises(InvalidValueError):
            PageChart(title, description, SVG, SVG)


def test_the_module_needs_no_optional_package_and_the_page_names_the_extra_that_it_needs():
    probe = """
import sys
sys.modules["jinja2"] = None
from datetime import UTC, datetime
from flexlib import settle
from flexlib.errors import MissingExtraError
from flexlib.reports.page import page
try:
    page(settle([], []), at=datetime(2026, 1, 1, tzinfo=UTC))
except MissingExtraError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout == "this needs the package 'jinja2': pip install \"flexlib[page]\"\n"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("0", "0"), ("-0.50", "-0.5"), ("1234567.250", "1,234,567.25"), ("1E+4", "10,000"), ("-1234", "-1,234"), ("999", "999")],
)
def test_amounts_have_their_thousands_set_off(amount, text):
    assert grouped(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("5", "USD", "5.00"), ("1234.5", "JPY", "1,234.5"), ("7", "JPY", "7"), ("7", "KWD", "7.000"), ("-0.125", "USD", "-0.125")],
)
def test_money_has_at_least_the_decimals_of_its_currency(amount, currency, text):
    assert money(Decimal(amount), currency) == text


def test_a_time_that_clocks_show_twice_has_its_offset():
    clock = Clock(LONDON)
    shown = [clock.show(datetime(2026, 10, 25, 0, 30, tzinfo=UTC) + timedelta(hours=hour)) for hour in range(3)]
    assert shown == ["2026-10-25 01:30+01:00", "2026-10-25 01:30+00:00", "2026-10-25 02:30"]
    assert clock.show(DAY_ZERO + timedelta(seconds=1)) == "2026-01-01 00:00:01"


def luminance(color):
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_texts_and_controls_stand_out_from_every_ground_as_wcag_aa_asks(scheme):
    style = next(text for tag, _, text in small().raw if tag == "style")
    own = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)][
        :2
    ]
    color = own[scheme]
    assert set(own[0]) == set(own[1])
    for ground in ("ground", "panel", "tint"):
        assert all(contrast(color[ground], color[text]) >= 4.5 for text in ("text", "muted", "accent", "bad"))
    assert contrast(color["warn-ground"], color["warn-text"]) >= 4.5
    assert contrast(color["panel"], color["control"]) >= 3
    assert contrast(color["line"], color["bar"]) >= 1.5
