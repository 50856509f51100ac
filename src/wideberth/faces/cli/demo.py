"""``wideberth demo``: a real wildfire day, or the incident behind this project, on a map."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from wideberth.faces.cli._host import BAD_INPUT, complain, complaints

__all__ = ["command"]

_HOW_TO_GET_IT = "pip install --no-deps traffic==2.13"


class Scenario(StrEnum):
    """What is played."""

    WILDFIRE = "wildfire"
    BORDER = "border"


_SPEEDS = {Scenario.WILDFIRE: 80.0, Scenario.BORDER: 60.0}


def command(  # noqa: PLR0913 - each of them is an option
    scenario: Annotated[
        Scenario, typer.Option(help="A wildfire day, or a flight along a line and what came of it.")
    ] = Scenario.WILDFIRE,
    speed: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=200,
            metavar="X",
            help="How many times as fast as real time. [default: 80, of the border 60]",
        ),
    ] = None,
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

    With --scenario border: five hours along an invented line, as three parties see them.
    Everything runs in an exercise, on this machine only, and Ctrl-C leaves nothing behind.
    """
    from wideberth.faces.cli._demo import border, run
    from wideberth.faces.cli._demo.flights import read_day
    from wideberth.faces.cli._demo.served import Options

    if folder is not None and folder.exists() and any(folder.iterdir()):
        complain(f"wideberth: --folder: {folder} is not empty; the demo makes a new record")
        raise typer.Exit(BAD_INPUT)
    pace = _SPEEDS[scenario] if speed is None else speed
    options = Options(pace, folder, port, browser, seconds, wait, console_file)
    if scenario is Scenario.BORDER:
        with complaints():
            border.run(options)
        return
    flights = read_day()
    if flights is None:
        complain(
            "wideberth: the sample flights are not installed. They come with the package traffic,"
            f" without its dependencies:\n\n    {_HOW_TO_GET_IT}\n"
        )
        raise typer.Exit(BAD_INPUT)
    with complaints():
        run.run(flights, options)
