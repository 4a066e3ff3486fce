"""Products and the catalogue that finds them."""

import pickle

import pytest

from flexlib import Catalog, ChargeBasis, InvalidValueError, Product, UnknownProductError

AUTOCAD = Product("autocad", "AutoCAD", aliases=["ACD", "AutoCAD - including specialized toolsets"])
REVIT = Product("revit", "Revit", aliases="RVT")
CFD = Product("cfd-simple", "CFD solve, simple", basis=ChargeBasis.PER_RESULT, idle_aware=False)
CATALOG = Catalog([AUTOCAD, REVIT, CFD])


@pytest.mark.parametrize(
    "text", ["autocad", "AutoCAD", "AUTOCAD", "acd", "  AutoCAD ", "autocad - Including  specialized\ttoolsets"]
)
def test_a_product_is_found_by_code_name_and_alias_in_any_case_and_spacing(text):
    assert CATALOG.resolve(text) is AUTOCAD


@pytest.mark.parametrize("text", ["AutoCAD 2024", "autocad 1999", "ACD  2030 "])
def test_c2_a_version_year_behind_the_name_makes_no_difference(text):
    assert CATALOG.resolve(text) is AUTOCAD


@pytest.mark.parametrize("text", ["AutoCAD2024", "AutoCAD 24", "AutoCAD 2124", "2024 AutoCAD", "AutoCAD 2024 LT", ""])
def test_what_only_looks_like_a_version_is_not_taken_for_one(text):
    with pytest.raises(UnknownProductError):
        CATALOG.resolve(text)


def test_a_name_that_ends_in_a_year_of_its_own_goes_before_the_name_without():
    old = Product("autocad-2010", "AutoCAD 2010")
    assert Catalog([AUTOCAD, old]).resolve("autocad 2010") is old


def test_an_unknown_product_is_named_with_the_nearest():
    with pytest.raises(UnknownProductError, match="no product is known as 'Revitt'; did you mean revit") as caught:
        CATALOG.resolve("Revitt")
    assert (caught.value.product, caught.value.nearest) == ("Revitt", ("revit",))


def test_an_unknown_product_is_named_with_the_three_nearest_at_most_the_very_nearest_first():
    catalog = Catalog([Product(code, code) for code in ("plant-3", "plant-3d", "plant-3d-x", "plant-3d-xy")])
    with pytest.raises(UnknownProductError) as caught:
        catalog.resolve("plant-3d-x1")
    assert caught.value.nearest == ("plant-3d-x", "plant-3d-xy", "plant-3d")


def test_an_unknown_product_with_nothing_near_is_named_alone():
    with pytest.raises(UnknownProductError) as caught:
        CATALOG.resolve("zzz")
    assert str(caught.value) == "no product is known as 'zzz'"


@pytest.mark.parametrize(
    "other", [Product("AUTOCAD", "Other"), Product("other", "autocad"), Product("other", "Other", aliases=["Acd"])], ids=str
)
def test_two_products_that_share_a_code_name_or_alias_are_refused_and_named(other):
    with pytest.raises(InvalidValueError, match=f"autocad and {other.code} share it"):
        Catalog([AUTOCAD, other])


def test_the_same_product_twice_is_one_and_may_share_its_own_names():
    catalog = Catalog([REVIT, REVIT, Product("maya", "Maya", aliases=["MAYA"])])
    assert catalog.resolve("rvt") is REVIT


def test_a_catalogue_is_walked_in_the_order_given_and_survives_pickling():
    assert list(CATALOG) == [AUTOCAD, REVIT, CFD]
    again = pickle.loads(pickle.dumps(CATALOG))
    assert again == CATALOG
    assert hash(again) == hash(CATALOG)
    assert again.resolve("ACD 2026") == AUTOCAD


def test_a_catalogue_shows_its_products_and_nothing_else():
    assert repr(Catalog([REVIT])) == f"Catalog(products=({REVIT!r},))"


def test_a_product_is_charged_a_day_and_idle_aware_unless_said_otherwise():
    assert (REVIT.basis, REVIT.idle_aware, REVIT.aliases) == (ChargeBasis.PER_DAY, True, ("RVT",))
    assert (CFD.basis, CFD.idle_aware, CFD.aliases) == (ChargeBasis.PER_RESULT, False, ())
