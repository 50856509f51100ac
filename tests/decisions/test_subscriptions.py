from __future__ import annotations

from scenes import HIDDEN, Scene, author, details, named, volume
from wideberth.model.commands import CloseSubscription, OpenSubscription
from wideberth.model.entries import SubscribersNotified, SubscriptionOpened
from wideberth.model.ids import SubscriptionId
from wideberth.model.intents import Step
from wideberth.model.refusals import RefusalKind

SUBSCRIPTION = SubscriptionId("s")
AREA = volume(radius_m=5000, from_min=0, until_min=600)


def _scene() -> Scene:
    scene = Scene("north", "south", "east")
    scene.accept(OpenSubscription(SUBSCRIPTION, AREA), author("south"))
    return scene


def _index(scene: Scene) -> int:
    assert scene.picture.history is not None
    return scene.picture.history.notification_index(
        scene.picture.subscriptions[SUBSCRIPTION].number
    )


def test_whatever_touches_the_volume_counts_one_up() -> None:
    scene = _scene()
    intent = scene.tell("north")
    assert _index(scene) == 1
    scene.step(intent, Step.ACTIVATE)
    assert _index(scene) == 2
    intent = scene.amend(scene.intent(intent.id), details(volume(48)))
    assert _index(scene) == 3, "leaving the volume is told too"
    scene.amend(intent, details(volume(49)))
    assert _index(scene) == 3
    scene.tell("north", details(volume(lower_m=101, upper_m=200)))
    assert _index(scene) == 3, "another height does not touch"


def test_the_end_of_an_intent_is_a_notification() -> None:
    scene = _scene()
    scene.step(scene.tell("north"), Step.END)
    assert _index(scene) == 2


def test_the_entry_points_back_to_the_change() -> None:
    scene = _scene()
    scene.tell("east")
    scene.tell("north")
    for position, entry in enumerate(scene.entries):
        if isinstance(entry.body, SubscribersNotified):
            change = scene.entries[position - entry.body.subject_back]
            assert not change.follows, "it is the first entry of its command"


def test_only_what_the_subscriber_may_see_is_told() -> None:
    scene = _scene()
    scene.tell("north", details(visibility=HIDDEN))
    scene.tell("north", details(visibility=named("east")))
    assert _index(scene) == 0
    scene.tell("north", details(visibility=named("south")))
    assert _index(scene) == 1


def test_ones_own_intents_are_not_told_to_oneself() -> None:
    scene = _scene()
    scene.tell("south")
    assert _index(scene) == 0


def test_numbers_are_never_used_twice() -> None:
    scene = _scene()
    scene.accept(CloseSubscription(SUBSCRIPTION), author("south"))
    scene.accept(OpenSubscription(SubscriptionId("t"), AREA), author("south"))
    (first,) = [
        each.body.subscription.number
        for each in scene.entries
        if isinstance(each.body, SubscriptionOpened) and each.body.subscription.id == "s"
    ]
    assert scene.picture.subscriptions[SubscriptionId("t")].number != first


def test_anothers_subscription_is_unknown() -> None:
    scene = _scene()
    refusal = scene.refuse(CloseSubscription(SUBSCRIPTION), author("north"))
    assert refusal == scene.refuse(CloseSubscription(SubscriptionId("u")), author("north"))
    assert refusal.kind is RefusalKind.UNKNOWN
