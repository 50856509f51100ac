"""The part of an intent that a reader is shown, labelled with what it is not (P-03)."""

from __future__ import annotations

from wideberth.faces.api import told, views
from wideberth.model.intents import notice_kind_of
from wideberth.model.limits import Part
from wideberth.model.provisions import Shared
from wideberth.picture.picture import Picture
from wideberth.space.time import SECOND_US
from wideberth.space.volume import NANODEGREES

__all__ = ["shared"]


def shared(picture: Picture, part: Part) -> told.SharedIntentOut:
    """What is shown of an intent. A field that is withheld has no member at all."""
    intent, fields = part.intent, part.fields
    whole = views.intent(intent)
    timed = Shared.TIMES in fields
    volumes = [
        told.SharedVolumeOut(
            footprint=each.footprint,
            lower=each.lower,
            upper=each.upper,
            start=each.start if timed else None,
            end=each.end if timed else None,
        )
        for each in whole.volumes
    ]
    return told.SharedIntentOut(
        id=intent.id,
        party=intent.party,
        kind=intent.kind,
        state=intent.state,
        version=intent.version,
        notice_kind=notice_kind_of(intent.kind),
        coarsened=_coarsened(picture, part),
        withheld=[each for each in Shared if each not in fields],
        under=[
            told.SharedUnderOut(
                agreement=each.agreement, version=each.version, provision=each.provision
            )
            for each in part.limits
        ],
        volumes=volumes if Shared.VOLUMES in fields else [],
        start=whole.start if timed else None,
        end=whole.end if timed else None,
        priority=intent.priority if Shared.PRIORITY in fields else None,
        provenance=whole.provenance if Shared.PROVENANCE in fields else None,
        count=intent.count if Shared.COUNT in fields else None,
        call_sign=intent.call_sign if Shared.CALL_SIGN in fields else None,
        place_name=intent.place_name if Shared.PLACE_NAME in fields else None,
    )


def _coarsened(picture: Picture, part: Part) -> told.CoarsenedOut:
    cell_deg = part.cell_nd / NANODEGREES
    height_m = picture.space.rules.cell_height_mm / 1000 if part.cell_nd else 0.0
    step_s = part.time_step_us / SECOND_US
    said = [
        f"places are rounded out to cells of {cell_deg:g} degrees and heights to {height_m:g} m"
        if part.cell_nd
        else "places are exact",
        f"times to {step_s:g} s" if step_s else "times are exact",
    ]
    return told.CoarsenedOut(
        cell_deg=cell_deg,
        height_step_m=height_m,
        time_step_s=step_s,
        words=" and ".join(said),
    )
