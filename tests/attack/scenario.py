"""A long scenario, decided and folded from nothing: what it gives must be the same everywhere.

``scenario.py SEED``: prints one line of JSON: the digest of all envelopes, the digest of the
picture, and what it ran on. Ids are counted and the clock is a number, so that only the rules,
the geometry and the fold decide what comes out.
"""

from __future__ import annotations

import json
import random
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scenes import HIDDEN, OPEN, Scene, author, details, named, signer, volume
from wideberth.model.commands import (
    AcknowledgeNotice,
    AmendIntent,
    ChangeIntentState,
    OpenSubscription,
    SubmitIntent,
)
from wideberth.model.entries import encode_entry
from wideberth.model.ids import IntentId
from wideberth.model.intents import IntentKind, Source, Step
from wideberth.model.notices import Verb
from wideberth.model.receipts import difference_digest

PARTIES = ("north", "south", "east", "west")
COMMANDS = 150


def play(seed: int) -> Scene:
    """The scene after all commands; many clash, and who may know of whom differs."""
    scene = Scene(*PARTIES, neutral="lake")
    chance = random.Random(seed)
    for _ in range(COMMANDS):
        party = chance.choice(PARTIES)
        mine = [each for each in scene.picture.intents if scene.intent(each).party == party]
        waiting = [
            each
            for each in scene.picture.notices
            if scene.picture.notices[each].notice.recipient == party
        ]
        what = chance.random()
        if what < 0.5 or not mine:
            command = SubmitIntent(IntentId(scene.new_id()), _told(chance))
        elif what < 0.65:
            standing = scene.intent(chance.choice(mine))
            told = _told(chance, kind=standing.kind)
            command = AmendIntent(standing.id, standing.ovn, told)
        elif what < 0.75:
            standing = scene.intent(chance.choice(mine))
            step = chance.choice([Step.ACTIVATE, Step.END])
            command = ChangeIntentState(standing.id, standing.ovn, step)
        elif what < 0.95 and waiting:
            verb = chance.choice([Verb.RECEIVED, Verb.LOADED])
            unit = {} if verb is Verb.RECEIVED else {"unit": "u1", "system": "s"}
            chosen = chance.choice(waiting)
            read = difference_digest(scene.picture.notices[chosen].notice)
            command = AcknowledgeNotice(chosen, verb, difference=read, **unit)  # type: ignore[arg-type]
        else:
            command = OpenSubscription(scene.new_id(), _place(chance))  # type: ignore[arg-type]
        by = signer(party) if isinstance(command, AcknowledgeNotice) else author(party)
        scene.try_(command, by)
        scene.pass_time(chance.choice([0, 0, 0.1]))
    return scene


def _place(chance: random.Random) -> object:
    return volume(
        47 + chance.randrange(6) / 100,
        8 + chance.randrange(6) / 100,
        radius_m=chance.choice([300, 800]),
        lower_m=chance.choice([0, 60]),
        upper_m=120,
        from_min=chance.choice([60, 90]),
        until_min=130,
    )


def _told(chance: random.Random, *, kind: IntentKind | None = None) -> object:
    kind = kind or chance.choice(
        [IntentKind.FLIGHT, IntentKind.FLIGHT, IntentKind.HAZARD, IntentKind.PRESENCE]
    )
    visibility = chance.choice([OPEN, HIDDEN])
    if kind is IntentKind.PRESENCE:
        visibility = named("south", "lake")
    return details(
        *(_place(chance) for _ in range(chance.choice([1, 2]))),  # type: ignore[arg-type]
        kind=kind,
        visibility=visibility,
        source=Source.GPS,
    )


def outcome(seed: int) -> dict[str, str]:
    scene = play(seed)
    written = b"\n".join(encode_entry(entry) for entry in scene.entries)
    return {
        "entries": str(len(scene.entries)),
        "written": sha256(written).hexdigest(),
        "digest": scene.picture.digest(),
        "replayed": scene.replayed().digest(),
        "numpy": np.__version__,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(outcome(int(sys.argv[1]))) + "\n")
