"""``wideberth drill``: drill messages, the read-back test, and faults in an exercise."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cli._host import (
    NO,
    FolderOption,
    asked,
    complain,
    complaints,
    duration_s,
    on_node,
    say_exercise,
)
from wideberth.model.ids import UnitToken, require_party_id, require_token

if TYPE_CHECKING:
    from wideberth.client import Client
    from wideberth.node import Node

__all__ = ["command"]

command = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Send and list drill messages, take the read-back test, try faults in an exercise.",
)

_FOLDER = Path("wideberth-data")
_SENTENCE = "A drill message is no notice; nothing follows from it but its answer."
_ASKED = (
    ("identification", "Number"),
    ("place", "Place"),
    ("begins", "Begins"),
    ("ends", "Ends"),
    ("lowest_m", "Lowest height"),
    ("highest_m", "Highest height"),
    ("permission", "1 (yes/no)"),
    ("clear", "2 (yes/no)"),
)
UrlOption = Annotated[str, typer.Option(metavar="URL", help="Where the node listens.")]


@command.command()
def send(
    to: Annotated[list[str], typer.Argument(metavar="PARTY...", help="Who is sent one each.")],
    folder: FolderOption = _FOLDER,
    within: Annotated[
        str, typer.Option(metavar="TIME", help="How long answers are waited for, up to 12h.")
    ] = "15m",
    unit: Annotated[
        list[str] | None,
        typer.Option(metavar="UNIT", help="That is to have it LOADED; left out: all units."),
    ] = None,
) -> None:
    """Send a drill message to each party, over the ways by which notices go to it.

    It measures the way down to the unit and back, hop by hop. What is not answered is missed.
    """
    with complaints():
        within_s = duration_s(within, option="--within")
        parties = [require_party_id(each, field="PARTY") for each in to]
        wanted = tuple(UnitToken(require_token(each, field="--unit")) for each in unit or ())

    async def act(node: Node) -> None:
        from wideberth.model.commands import SendDrill
        from wideberth.model.drills import DrillSent

        for party in parties:
            done = await asked(node, SendDrill(party, within_s, wanted))
            body = done.entries[0].body
            assert isinstance(body, DrillSent)
            units = " ".join(body.units) or "-"
            print(f"drill    {body.drill} to {party}, units {units}, entry {done.position}")
        print(_SENTENCE)

    on_node(folder, act, must_exist=True)


@command.command("list")
def list_drills(
    folder: FolderOption = _FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the drills of the last months, the newest first, with the seconds to each hop."""

    async def act(node: Node) -> None:
        import msgspec

        from wideberth.faces.api.drills import drill_out

        picture = node.service.picture
        drills = [picture.drills[each] for each in picture.drills]
        drills.sort(key=lambda each: (each.sent_us, each.sent.drill), reverse=True)
        for drill in drills:
            told = drill_out(drill, None)
            if as_json:
                print(msgspec.json.encode(told).decode())
                continue
            by = told.sender or (f"{told.agreement}/{told.provision}" if told.agreement else "host")
            print(f"{told.sent}  {told.state:8}  {told.recipient}  by {by}  {told.id}")
            for hop in told.hops:
                unit, way = f" {hop.unit}" if hop.unit else "", f" ({hop.by})" if hop.by else ""
                late = "  late" if hop.late else ""
                print(f"    {hop.after_s:10.1f} s  {hop.hop}{unit}{way}{late}")
            for missing in told.missing:
                print(f"    {'missed' if told.missed else 'waits':>12}  {missing}")
        if not as_json:
            print(_SENTENCE)

    on_node(folder, act, must_exist=True)


