"""``wideberth incident``: a party's own column, questions, evidence and results, signed here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from wideberth.errors import InvalidValue, WideberthError, system_reason
from wideberth.faces.cli._asking import KeyOption, NodeOption, PinsOption, asking, corresponding
from wideberth.faces.cli._client import all_of, let_go, said_words, sign_once
from wideberth.faces.cli._far import ask_if_far
from wideberth.faces.cli._host import NO, complain, complaints, printable
from wideberth.faces.cli._material import TokenOption, read_file

if TYPE_CHECKING:
    from wideberth.client import Client
    from wideberth.correspondence import Correspondence

__all__ = ["command"]

command = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="For a party: open an incident, give an account, ask, answer, lodge and disclose.",
)

IncidentArgument = Annotated[str, typer.Argument(metavar="INCIDENT", help="Its id.")]
WordsOption = Annotated[str, typer.Option(metavar="TEXT", help="In your own words.")]
ShownOption = Annotated[
    list[str] | None,
    typer.Option("--shown-to", metavar="WHO", help="all, own (nobody yet), or a party; repeat it."),
]


@command.command("open")
def open_incident(  # noqa: PLR0913 - each of them is an option
    key: KeyOption,
    title: Annotated[
        str | None, typer.Argument(metavar="[TITLE]", help="In neutral words.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="When it began.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="When it ended.")] = None,
    proposal: Annotated[
        str | None,
        typer.Option(metavar="ID", help="As proposed; what else you give takes its place."),
    ] = None,
    url: NodeOption = None,
    token: TokenOption = None,
    party: Annotated[
        list[str] | None, typer.Option(metavar="PARTY", help="Another party to it; repeat it.")
    ] = None,
    observer: Annotated[
        list[str] | None, typer.Option(metavar="PARTY", help="Who observes; repeat it.")
    ] = None,
    subject: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="What it is about, read by you alone; repeat it."),
    ] = None,
    observes: Annotated[
        bool, typer.Option("--observes", help="You observe, and are no party to it.")
    ] = False,
) -> None:
    """Open an incident. Prints its id."""
    from wideberth.space.time import parse_rfc3339

    with complaints():
        for option, time in (("--from", start), ("--to", end)):
            if time is not None:
                parse_rfc3339(time, field=option)
    given: dict[str, Any] = {
        "title": title,
        "start": start,
        "end": end,
        "parties": party,
        "observers": observer,
        "observes": observes,
    }

    async def act(client: Client) -> str:
        body: dict[str, Any] = {"parties": [], "observers": []}
        about = list(subject or ())
        if proposal is not None:
            found = await _proposal(client, proposal)
            body |= found["open"]
            about = about or found["subjects"]
        body |= {name: each for name, each in given.items() if each is not None}
        for name, option in (("title", "TITLE"), ("start", "--from"), ("end", "--to")):
            if name not in body:
                raise InvalidValue(option, "missing", None, "give it, or a --proposal")
        opened = await sign_once(client, "POST", "/incidents", "OpenIncident", body)
        name = str(opened["incident"])
        if about:
            await _sign(client, name, "/subjects", "NameSubjects", {"subjects": about})
        return name

    print(asking(url, token, act, key=key))


@command.command("list")
def list_incidents(url: NodeOption = None, token: TokenOption = None) -> None:
    """List the incidents in which your party is named."""

    async def act(client: Client) -> list[dict[str, Any]]:
        return await all_of(client, "incidents")

    found = asking(url, token, act)
    if not found:
        complain("no incident names your party")
    for each in found:
        named = ", ".join(each["parties"])
        named += f"; observing: {', '.join(each['observers'])}" if each["observers"] else ""
        print(printable(f"{each['start']}  {each['id']}  {named}  {each['title']}"))


@command.command()
def proposed(url: NodeOption = None, token: TokenOption = None) -> None:
    """List of what on your own stream an incident could be opened; none is by itself."""

    async def act(client: Client) -> list[dict[str, Any]]:
        return [each async for each in _proposals(client)]

    found = asking(url, token, act)
    if not found:
        complain("nothing on your stream yet of which an incident could be opened")
    for each in found:
        opening = each["open"]
        parties = ", ".join(opening.get("parties", ())) or "nobody who is shown to you"
        window = f"{opening['start']} to {opening['end']}"
        print(printable(f"{each['subject']}  {each['kind']}  {window}  with {parties}"))


@command.command()
def name(
    incident: IncidentArgument,
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    party: Annotated[
        list[str] | None, typer.Option(metavar="PARTY", help="Another party to it; repeat it.")
    ] = None,
    observer: Annotated[
        list[str] | None, typer.Option(metavar="PARTY", help="Who observes; repeat it.")
    ] = None,
) -> None:
    """Name others in an incident. They see nothing that was given before; none is taken out."""
    body = {"parties": party or [], "observers": observer or []}

    async def act(client: Client) -> Any:
        return await _sign(client, incident, "/parties", "NameParties", body)

    asking(url, token, act, key=key)
    print(f"named       {', '.join([*body['parties'], *body['observers']])}")


@command.command()
def show(incident: IncidentArgument, url: NodeOption = None, token: TokenOption = None) -> None:
    """Show an incident: a column for each party and observer, and what is asked and lodged."""
    from wideberth.faces.cli._incident_words import lines_of

    async def act(client: Client) -> dict[str, Any]:
        return await _seen(client, incident)

    for line in lines_of(asking(url, token, act)):
        print(line)


@command.command()
def account(  # noqa: PLR0913 - each of them is an option
    incident: IncidentArgument,
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    shown_to: ShownOption = None,
    words: WordsOption = "",
    language: Annotated[
        str | None, typer.Option(metavar="TAG", help="Of your words, like en or ar.")
    ] = None,
    when: Annotated[str | None, typer.Option(metavar="TIME", help="By your own clock.")] = None,
    error_s: Annotated[
        float | None,
        typer.Option("--error-s", metavar="SECONDS", help="How far off that time may be."),
    ] = None,
    point: Annotated[
        str | None, typer.Option(metavar="LAT,LON", help="Where, in degrees (WGS84).")
    ] = None,
    error_m: Annotated[
        float | None,
        typer.Option("--error-m", metavar="METRES", help="How far off that place may be."),
    ] = None,
    claims: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Claims as JSON, as the API takes them."),
    ] = None,
    confirmed: Annotated[
        bool,
        typer.Option("--confirmed", help="A time or place far outside of the incident is meant."),
    ] = False,
) -> None:
    """Give your account, or correct it: signed here, shown to whom you say, all versions stay.

    Without --shown-to nobody is shown it yet. A time or place far outside of the incident is asked
    about first.
    """
    with complaints():
        for name, error, of, given in (
            ("--error-s", error_s, "--when", when),
            ("--error-m", error_m, "--point", point),
        ):
            if error is not None and not given:
                raise InvalidValue(name, "of-what", error, f"this is of {of}: give it too")

    async def act(client: Client) -> str:
        body: dict[str, Any] = {**_claims(claims), "shown_to": _shown(shown_to, "own")}
        if words:
            body["words"] = words
        if language:
            body["language"] = language
        if when:
            body["when"] = {"time": when, "error_s": error_s or 0}
        if point:
            body["where"] = {"point": _point(point), "error_m": error_m or 0}
        if not confirmed and ("when" in body or "where" in body):
            ask_if_far(await _seen(client, incident), body)
        return (await _sign(client, incident, "/accounts", "GiveAccount", body))["id"]

    print(asking(url, token, act, key=key))


@command.command()
def ask(  # noqa: PLR0913 - each of them is an option
    incident: IncidentArgument,
    to: Annotated[str, typer.Argument(metavar="PARTY", help="Whom.")],
    words: WordsOption,
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    urgent: Annotated[bool, typer.Option("--urgent", help="Answer asked for sooner.")] = False,
    shown_to: ShownOption = None,
) -> None:
    """Ask a party a question. Prints its id."""
    body = {"to": to, "words": words, "urgent": urgent, "shown_to": _shown(shown_to, "own")}

    async def act(client: Client) -> str:
        return (await _sign(client, incident, "/questions", "AskQuestion", body))["id"]

    print(asking(url, token, act, key=key))


@command.command()
def answer(  # noqa: PLR0913 - each of them is an option
    incident: IncidentArgument,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="Its id.")],
    words: WordsOption,
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    again: Annotated[bool, typer.Option("--again", help="Ask again, as its asker.")] = False,
    meeting: Annotated[bool, typer.Option("--meeting", help="Call a meeting.")] = False,
) -> None:
    """Answer a question; or ask it again, or call a meeting about it."""
    step = "ask-again" if again else "call-meeting" if meeting else "answer"
    body = {"question": question, "step": step, "words": words}
    path = f"/questions/{question}/steps"

    async def act(client: Client) -> Any:
        return await _sign(client, incident, path, "StepQuestion", body)

    asking(url, token, act, key=key)
    print(f"{step:<12}{question}")


@command.command()
def lodge(  # noqa: PLR0913 - each of them is an option
    incident: IncidentArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What you hold; it stays here.")],
    line: Annotated[str, typer.Option(metavar="TEXT", help="One line of what it is.")],
    media_type: Annotated[str, typer.Option("--type", metavar="TYPE", help="Like image/jpeg.")],
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    shown_to: ShownOption = None,
) -> None:
    """Lodge the digest of a file, and disclose the file later. Prints the id.

    The salt of the digest stands in FILE.lodged; without it nobody can compare the file.
    """
    import msgspec

    from wideberth.faces.cli._lodged import Kept
    from wideberth.model.lodged import SALT_BYTES
    from wideberth.record.keys import write_new

    with complaints():
        content = read_file(file, "FILE")
    kept = Kept(1, os.urandom(SALT_BYTES).hex())
    beside = _beside(file)

    async def act(client: Client) -> str:
        if beside.exists():
            await _say_whose_salt(client, incident, file, content)
        try:
            write_new(beside, msgspec.json.encode(kept) + b"\n")
        except OSError as error:
            advice = f"the salt goes there: {system_reason(error)}"
            raise InvalidValue("FILE", "unwritable", str(beside), advice) from error
        body = {
            "sha256": kept.digest_of(content),
            "size_bytes": len(content),
            "media_type": media_type,
            "line": line,
            "shown_to": _shown(shown_to, "all"),
        }
        try:
            return (await _sign(client, incident, "/evidence", "LodgeEvidence", body))["id"]
        except WideberthError:
            if client.is_settled:  # refused, or never sent: this salt is of nothing on record
                beside.unlink(missing_ok=True)
            raise

    print(asking(url, token, act, key=key))
    complain(f"note: keep {beside}: it holds the salt of the digest")


@command.command()
def disclose(  # noqa: PLR0913 - each of them is an option
    incident: IncidentArgument,
    evidence: Annotated[str, typer.Argument(metavar="EVIDENCE", help="Its id.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What you lodged.")],
    to: Annotated[list[str], typer.Option(metavar="PARTY", help="To whom; repeat it.")],
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    pins: PinsOption = None,
) -> None:
    """Disclose a file to parties whose keys you pinned: sealed end to end, the host cannot read it.

    A file too large for that is handed over another way; its salt is sealed to them all the same.
    """
    from wideberth.faces.cli._lodged import kept_of, sealed_words

    with complaints():
        content = read_file(file, "FILE")
        if not _beside(file).exists():
            advice = (
                "its salt is not beside it: this is not the file that you lodged, or it was lodged"
                " on another machine; what was never lodged: wideberth incident lodge"
            )
            raise InvalidValue("FILE", "not-lodged", str(file), advice)
        kept = kept_of(read_file(_beside(file), "FILE.lodged"), "FILE.lodged")
        words, is_whole = sealed_words(kept, content)

    async def act(correspondence: Correspondence, client: Client) -> None:
        lodged = await _evidence(client, incident, evidence)
        if kept.digest_of(content) != lodged["sha256"]:
            raise InvalidValue("FILE", "digest-differs", str(file), "this is not what was lodged")
        sent = await correspondence.send(words, f"incident/{incident}", to=to)
        for each in sent.left_out:
            complain(f"note: not sealed to {each}: its fingerprint was not compared")
        body = {"evidence": evidence, "parties": to, "sealed": sent.id}
        path = f"/evidence/{evidence}/disclosures"
        await _sign(client, incident, path, "DiscloseEvidence", body)

    corresponding(url, token, key, pins, act)
    print(f"disclosed   {evidence} to {', '.join(to)}")
    if not is_whole:
        complain(f"note: only the salt was sealed; hand {file} over another way")


@command.command()
def check(  # noqa: PLR0913 - each of them is an option
    incident: IncidentArgument,
    evidence: Annotated[str, typer.Argument(metavar="EVIDENCE", help="Its id.")],
    key: KeyOption,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="What came another way.")
    ] = None,
    url: NodeOption = None,
    token: TokenOption = None,
    pins: PinsOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what was sealed, mode 0600.")
    ] = None,
    tell: Annotated[bool, typer.Option("--tell", help="Say in the record what you found.")] = False,
) -> None:
    """Check that what was disclosed to you is what was lodged, and when that was.

    Exit code 0: it is. 1: it is not.
    """
    from wideberth.faces.cli._lodged import kept_of
    from wideberth.faces.cli.evidence import written

    with complaints():
        given = None if file is None else read_file(file, "FILE")

    async def act(correspondence: Correspondence, client: Client) -> tuple[bool, Any, bytes]:
        lodged = await _evidence(client, incident, evidence)
        sealed = next((each["sealed"] for each in lodged["disclosed"] if each.get("sealed")), None)
        if sealed is None:
            raise InvalidValue(
                "EVIDENCE", "not-sealed", evidence, "no sealed text carries its salt to you"
            )
        _, opening = await correspondence.open(sealed, about=f"incident/{incident}")
        kept = kept_of(opening.words, "the sealed text")
        content = given if given is not None else kept.data
        if content is None:
            raise InvalidValue("FILE", "missing", None, "the content came another way; name it")
        matches = kept.digest_of(content) == lodged["sha256"]
        if tell:
            body = {"evidence": evidence, "matches": matches}
            path = f"/evidence/{evidence}/checks"
            await _sign(client, incident, path, "CheckEvidence", body)
        return matches, lodged, content

    matches, lodged, content = corresponding(url, token, key, pins, act)
    found = "matches" if matches else "does NOT match"
    print(f"{found} the digest that {lodged['party']} lodged {lodged['lodged']}")
    if out is not None:
        with complaints():
            written(out, content)
    if not matches:
        raise typer.Exit(NO)


@command.command()
def result(
    incident: IncidentArgument,
    words: WordsOption,
    to: Annotated[list[str], typer.Option(metavar="PARTY", help="To whom; repeat it.")],
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    document: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A longer document, by its SHA-256.")
    ] = None,
) -> None:
    """Transmit the result of your inquiry. Prints its id; it is open until each receipted it."""
    from hashlib import sha256

    async def act(client: Client) -> str:
        body: dict[str, Any] = {"to": to, "words": words}
        if document is not None:
            body["document_sha256"] = sha256(read_file(document, "--document")).hexdigest()
        return (await _sign(client, incident, "/results", "TransmitResult", body))["id"]

    print(asking(url, token, act, key=key))


@command.command()
def receipt(
    incident: IncidentArgument,
    name: Annotated[str, typer.Argument(metavar="RESULT", help="Its id.")],
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
) -> None:
    """Print a result that was sent to you, and receipt it: that it came, and nothing else."""
    from wideberth.model.ids import IncidentId, PartyId
    from wideberth.model.inquiries import result_digest

    async def act(client: Client) -> Any:
        page = await client.get(f"/incidents/{incident}/results", limit=1000)
        found = next((each for each in page["results"] if each["id"] == name), None)
        if found is None:
            raise InvalidValue("RESULT", "no-such-result", name, "no result of this id is here")
        digest = result_digest(
            IncidentId(incident),
            PartyId(found["party"]),
            found["words"],
            found.get("document_sha256"),
        )
        body = {"result": name, "digest": digest}
        await _sign(client, incident, f"/results/{name}/receipt", "ReceiptResult", body)
        return found

    found = asking(url, token, act, key=key)
    print(printable(found["words"]))
    complain(f"receipted the result {name} of {found['party']}")


@command.command()
def pending(
    key: KeyOption,
    drop: Annotated[
        bool, typer.Option("--drop", help="Let go of it; the node is asked whether it has it.")
    ] = False,
    url: NodeOption = None,
    token: TokenOption = None,
) -> None:
    """Show what was signed with a key and has no answer; the next command with it sends it first.

    With --drop it is not sent any more. Where the node has it after all, that is said: what is in
    the record stays there.
    """
    from wideberth.client import PartyKey

    with complaints():
        signer = PartyKey.load(key)
    kept = signer.pending
    if kept is None:
        print("nothing is pending: everything that was signed with this key was answered")
        return
    words = said_words(kept.said)
    if not drop:
        print(f"pending     {words}")
        print(f"            statement {kept.said.party_seq} for {signer.origin}")
        return

    async def act(client: Client) -> bool:
        return await let_go(client, signer)

    is_there = asking(url, token, act)
    print(f"{'in the record after all' if is_there else 'dropped    '} {words}")


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.lodged")


async def _seen(client: Client, incident: str) -> dict[str, Any]:
    """An incident as its party sees it. Raises InvalidValue where it is named in none such."""
    from wideberth.client import ApiProblem

    try:
        return await client.get(f"/incidents/{quote(incident, safe='')}")
    except ApiProblem as problem:
        if problem.status != 404:
            raise
        raise await _no_such(client, incident) from None


async def _no_such(client: Client, named: str) -> InvalidValue:
    """What to say of an id that no incident of the party's has: those that it is named in."""
    from difflib import get_close_matches

    page = await client.get("/incidents", limit=1000)
    titles = {str(each["id"]): str(each["title"]) for each in page["incidents"]}
    near = [each for each in titles if each.startswith(named) or titles[each] == named]
    near += [each for each in get_close_matches(named, titles, 3) if each not in near]
    meant = "; ".join(f"{each}, {titles[each]}" for each in near[:3])
    asked = f"did you mean {meant}? " if meant else ""
    advice = f"no incident of this id names your party; {asked}wideberth incident list shows yours"
    return InvalidValue("INCIDENT", "no-such-incident", named, printable(advice))


