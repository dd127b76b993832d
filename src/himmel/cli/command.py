"""The command `himmel`, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

import click

from himmel import __version__
from himmel.cli.groups import fill_groups
from himmel.records import HimmelError

BAD_INPUT, CANCELLED = 2, 130


class OneLine(click.Group):
    """A group whose errors are one line on standard error, `himmel: error: GIVEN; ALLOWED; REMEDY`, exit code
    2.
    """

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        try:
            # click's overloads want to know standalone_mode from literals alone, without further arguments.
            result = super().main(  # pyright: ignore[reportCallIssue]
                args, prog_name or "himmel", complete_var, False, windows_expand_args, **extra
            )
            sys.exit(result if isinstance(result, int) else 0)
        except HimmelError as error:
            self._refuse(str(error))
        except click.ClickException as error:
            remedy = ""
            if isinstance(error, click.UsageError) and error.ctx is not None:
                remedy = f"; try: {error.ctx.command_path} --help"
            self._refuse(error.format_message().rstrip(".") + remedy)
        except (click.Abort, KeyboardInterrupt) as error:
            click.echo(f"himmel: {error}" if str(error) else "himmel: cancelled, nothing was written", err=True)
            sys.exit(CANCELLED)
        except BrokenPipeError:
            # The reader has gone (himmel models | head): nothing can be said to it any more.
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115
            sys.exit(1)

    def _refuse(self, text: str) -> NoReturn:
        if os.environ.get("HIMMEL_DEBUG") == "1":
            raise
        click.echo(f"himmel: error: {' '.join(text.split())}", err=True)
        sys.exit(BAD_INPUT)


@click.group(cls=OneLine, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="himmel")
def himmel() -> None:
    """Video from words, on your own machine.

    \b
    Begin with
      himmel generate "a red ball rolls to the left on grass" -o ball.mp4
      himmel generate "a rough sea at sunset" -o sea.mp4 --size 256x144 --seconds 4 --seed 3
      himmel extend ball.mp4 "the red ball rolls on" -o longer.mp4
      himmel replay ball.mp4.json -o again.mp4
      himmel verify ball.mp4
      himmel doctor

    Each verb explains itself: himmel generate --help. Errors are one line and exit code 2; HIMMEL_DEBUG=1
    shows where one came from. Ctrl-C cancels, and nothing half-written stays. Nothing goes online, unless
    HIMMEL_EXPAND_URL and HIMMEL_EXPAND_MODEL name a server that fills up prompts, or --by or --captions one
    that describes clips.
    """


fill_groups(himmel)


def main() -> NoReturn:
    """The entry of the installed program."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    # A polite kill is a Ctrl-C: temporary files are removed.
    signal.signal(signal.SIGTERM, stop)
    himmel.main()
