"""Words for how a party's own flights keep to their intents."""

from __future__ import annotations

from typing import Any, List, Tuple

from wideberth.evidence.alone.phrases import duration_words, quoted, time_words

__all__ = ["FLIGHT_WORDS", "flights_rows"]

ToldOfFlights = Tuple[str, List[Tuple[str, str]]]
"""A sentence, and rows of (name, text)."""

_FLIGHT_LIMITS = {
    "inside": "less of the known time inside than set",
    "longest": "an excursion longer than set",
    "per-hour": "more excursions a flight hour than set",
}


def flights_rows(summed: dict[str, Any]) -> list[tuple[str, str]]:
    """What flights of a period come to, and what they were held against."""
    beyond = "; ".join(_FLIGHT_LIMITS.get(each, quoted(each)) for each in summed["beyond"])
    least = "at least {:g}% of the known time".format(summed["least_inside_millionths"] / 10_000)
    return [
        (
            "From, to",
            "{} to {}".format(time_words(summed["from_us"]), time_words(summed["to_us"])),
        ),
        ("Flights", str(summed["flights"])),
        ("Inside", "{}; {}".format(duration_words(summed["inside_us"]), least)),
        ("Outside", duration_words(summed["outside_us"])),
        ("Not known", duration_words(summed["unknown_us"])),
        (
            "Excursions",
            "{}; at most {:g} a flight hour".format(
                summed["excursions"], summed["per_hour_thousandths"] / 1_000
            ),
        ),
        (
            "Longest excursion",
            "{}; at most {}".format(
                duration_words(summed["longest_us"]), duration_words(summed["limit_us"])
            ),
        ),
        ("Says little below", "{} of known time".format(duration_words(summed["enough_us"]))),
        ("Beyond the limits", beyond or "none of them"),
    ]


def _flight_measured(body: dict[str, Any]) -> ToldOfFlights:
    return "How a track of {} kept to its intent {} was counted.".format(
        body["party"], body["intent"]
    ), [
        ("Track", "{} of the feed {}".format(quoted(body["track"]), quoted(body["feed"]))),
        ("From, to", "{} to {}".format(time_words(body["from_us"]), time_words(body["until_us"]))),
        ("The flight began", time_words(body["began_us"])),
        ("Inside", duration_words(body["inside_us"])),
        ("Outside", duration_words(body["outside_us"])),
        ("Not known", duration_words(body["unknown_us"])),
        ("Excursions", str(body["excursions"])),
        ("Longest excursion", duration_words(body["longest_us"])),
    ]


def _conformance_analysed(body: dict[str, Any]) -> ToldOfFlights:
    notice = body.get("notice")
    rows = [
        ("Analysis", "number {} of this party".format(body["number"])),
        *flights_rows(body["summed"]),
        ("Flights recorded by then", str(body["seen"])),
        ("The newest ended", time_words(body["newest_us"])),
        ("Due by", time_words(body["due_us"])),
        ("In time", "no: it is late" if body["late"] else "yes"),
        ("Told by the notice", notice or "none: there was nothing to tell"),
    ]
    if body.get("told_late"):
        rows.append(("Told in time", "no: it was told late"))
    return "The flights of {} were held against the limits.".format(body["party"]), rows


def _stepped_by_track(body: dict[str, Any]) -> ToldOfFlights:
    since_us = body["outside_since_us"]
    return "The intent {} of {} took the step {} by rule, as its party wanted.".format(
        body["intent"], body["party"], body["step"]
    ), [
        ("Rule", body["rule"]),
        ("Track", "{} of the feed {}".format(quoted(body["track"]), quoted(body["feed"]))),
        ("Outside since", "inside" if since_us is None else time_words(since_us)),
        ("Newest position", time_words(body["position_us"])),
        ("Entries since the step", str(body["back"])),
    ]


FLIGHT_WORDS: dict[str, Any] = {
    "FlightMeasured": _flight_measured,
    "ConformanceAnalysed": _conformance_analysed,
    "SteppedByTrack": _stepped_by_track,
}