async def _say_whose_salt(client: Client, incident: str, file: Path, content: bytes) -> None:
    """Raises InvalidValue that says what the salt beside the file is of."""
    from wideberth.faces.cli._lodged import kept_of

    beside = _beside(file)
    kept = kept_of(read_file(beside, "FILE.lodged"), "FILE.lodged")
    digest = kept.digest_of(content)
    page = await client.get(f"/incidents/{incident}/evidence", limit=1000)
    known = next((each["id"] for each in page["evidence"] if each["sha256"] == digest), None)
    if known is not None:
        advice = f"{file} is lodged in this incident already, as {known}: its salt stands there"
        raise InvalidValue("FILE", "lodged-already", str(beside), advice)
    raise InvalidValue(
        "FILE",
        "salt-there",
        str(beside),
        f"a salt stands there, of no evidence of this incident with what {file} holds now. If you"
        " lodged it in another incident, or changed it since, keep the salt under another name;"
        " else remove it",
    )


def _shown(given: list[str] | None, default: str) -> Any:
    if not given:
        return default
    return given[0] if given in (["all"], ["own"]) else given


def _point(text: str) -> list[float]:
    from wideberth.space.coordinates import Question, parse_position
    from wideberth.space.volume import NANODEGREES

    latitude, _, longitude = text.partition(",")
    try:
        place = [float(longitude), float(latitude)]
    except ValueError:  # any other spelling that says which is which
        read = parse_position(text, field="--point")
        if isinstance(read, Question):
            raise read.error() from None
        return [read.longitude_nd / NANODEGREES, read.latitude_nd / NANODEGREES]
    if not abs(place[1]) <= 90:
        advice = "latitude comes first, from -90 to 90; are the two swapped?"
        raise InvalidValue("--point", "latitude", text, advice)
    return place


