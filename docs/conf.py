"""How Sphinx builds these pages: ``sphinx-build -n -W -b html docs docs/_build/html``."""

import enum
import re
import sys
from importlib.metadata import version as distribution_version
from pathlib import Path

import attrs
from sphinx.domains.python import PyObject

sys.path.insert(0, str(Path(__file__).parent))
from pictures import draw_pictures  # it stands beside this file

project = "flexlib"
author = "the flexlib authors"
copyright = "the flexlib authors"
version = release = distribution_version("flexlib")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = f"flexlib {release}"
html_copy_source = False
html_show_sourcelink = False

# A single backtick in a docstring is a reference to a Python name; code that is none stands in double backticks.
default_role = "py:obj"
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "signature"
autodoc_type_aliases = {"JsonValue": "JsonValue"}

# The attributes of a value are its constructor's arguments: one list under the signature says what each means.
napoleon_use_ivar = True
napoleon_numpy_docstring = False

myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# Types of other projects that stand in signatures; these pages are built without a network, so they have nowhere to link to.
nitpick_ignore = [
    *(
        ("py:class", f"collections.abc.{name}")
        for name in ("Callable", "Collection", "Iterable", "Iterator", "Mapping", "Sequence")
    ),
    *(("py:class", f"datetime.{name}") for name in ("date", "datetime", "time", "timedelta", "tzinfo")),
    ("py:class", "decimal.Decimal"),
    ("py:class", "os.PathLike"),
    ("py:class", "pathlib.Path"),
    *(
        ("py:class", name) for name in ("Decimal", "Path", "date", "datetime", "tzinfo")
    ),  # the same, in annotations that are kept as text
    ("py:class", "pluggy.HookimplMarker"),
    ("py:class", "hypothesis.strategies.SearchStrategy"),
    ("py:class", "JsonValue"),  # whatever json.dumps takes, floats apart: the name says it
    *(
        ("py:class", name) for name in ("F", "flexlib.model.directory.U", "flexlib.scale.frames.F", "flexlib.scale.state.F")
    ),  # type variables
    *(("py:class", f"flexlib.scale.{name}") for name in ("appending.Book", "settling.F", "sweep.Readings")),  # what is not public
    ("py:class", "fractions.Fraction"),
    *(("py:class", name) for name in ("NDArray", "np.float64", "np.int64")),  # of NumPy, which is an extra
    *(("py:class", name) for name in ("Figure", "matplotlib.figure.Figure")),  # of Matplotlib, likewise
    ("py:class", "pa.Table"),
    ("py:class", "pyarrow.lib.Table"),
    ("py:class", "DataFrame"),  # of PySpark, which is an extra
    ("py:class", "RegionGroups"),  # sets of country codes by name
]


# Values that functions return, protocols and enumerations: how their classes are called is of no use to a reader.
NOT_CALLED = {
    "flexlib.AlertRule",
    "flexlib.formats.MergedExports",
    "flexlib.Ledger",
    "flexlib.PluginRegistry",
    "flexlib.RateProvider",
}


def readable_signature(_app, _what, name, value, _options, signature, returns):  # noqa: ANN001, ANN201
    """Show the defaults of attrs classes, which write `attr_dict['name'].default` in their constructors."""
    if signature is None:
        return None
    if name in NOT_CALLED or (isinstance(value, type) and issubclass(value, enum.Enum)):
        return "", None

    def default(found: re.Match[str]) -> str:
        own = attrs.fields_dict(value)[found[1]].default
        return str(own) if isinstance(own, enum.Enum) else repr(own)

    signature = re.sub(r"attr_dict\['(\w+)'\]\.default", default, signature)
    return signature.replace("TypeAliasForwardRef('JsonValue')", "JsonValue"), returns


def setup(app):  # noqa: ANN001, ANN201
    """Connect what is above to Sphinx."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # the reader's word, and the docstrings'
    app.connect("autodoc-process-signature", readable_signature)
    app.connect("builder-inited", lambda app: draw_pictures(Path(app.srcdir) / "_pictures"))
