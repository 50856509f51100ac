"""``wideberth demo``: a real wildfire day, replayed through a real server, on a map."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wideberth.faces.cli._host import BAD_INPUT, complain, complaints

__all__ = ["command"]

_HOW_TO_GET_IT = "pip install --no-deps traffic==2.13"


def command(
    speed: Annotated[
        float,
        typer.Option(min=1, max=200, metavar="X", help="How many times as fast as real time."),
    ] = 80.0,
    folder: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep the node's folder here. [default: a temporary]"),
    ] = None,
    port: Annotated[
        int,
        typer.Option(min=0, max=65_535, help="The port; a free one where it is taken."),
    ] = 8470,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the console in a browser.")
    ] = True,
    seconds: Annotated[
        float | None,
        typer.Option(min=1, metavar="N", help="Stop the replay after N seconds of yours."),
    ] = None,
    wait: Annotated[
        bool,
        typer.Option("--wait/--no-wait", help="Go on serving the console at the end, to Ctrl-C."),
    ] = True,
    console_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write each party's console address, a token in it, here."
        ),
    ] = None,
) -> None:
    """Replay 9 September 2020 over a Californian wildfire: real flights, a real server, a map.

    Everything runs in an exercise, on this machine only, and Ctrl-C leaves nothing behind.
    """
    from wideberth.faces.cli._demo.flights import read_day
    from wideberth.faces.cli._demo.run import Options, run

    if folder is not None and folder.exists() and any(folder.iterdir()):
        complain(f"wideberth: --folder: {folder} is not empty; the demo makes a new record")
        raise typer.Exit(BAD_INPUT)
    flights = read_day()
    if flights is None:
        complain(
            "wideberth: the sample flights are not installed. They come with the package traffic,"
            f" without its dependencies:\n\n    {_HOW_TO_GET_IT}\n"
        )
        raise typer.Exit(BAD_INPUT)
    with complaints():
        run(flights, Options(speed, folder, port, browser, seconds, wait, console_file))