def _claims(path: Path | None) -> dict[str, Any]:
    import msgspec

    if path is None:
        return {}
    try:
        return msgspec.json.decode(read_file(path, "--claims"), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidValue("--claims", "json", str(path), str(error)) from None


async def _proposals(client: Client) -> AsyncIterator[dict[str, Any]]:
    """Proposals of the whole stream, the newest first."""
    before: int | None = None
    while True:
        page = await client.get("/incidents/proposed", before=before)
        for each in page["proposed"]:
            yield each
        before = page["next"]
        if before is None:
            return


async def _proposal(client: Client, subject: str) -> dict[str, Any]:
    async for each in _proposals(client):
        if each["subject"] == subject:
            return each
    raise InvalidValue("--proposal", "no-such-proposal", subject, "nothing of this id is proposed")


async def _evidence(client: Client, incident: str, evidence: str) -> dict[str, Any]:
    page = await client.get(f"/incidents/{incident}/evidence", limit=1000)
    found = next((each for each in page["evidence"] if each["id"] == evidence), None)
    if found is None:
        raise InvalidValue("EVIDENCE", "no-such-evidence", evidence, "you know of none of this id")
    return found


async def _sign(client: Client, incident: str, path: str, kind: str, body: dict[str, Any]) -> Any:
    whole = {"incident": incident, **body}
    return await sign_once(client, "POST", f"/incidents/{incident}{path}", kind, whole)
