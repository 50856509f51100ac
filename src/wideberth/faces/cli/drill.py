"""``wideberth drill``: drill messages, the read-back test, and faults in an exercise."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cli._asking import NodeOption
from wideberth.faces.cli._client import all_of, sign_once, with_client
from wideberth.faces.cli._host import (
    NO,
    FolderOption,
    asked,
    complain,
    complaints,
    duration_s,
    on_node,
    printable,
    say_exercise,
)
from wideberth.faces.cli._incident_words import to_the_second
from wideberth.faces.cli._material import TokenOption
from wideberth.faces.cli._read_back import mistakes, typed
from wideberth.model.ids import UnitToken, require_party_id, require_token

if TYPE_CHECKING:
    from wideberth.client import Client
    from wideberth.faces.api.told.drills import DrillOut
    from wideberth.node import Node

__all__ = ["command"]

command = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Send and list drill messages, take the read-back test, try faults in an exercise.",
)

_FOLDER = Path("wideberth-data")
_URL = "http://127.0.0.1:8470"
_SENTENCE = "A drill message is no notice; nothing follows from it but its answer."


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
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Those of your party, of the node there.")
    ] = None,
    token: TokenOption = None,
) -> None:
    """List the drills of the last months, the newest first, with the seconds to each hop.

    A party lists its own with --url and its token: what waits for it, and the word to read back.
    """
    if url is not None:
        _list_own(url, token, as_json=as_json)
        return

    async def act(node: Node) -> None:
        import msgspec

        from wideberth.faces.api.drills import drill_out

        picture = node.service.picture
        drills = [picture.drills[each] for each in picture.drills]
        drills.sort(key=lambda each: (each.sent_us, each.sent.drill), reverse=True)
        for drill in drills:
            told = drill_out(drill, None)
            print(msgspec.json.encode(told).decode() if as_json else "\n".join(_lines(told)))
        if not as_json:
            print(_SENTENCE)

    on_node(folder, act, must_exist=True)


def _list_own(url: str, token: str | None, *, as_json: bool) -> None:
    import msgspec

    from wideberth.faces.api.told.drills import DrillOut

    async def act(client: Client) -> list[Any]:
        return await all_of(client, "drills")

    for each in with_client(url, token, None, act):
        told = msgspec.convert(each, DrillOut)
        print(msgspec.json.encode(told).decode() if as_json else "\n".join(_lines(told)))
    if not as_json:
        print(_SENTENCE)


def _lines(told: DrillOut) -> Iterator[str]:
    by = told.sender or (f"{told.agreement}/{told.provision}" if told.agreement else "host")
    yield f"{told.sent}  {told.state:8}  {told.recipient}  by {by}  {told.id}"
    for hop in told.hops:
        unit, way = f" {hop.unit}" if hop.unit else "", f" ({hop.by})" if hop.by else ""
        late = "  late" if hop.late else ""
        yield f"    {hop.after_s:10.1f} s  {hop.hop}{unit}{way}{late}"
    for missing in told.missing:
        word = f", the word is {told.word}" if told.word and missing == "READ-BACK" else ""
        yield f"    {'missed' if told.missed else 'waits':>12}  {missing}{word}"


@command.command()
def answer(
    drill: Annotated[str, typer.Argument(metavar="DRILL", help="Its id, as `list` shows it.")],
    hop: Annotated[
        str, typer.Argument(metavar="HOP", help="RECEIVED, READ-BACK, PASSED-DOWN or LOADED.")
    ],
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The party's key; RECEIVED needs none.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="Of PASSED-DOWN and LOADED: which unit.")
    ] = None,
    word: Annotated[
        str | None, typer.Option(metavar="WORD", help="Of READ-BACK: the word of the drill.")
    ] = None,
    url: NodeOption = _URL,
    token: TokenOption = None,
) -> None:
    """Answer a drill message that was sent to your party: one hop, signed with the party's key."""
    verb = hop.strip().upper().replace("_", "-")
    body: dict[str, Any] = {"verb": verb}
    body |= {name: each for name, each in (("unit", unit), ("word", word)) if each is not None}
    path = f"/drills/{quote(drill, safe='')}/answers"

    async def act(client: Client) -> Any:
        if key is None:
            return await client.write("POST", path, body)
        return await sign_once(client, "POST", path, "AnswerDrill", {"drill": drill, **body})

    with_client(url, token, key, act)
    print(f"{verb:<12}{drill}{f' {unit}' if unit else ''}")
    print(_SENTENCE)


@command.command("test")
def take_test(
    key: Annotated[Path, typer.Option(metavar="FILE", help="The party's key that is tested.")],
    url: NodeOption = _URL,
    token: TokenOption = None,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answer with this JSON list, and ask nothing."),
    ] = None,
) -> None:
    """Take the read-back test with a key: read a message in each language, and type what it says.

    Exit code 0: passed. 1: not passed, and what was wrong is named; another test may be begun. A
    STOP never waits for it.
    """
    with complaints():
        given = None if answers is None else _answers(answers)
    begun: list[Any] = []

    async def act(client: Client) -> tuple[Any, list[dict[str, Any]]]:
        return await _take(client, begun, given)

    try:
        judged, said = with_client(url, token, key, act)
    except typer.Abort:
        if begun:
            until = to_the_second(begun[0]["until"])
            complain(
                "\nbroken off. The test that began counts as one of the five that a key begins in a"
                f" day; nothing was answered, and nobody grades it after {until}."
                " Begin another with the same command."
            )
            raise typer.Exit(NO) from None
        raise
    if judged["passed"]:
        until = judged["valid_until"] or "nobody asks for it"
        print(
            f"passed   {judged['test']} in {', '.join(judged['languages'])}; holds until: {until}"
        )
        return
    print(f"not passed; wrong: {', '.join(judged['wrong'])}")
    for line in mistakes(begun[0]["items"], said, judged["wrong"]):
        print(printable(line))
    raise typer.Exit(NO)


async def _take(
    client: Client, begun: list[Any], given: list[dict[str, Any]] | None
) -> tuple[Any, list[dict[str, Any]]]:
    """How a test went, and what was answered. begun: gets the test once it began."""
    stands = await client.get("/read-back-tests")
    languages = stands["languages"]
    count = "1 message" if len(languages) == 1 else f"{len(languages)} messages"
    why = "what your party's agreements are told in; English where none says"
    complain(f"{count} to read back: {', '.join(languages)} ({why}).")
    complain("A key begins five tests a day; what you read is invented, and half an hour is given.")
    test = await client.signed("POST", "/read-back-tests", "BeginReadBackTest", {})
    begun.append(test)
    if client.is_exercise:
        say_exercise(client.url, exercise=True)
    if test["untested"]:
        complain(f"note: no items in {', '.join(test['untested'])}")
    said = _typed(test["items"]) if given is None else given
    answers = {"answers": said}
    path = "/read-back-tests/answers"
    return await client.signed("POST", path, "AnswerReadBackTest", answers), said


def _typed(items: list[dict[str, str]]) -> list[dict[str, Any]]:
    """What whoever sits here reads in each item."""
    said: list[dict[str, Any]] = []
    for item in items:
        print(item["text"])
        said.append(typed(item, typer.prompt))
        print()
    return said


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
    url: Annotated[str, typer.Option(metavar="URL", help="Where the node listens.")] = _URL,
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
