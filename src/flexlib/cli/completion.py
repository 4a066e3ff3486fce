"""``flexlib completion``: the script by which a shell completes the command."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from flexlib.errors import FlexError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, /, *, shell: str) -> None:
    """Print the script that lets a shell complete commands, options and files with the Tab key.

    \b
    Put it where the shell reads it when it starts:
      bash   flexlib completion bash > ~/.flexlib-complete.bash
             echo 'source ~/.flexlib-complete.bash' >> ~/.bashrc
      zsh    flexlib completion zsh > ~/.flexlib-complete.zsh
             echo 'source ~/.flexlib-complete.zsh' >> ~/.zshrc   (after compinit)
      fish   flexlib completion fish > ~/.config/fish/completions/flexlib.fish

    Bash has to be 4.4 or newer.
    """  # noqa: D301  # click takes the character for: do not fill these lines
    made = get_completion_class(shell)
    if made is None:
        raise FlexError(f"this version of click completes nothing in {shell}")
    name = "flexlib"
    click.echo(made(ctx.find_root().command, {}, name, f"_{name.upper()}_COMPLETE").source())
