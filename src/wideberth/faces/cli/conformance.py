"""``wideberth conformance``: how a party's own flights kept to their intents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wideberth.faces.cli._asking import NodeOption, asking
from wideberth.faces.cli._material import TokenOption

if TYPE_CHECKING:
    from wideberth.client import Client

__all__ = ["command", "words"]

_BEYOND = {
    "inside": "less of the time inside than {percent_inside:g}%",
    "longest": "an excursion of more than {longest_excursion_s:g} s",
    "per-hour": "more than {excursions_per_hour:g} excursions a flight hour",
}


def command(
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="Flights that ended from then on."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="And before this time.")
    ] = None,
    url: NodeOption = None,
    token: TokenOption = None,
) -> None:
    """Say how the party's own flights kept to their intents, against the limits of ASTM F3548-21.

    Without times: of the node's period, seven days unless set, until now. Of tracks that the
    party's own feeds bring. Then when the node last analysed them, and by when it does so again.
    """

    async def act(client: Client) -> Any:
        return await client.get("/conformance", **{"from": begin, "to": end})

    for line in words(asking(url, token, act)):
        print(line)


def words(said: dict[str, Any]) -> list[str]:
    """What the node said, line by line."""
    limits = said["limits"]
    limits = {**limits, "percent_inside": round(100 * limits["share_inside"], 6)}
    lines = [f"{said['from']} to {said['to']}"]
    if not said["flights"]:
        lines.append("no flight was counted: nothing is known of how any kept to its intent")
        return lines + _analysed(said)
    share, hourly = said["share_inside"], said["excursions_per_hour"]
    lines += [
        f"flights            {said['flights']}, {said['flight_hours']:.2f} hours",
        "inside             "
        + ("not known" if share is None else f"{share:.2%}")
        + f" (at least {limits['percent_inside']:g}%)",
        f"longest excursion  {said['longest_excursion_s']:g} s"
        f" (at most {limits['longest_excursion_s']:g} s)",
        f"excursions         {said['excursions']}, a flight hour "
        + ("not known" if hourly is None else f"{hourly:.1f}")
        + f" (at most {limits['excursions_per_hour']:g})",
        f"not known          {said['unknown_s']:g} s, which counts as neither",
        f"Nonconforming      {said['nonconforming']} times",
        f"Contingent         {said['contingent']} times",
    ]
    lines += [f"beyond the limits: {_BEYOND[each].format(**limits)}" for each in said["beyond"]]
    if not said["enough"]:
        lines.append(f"less than {limits['flight_hours']:g} known hours say little yet")
    return lines + _analysed(said)


def _analysed(said: dict[str, Any]) -> list[str]:
    """What the node analysed of its own accord, and by when it does so again."""
    last, by = said["analysis"], said["next_analysis"]
    lines = [] if by is None else [f"analysed next by   {by}"]
    if last is None:
        return lines
    late = f", LATE: it was due by {last['due']}" if last["late"] else ""
    limits = "beyond the limits" if last["beyond"] else "within the limits"
    told = "" if last["notice"] is None else f", told by notice {last['notice']}"
    return [f"analysed           {last['analysed']}: {limits}{told}{late}", *lines]
