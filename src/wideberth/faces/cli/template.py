"""``wideberth template``: texts of agreements to begin with, without a node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from wideberth.errors import InvalidValue, system_reason
from wideberth.faces.cli._host import complain, complaints

if TYPE_CHECKING:
    from wideberth.templates import Template

__all__ = ["command"]

command = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="List texts of agreements with published numbers, and fill one in.",
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="As the list has it.")]


@command.command("list")
def list_() -> None:
    """Print each template: its name, its legal kind and its title."""
    from wideberth.templates import TEMPLATES

    widest = max(map(len, TEMPLATES))
    for each in TEMPLATES.values():
        print(f"{each.name:{widest}}  {each.kind.value:10}  {each.title}")


@command.command()
def show(name: NameArgument) -> None:
    """Print where a template's numbers come from, what has to be put in, and its provisions."""
    import msgspec

    with complaints():
        template = _template(name)
    neutral = " and a neutral" if template.neutral else ""
    print(f"{template.title}")
    print(f"kind     {template.kind.value}")
    print(f"between  {template.parties} parties or more{neutral}")
    print(f"source   {template.source}")
    print(f"note     {template.note}")
    for provision in template.provisions:
        stated = dict(provision)
        kind, own = stated.pop("type"), stated.pop("id")
        print(f"\n{own}  ({kind})  {stated.pop('title', '')}".rstrip())
        for member, value in stated.items():
            for row in _rows(value):
                print(f"  {member}  {msgspec.json.encode(row).decode()}")


def _rows(value: Any) -> list[Any]:
    """A table's rows, each to stand on a line of its own; anything else is one."""
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    return rows if rows and isinstance(rows[0], dict) else [value]


@command.command()
def draft(
    name: NameArgument,
    party: Annotated[
        list[str] | None,
        typer.Option(metavar="PARTY", help="A party of it, in the order of the text; repeat it."),
    ] = None,
    neutral: Annotated[
        str | None, typer.Option(metavar="PARTY", help="The neutral, where the text has one.")
    ] = None,
    effective: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When it begins, RFC 3339. [default: now]"),
    ] = None,
    days: Annotated[
        int, typer.Option(min=1, max=120, help="How long it is to last; no longer than 120.")
    ] = 90,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A new file. [default: standard output]"),
    ] = None,
) -> None:
    """Write a draft from a template as JSON: the body that POST /api/v1/drafts takes.

    A party that was not named is left as a blank, which is said on standard error. Edit the lines
    and areas: those of the template are placeholders.
    """
    with complaints():
        text = _drafted(_template(name), party or [], neutral, effective, days)
        if out is None:
            print(text, end="")
        else:
            _write(out, text)


def _template(name: str) -> Template:
    from wideberth.templates import TEMPLATES

    if name not in TEMPLATES:
        raise InvalidValue("NAME", "no-such-template", name, "wideberth template list has them all")
    return TEMPLATES[name]


def _drafted(
    template: Template, parties: list[str], neutral: str | None, effective: str | None, days: int
) -> str:
    """The draft as JSON that people can edit. Raises InvalidValue."""
    import time

    import msgspec

    from wideberth.space.time import DAY_US, SECOND_US, parse_rfc3339
    from wideberth.templates import filled

    if neutral is not None and not template.neutral:
        raise InvalidValue("--neutral", "no-neutral", neutral, "this text has no neutral; leave it")
    if effective is None:
        effective_us = int(time.time()) * SECOND_US
    else:
        effective_us = parse_rfc3339(effective, field="--effective")
    blanks = [f"party-{at + 1}" for at in range(len(parties), template.parties)]
    names = [*parties, *blanks]
    if template.neutral:
        names.append("neutral" if neutral is None else neutral)
        blanks += ["neutral"] if neutral is None else []
    terms = filled(
        template,
        parties=names,
        effective_us=effective_us,
        expires_us=effective_us + days * DAY_US,
    )
    for blank in blanks:
        complain(f"note: {blank} is a blank: put in the id of a party of your space")
    complain(f"note: {template.note}")
    written = msgspec.json.encode({"terms": terms})
    return msgspec.json.format(written, indent=2).decode() + "\n"


def _write(path: Path, text: str) -> None:
    """A new file; what is there is never replaced. Raises InvalidValue."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise InvalidValue("--out", "file-exists", str(path), "name a new file") from error
    except OSError as error:
        raise InvalidValue("--out", "file", str(path), system_reason(error)) from error
