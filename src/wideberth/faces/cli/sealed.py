"""``wideberth sealed``: a party's own keys, others' fingerprints, words the host cannot read."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wideberth.errors import InvalidValue
from wideberth.faces.cli._asking import (
    KeyOption,
    NodeOption,
    PinsOption,
    asking,
    corresponding,
    own_key,
)
from wideberth.faces.cli._host import NO, complain, complaints, printable
from wideberth.faces.cli._material import TokenOption, read_file
from wideberth.model.parties import Role

if TYPE_CHECKING:
    from wideberth.client import Client, PartyKey
    from wideberth.correspondence import Correspondence, Sent
    from wideberth.model.sealed import SealedText
    from wideberth.pins import Pins

__all__ = ["command"]

command = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="For a party: make keys, compare others', seal words to them and open what is sealed.",
)


@command.command()
def enrol(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the private key goes, mode 0600.")
    ],
    party: Annotated[str, typer.Option(metavar="PARTY", help="The id of your party.")],
    url: NodeOption = None,
    token: TokenOption = None,
    role: Annotated[
        list[Role] | None,
        typer.Option(
            metavar="ROLE",
            help="What the key may do; repeat it. [default: watch, acknowledge, tell, sign]",
        ),
    ] = None,
    key_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Its id, used once. [default: made]")
    ] = None,
) -> None:
    """Make a signing key here, at the party, and have its public half enrolled.

    The private half never leaves this machine. Tell the fingerprint to the other parties on
    another way than this node.
    """
    from wideberth.model.ids import KeyId, require_party_id

    roles = tuple(role or [each for each in Role if each is not Role.ADMINISTER])

    async def act(client: Client) -> PartyKey:
        from wideberth.client import PartyKey
        from wideberth.model.sealed import encoded

        origin = str((await client.space())["origin"])
        name = KeyId(key_id or f"key-{secrets.token_hex(4)}")
        made = PartyKey.make(origin, require_party_id(party, field="--party"), name)
        made.save(out)
        try:
            await client.write(
                "POST",
                "/keys",
                {
                    "key_id": made.key_id,
                    "public_key": encoded(made.public_key),
                    "roles": [each.value for each in roles],
                    "proof": encoded(made.proof_of_possession()),
                },
            )
        except BaseException:
            out.unlink(missing_ok=True)  # a key that is not enrolled signs nothing
            raise
        return made

    made = asking(url, token, act)
    print(f"enrolled    {made.party}/{made.key_id} for {', '.join(roles)}")
    _say_fingerprint(made)


@command.command()
def fingerprint(key: KeyOption) -> None:
    """Print the fingerprint of your own key, to be told to the others on another way."""
    from wideberth.client import PartyKey

    with complaints():
        _say_fingerprint(PartyKey.load(key))


@command.command()
def pin(
    name: Annotated[str, typer.Argument(metavar="PARTY/KEY", help="Whose key.")],
    compared: Annotated[
        str,
        typer.Option(
            "--fingerprint", metavar="DIGITS", help="As its party told it, not as a node shows it."
        ),
    ],
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    pins: PinsOption = None,
) -> None:
    """Pin another party's signing key by a fingerprint that you were told on another way.

    From then on another key under this name is refused, whoever hands it out.
    """
    from wideberth.model.ids import KeyId, require_party_id
    from wideberth.model.sealed import decoded

    party, _, key_id = name.partition("/")

    async def act(client: Client) -> None:
        own, kept = own_key(key, pins)
        told = await client.get(f"/parties/{require_party_id(party, field='PARTY/KEY')}")
        found = next((each for each in told.get("keys", ()) if each["key_id"] == key_id), None)
        if found is None:
            known = [f"{party}/{each['key_id']}" for each in told.get("keys", ())]
            shown = f"its keys in force: {', '.join(known)}" if known else "it has none in force"
            advice = f"give PARTY/KEY; {shown}"
            raise InvalidValue("PARTY/KEY", "no-such-key", name, printable(advice))
        public_key = decoded(str(found["public_key"]), "public_key")
        kept.pin(own.origin, told["id"], KeyId(key_id), public_key, compared=compared)

    asking(url, token, act)
    print(f"pinned      {name}")


@command.command()
def keys(
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    pins: PinsOption = None,
) -> None:
    """List the signing keys that the node says are in force, and hold them against your pins.

    Exit code 1 where a key is another than the one that you pinned, or a party that you pinned has
    a key that you did not compare.
    """

    async def act(client: Client) -> bool:
        own, kept = own_key(key, pins)
        page: dict[str, Any] = await client.get("/parties", limit=1000)
        pinned = {name.partition("/")[0] for name in kept.names(own.origin)}
        lines = [
            _judged(own, kept, party["id"], each)
            for party in page["parties"]
            for each in party.get("keys", ())
        ]
        for party, name, marks, verdict in lines:
            print(f"{f'{party}/{name}':<28}  {marks}  {verdict}")
        bad = [line for line in lines if line[3] == SWAPPED]
        bad += [line for line in lines if line[3] == NOT_COMPARED and line[0] in pinned]
        return not bad

    if not asking(url, token, act):
        complain("wideberth: a key is not the one that was compared: call its party")
        raise typer.Exit(NO)


SWAPPED, NOT_COMPARED = "ANOTHER KEY THAN PINNED", "not compared"


def _judged(own: PartyKey, kept: Pins, party: str, told: dict[str, Any]) -> tuple[str, ...]:
    """Party, key, fingerprint and verdict."""
    from wideberth.model.ids import KeyId, PartyId
    from wideberth.model.sealed import decoded
    from wideberth.model.sealed import fingerprint as of

    key_id, public_key = str(told["key_id"]), decoded(str(told["public_key"]), "public_key")
    if (party, key_id) == (own.party, own.key_id):
        verdict = "yours" if public_key == own.public_key else SWAPPED
    else:
        try:
            kept.require(own.origin, PartyId(party), KeyId(key_id), public_key)
            verdict = "pinned"
        except InvalidValue as error:
            verdict = SWAPPED if error.rule == "key-swapped" else NOT_COMPARED
    return party, key_id, of(public_key), verdict


@command.command()
def offer(
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
) -> None:
    """Make a seal key for your signing key and offer it: others seal words to it from now on.

    Its private half stands in KEY.seal, with those before it. Keep a copy of that file: without it
    nobody opens what was sealed to you.
    """

    async def act(correspondence: Correspondence, _client: Client) -> int:
        return (await correspondence.offer()).number

    number = corresponding(url, token, key, None, act)
    print(f"offered     seal key number {number}; its private half is in {key}.seal")


@command.command()
def send(
    about: Annotated[
        str, typer.Argument(metavar="TYPE/ID", help="What it is about, like intent/ID.")
    ],
    to: Annotated[list[str], typer.Option(metavar="PARTY", help="To whom; repeat it.")],
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    pins: PinsOption = None,
) -> None:
    """Seal the words on standard input to parties whose keys you pinned. Prints its id.

    The id may stand as the reason or statement of an answer about the same object.
    """
    with complaints():
        words = _words()

    async def act(correspondence: Correspondence, _client: Client) -> Sent:
        return await correspondence.send(words, about, to=to)

    sent = corresponding(url, token, key, pins, act)
    for each in sent.left_out:
        complain(f"note: not sealed to {each}: its fingerprint was not compared")
    print(sent.id)


@command.command("list")
def list_texts(
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    about: Annotated[
        str | None, typer.Option(metavar="TYPE/ID", help="Only those about this object.")
    ] = None,
) -> None:
    """List the texts that you sealed or that are sealed to you, of the last 30 days."""

    async def act(correspondence: Correspondence, _client: Client) -> list[dict[str, Any]]:
        return await correspondence.listed(about)

    for each in corresponding(url, token, key, None, act):
        on = each["about"]
        print(f"{each['time']}  {each['sender']}  {on['type']}/{on['id']}  {each['id']}")


@command.command("open")
def open_one(  # noqa: PLR0913 - each of them is an option
    name: Annotated[str, typer.Argument(metavar="ID", help="The sealed text.")],
    key: KeyOption,
    url: NodeOption = None,
    token: TokenOption = None,
    pins: PinsOption = None,
    about: Annotated[
        str | None, typer.Option(metavar="TYPE/ID", help="Where you found it; checked.")
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The space's name then, if it has another now."),
    ] = None,
    opening: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what shows these words to others, mode 0600."),
    ] = None,
) -> None:
    """Open a text that is sealed to you, and print its words."""
    from wideberth.faces.cli.evidence import written

    async def act(correspondence: Correspondence, _client: Client) -> tuple[SealedText, bytes, str]:
        import msgspec

        text, opened = await correspondence.open(name, about=about, origin=origin)
        return text, msgspec.json.encode(opened) + b"\n", opened.words

    text, shown, words = corresponding(url, token, key, pins, act)
    complain(f"from {text.sender}/{text.key_id}, about {text.about.type}/{text.about.id}")
    print(printable(words))
    if opening is not None:
        with complaints():
            written(opening, shown)


@command.command()
def check(
    opening: Annotated[
        Path, typer.Argument(metavar="OPENING", help="What `sealed open --opening` wrote.")
    ],
    evidence: Annotated[
        Path, typer.Option(metavar="FILE", help="A bundle that holds the sealed text's entry.")
    ],
    vkey: Annotated[
        str | None, typer.Option(metavar="KEY", help="The log's key, as its parties know it.")
    ] = None,
) -> None:
    """Check, offline and without any secret, that these are the words of a sealed text on record.

    Exit code 0: they are. 1: the evidence does not verify. 2: they are not, or bad input.
    """
    import msgspec

    from wideberth.evidence.check import verify_bundle
    from wideberth.evidence.sealing import sealed_in
    from wideberth.sealed.texts import Opening, check_opening

    with complaints():
        data = read_file(evidence, "--evidence")
        verify_bundle(data, vkey=vkey)
        try:
            shown = msgspec.json.decode(read_file(opening, "OPENING"), type=Opening)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidValue("OPENING", "opening", str(opening), str(error)) from None
        position, origin, text = sealed_in(data, shown.id)
        check_opening(text, shown, origin=origin)
    print(f"entry {position}: {text.sender}/{text.key_id} sealed these words, to")
    print(f"{', '.join(text.parties)}, about {text.about.type}/{text.about.id}:")
    print(printable(shown.words))
    if vkey is None:
        complain("note: checked under the keys that the bundle names itself; give --vkey")


def _say_fingerprint(key: PartyKey) -> None:
    from wideberth.model.sealed import fingerprint as of

    print(f"fingerprint {of(key.public_key)}")


def _words() -> str:
    """The words on standard input. Raises InvalidValue."""
    try:
        words = sys.stdin.read().strip("\n")
    except UnicodeDecodeError:
        words = ""
    if not words.strip():
        raise InvalidValue("words", "missing", None, "give words in UTF-8 on standard input")
    return words
