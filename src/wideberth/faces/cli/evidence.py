"""``wideberth evidence``: a bundle that proves what was said, to somebody without wideberth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wideberth.faces.cli._host import FolderOption, complain, complaints
from wideberth.faces.cli._material import (
    CheckpointOption,
    FromOption,
    IncidentOption,
    ObjectOption,
    PolicyOption,
    TokenOption,
    ToOption,
    UrlOption,
    may_show_as,
    read_policy,
    the_material,
    window_of,
)

if TYPE_CHECKING:
    from wideberth.evidence.scope import Seen

__all__ = ["command"]


def command(  # noqa: PLR0913 - each of them is an option
    party: Annotated[
        str | None, typer.Option(metavar="PARTY", help="Whose evidence it is.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The bundle, a new file of mode 0600.")
    ] = None,
    subject: ObjectOption = None,
    position: Annotated[
        list[int] | None, typer.Option(metavar="N", help="The entry at N; repeat it.")
    ] = None,
    incident: IncidentOption = None,
    from_time: FromOption = None,
    to_time: ToOption = None,
    withheld: Annotated[
        bool,
        typer.Option(
            "--withheld", help="Also what the party shows to nobody else yet: its own archive."
        ),
    ] = False,
    policy: PolicyOption = None,
    checkpoint: CheckpointOption = None,
    folder: FolderOption = Path("wideberth-data"),
    url: UrlOption = None,
    token: TokenOption = None,
    verifier: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the stand-alone verifier alone, and no bundle."),
    ] = None,
) -> None:
    """Write chosen entries with their proofs, a page in plain words, and a verifier.

    Only what the party may read goes in; what it shows to nobody else in an incident stays out.
    `wideberth verify BUNDLE` checks it, and so does the verify.py inside, on a computer that has no
    wideberth.
    """
    from msgspec.structs import replace

    from wideberth.errors import InvalidValue
    from wideberth.evidence.alone.container import Fault
    from wideberth.evidence.bundle import Selection, make_bundle
    from wideberth.evidence.incident import incident_positions, withheld_among
    from wideberth.evidence.material import seen_entries
    from wideberth.evidence.verifier import verifier_source
    from wideberth.model.ids import require_party_id

    with complaints():
        if verifier is not None:
            written(verifier, verifier_source())
            return
        if party is None or out is None:
            raise InvalidValue("--party, --out", "missing", None, "give both")
        reader = require_party_id(party, field="--party")
        selection = Selection(
            tuple(position or ()),
            tuple(subject or ()),
            *window_of(from_time, to_time),
        )
        rule = read_policy(policy)
        with the_material(
            folder, url=url, token=token, checkpoint=checkpoint, rule=rule, party=reader
        ) as material:
            if incident is not None:
                if selection != Selection():
                    given = "an incident has its own window and objects; ask for one of them"
                    raise InvalidValue("--incident", "one-of", incident, given)
                entries = seen_entries(material, may_show_as(reader))
                positions = incident_positions(entries, incident)
                about = f"incident {incident}"
                selection = Selection(positions, about=about, with_tracks=True)
            kept = withheld_among(material, selection, may_show_as(reader))
            kept = [each for each in kept if each.position not in (position or ())]
            if position is None or selection.objects:
                about = f"{selection.words}, {'with' if withheld else 'without'} what {reader}"
                selection = replace(selection, about=f"{about} shows to nobody else")
            if not withheld:
                out_of_it = frozenset(each.position for each in kept)
                selection = replace(selection, leave_out=out_of_it)
            try:
                data = make_bundle(
                    material, selection, made_for=reader, may_show=may_show_as(reader), policy=rule
                )
            except Fault as fault:
                from wideberth.errors import RecordCorrupt

                raise RecordCorrupt(fault.index, fault.reason) from None
        written(out, data)
        _say_withheld(kept, reader, is_in=withheld)
        if rule is None:
            complain("note: no witness vouches for it; give --policy and a cosigned checkpoint")


def _say_withheld(kept: list[Seen], reader: str, *, is_in: bool) -> None:
    """Say what its party shows to nobody else: to whoever makes the bundle, and not in it."""
    if not kept:
        return
    from wideberth.evidence.alone.words import entry_words

    if not is_in:
        entries = "1 entry" if len(kept) == 1 else f"{len(kept)} entries"
        complain(f"left out {entries} that {reader} shows to nobody else; --withheld takes all in")
        return
    complain(f"keep this bundle: it holds what {reader} shows to nobody else, and discloses it")
    for each in kept:
        sentence, _ = entry_words(each.value, {})
        complain(f"  entry {each.position}: {sentence}")


def written(path: Path, data: bytes) -> None:
    """Write a new file, mode 0600, and say so. Raises InvalidValue where there is one."""
    from wideberth.errors import InvalidValue, system_reason
    from wideberth.record.keys import write_new

    try:
        write_new(path, data)
    except OSError as error:
        raise InvalidValue("--out", "unwritable", str(path), system_reason(error)) from None
    from hashlib import sha256

    print(f"wrote {path}: {len(data)} bytes, SHA-256 {sha256(data).hexdigest()}")