@command.command("test")
def take_test(
    key: Annotated[Path, typer.Option(metavar="FILE", help="The party's key that is tested.")],
    url: UrlOption = "http://127.0.0.1:8470",
    token: Annotated[
        str | None, typer.Option(metavar="TOKEN", envvar="WIDEBERTH_TOKEN", help="Of the party.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answer with this JSON list, and ask nothing."),
    ] = None,
) -> None:
    """Take the read-back test with a key: read a message in each language, and type what it says.

    Exit code 0: passed. 1: not passed, and what was wrong is named; another test may be begun. A
    STOP never waits for it.
    """
    from wideberth.client import Client, PartyKey

    with complaints():
        if token is None:
            raise InvalidValue("--token", "missing", None, "give it, or set WIDEBERTH_TOKEN")
        own, given = PartyKey.load(key), None if answers is None else _answers(answers)

        async def run() -> Any:
            async with Client(url, token, key=own) as client:
                return await _take(client, given)

        judged = asyncio.run(run())
    if judged["passed"]:
        until = judged["valid_until"] or "nobody asks for it"
        print(
            f"passed   {judged['test']} in {', '.join(judged['languages'])}; holds until: {until}"
        )
        return
    print(f"not passed; wrong: {', '.join(judged['wrong'])}")
    raise typer.Exit(NO)


async def _take(client: Client, given: list[dict[str, Any]] | None) -> Any:
    test = await client.signed("POST", "/read-back-tests", "BeginReadBackTest", {})
    if client.is_exercise:
        say_exercise(client.url, exercise=True)
    if test["untested"]:
        complain(f"note: no items in {', '.join(test['untested'])}")
    body = {"answers": _typed(test["items"]) if given is None else given}
    return await client.signed("POST", "/read-back-tests/answers", "AnswerReadBackTest", body)


def _typed(items: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What whoever sits here reads in each item."""
    typed: list[dict[str, Any]] = []
    for item in items:
        print(item["text"])
        said = {name: typer.prompt(f"[{item['language']}] {label}") for name, label in _ASKED}
        typed.append({"language": item["language"], **said})
        print()
    return typed


def _answers(path: Path) -> list[dict[str, Any]]:
    """A list of answers. Raises InvalidValue."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidValue("--answers", "unreadable", str(path), system_reason(error)) from None
    except ValueError as error:
        raise InvalidValue("--answers", "json", str(path), str(error)) from None
    if not isinstance(found, list):
        raise InvalidValue("--answers", "list", str(path), "give a list, an answer a language")
    return found  # pyright: ignore[reportUnknownVariableType]  # the node reads it strictly


@command.command()
def fault(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one; `all`: each of them.")],
    folder: FolderOption = _FOLDER,
    url: UrlOption = "http://127.0.0.1:8470",
) -> None:
    """Send something faulty to a running exercise, and say what it did. Never in a real space.

    The names: lost-link, wrong-datum, swapped-coordinates, wrong-clock, duplicate, stale-version,
    silent-party, forged-key, forged-stop. Exit code 0: it reacted as it should. 1: it did not.
    """
    from wideberth.faces.cli._faults import FAULTS

    with complaints():
        if name != "all" and name not in FAULTS:
            known = ", ".join(("all", *FAULTS))
            raise InvalidValue("NAME", "no-such-fault", name, f"give one of {known}")
    names = tuple(FAULTS) if name == "all" else (name,)

    async def act(node: Node) -> bool:
        import httpx

        from wideberth.faces.cli._faults import hands_for

        right = True
        async with httpx.AsyncClient(base_url=url.rstrip("/"), timeout=30) as http:
            hands = await hands_for(node, http)
            for each in names:
                began_s = time.perf_counter()
                reaction = await FAULTS[each](hands)
                took_s = time.perf_counter() - began_s
                right = right and reaction.is_right
                print(f"{'ok  ' if reaction.is_right else 'FAIL'}  {each:20} {took_s:6.2f} s")
                print(f"      wanted  {reaction.wanted}")
                print(f"      did     {reaction.did}", flush=True)
        return right

    if not on_node(folder, act, must_exist=True):
        raise typer.Exit(NO)
