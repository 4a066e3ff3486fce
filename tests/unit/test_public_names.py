"""Every public name and every hook is used by a test."""

import re
from pathlib import Path

import pytest

import flexlib
import flexlib.testing
from flexlib.providers.hookspecs import FlexlibHooks

TESTS = Path(__file__).parents[1]
WORDS = {
    word for path in TESTS.rglob("*.py") if path.name != Path(__file__).name for word in re.findall(r"\w+", path.read_text("utf-8"))
}
HOOKS = [name for name in vars(FlexlibHooks) if name.startswith("flexlib_")]


@pytest.mark.parametrize("name", [*flexlib.__all__, *flexlib.testing.__all__, *HOOKS])
def test_every_public_name_and_hook_is_used_by_a_test(name):
    assert name in WORDS
