"""Writes the snapshots of the interface anew, and its next revision: `python tests/compat/snapshot.py`, with every extra installed."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from interface import MODULES, described
from json_shapes import commands_with_json, invocations, shape_of
from snapshots import CHANGELOG, REVISIONS, digest, revise, revisions, revisions_told, write_api, write_schemas

HEAD = """# The revisions of the interface: the number, and the digest of public_api.txt and json_schemas.json.
# Written by snapshot.py. CHANGELOG.md has "Interface revision N" beside the words on each.
"""


def main() -> None:
    """Write the snapshots, and say which revision the changelog has to name."""
    modules = {module: described(module) for module in MODULES}
    with TemporaryDirectory() as folder:
        arguments = invocations(Path(folder))
        shapes = {command: shape_of(command, arguments[command]) for command in commands_with_json()}
    write_api(modules)
    write_schemas(shapes)
    told = revisions_told(CHANGELOG.read_text("utf-8"))
    after = revise(revisions(), digest(), told)
    REVISIONS.write_text(HEAD + "".join(f"{number} {text}\n" for number, text in after.items()), "utf-8")
    last = max(after)
    if last in told:
        sys.stdout.write("Nothing left to do.\n")
    else:
        sys.stdout.write(f'Say in CHANGELOG.md what changes, with the words "Interface revision {last}".\n')


if __name__ == "__main__":
    main()
