"""Whose seal key and whose word a sealed text rests on, and where words must be sealed."""

from __future__ import annotations

import os
import typing
from base64 import urlsafe_b64encode
from typing import Any

import msgspec
import pytest
from nacl.signing import SigningKey

from scenes import Scene, author, details, named, volume
from wideberth.decisions import decide, sealing
from wideberth.decisions.decide import role_for
from wideberth.decisions.sealing import FREE_WORDS, refuse_words
from wideberth.model.commands import (
    AcknowledgeNotice,
    AdoptRules,
    EnrolKey,
    RevokeKey,
    SubmitIntent,
)
from wideberth.model.entries import decode_entry, encode_entry
from wideberth.model.envelope import sign_possession
from wideberth.model.ids import IntentId, KeyId, NoticeId, PartyId
from wideberth.model.intents import IntentKind
from wideberth.model.keeping import EpochOpened
from wideberth.model.liveness import SuspendChannel
from wideberth.model.notices import Verb
from wideberth.model.parties import SYSTEM, Author, How, Role
from wideberth.model.sealed import (
    About,
    AboutType,
    OfferSealKey,
    SealedText,
    SealKey,
    SealText,
    reference_of,
)
from wideberth.model.settings import DEFAULT_RULES
from wideberth.model.stated import Phase, Stated
from wideberth.model.stops import TellStop
from wideberth.picture import keeping
from wideberth.picture.snapshot import dump, load
from wideberth.picture.visibility import is_readable
from wideberth.sealed.texts import Sealer, make_seal_key, seal_text
from wideberth.space.time import DAY_US
from wideberth.space.volume import Volume4D

ALPHA, BRAVO, CHARLIE = PartyId("alpha"), PartyId("bravo"), PartyId("charlie")
SEALED_ONLY = msgspec.structs.replace(DEFAULT_RULES, version="sealed-only", seal_texts=True)


class Hand:
    """Who holds a party's signing key and its seal key."""

    def __init__(self, scene: Scene, party: str, roles: tuple[Role, ...] = tuple(Role)) -> None:
        self.scene = scene
        self.signing = SigningKey.generate()
        self.private = os.urandom(32)
        self.sealer = Sealer(scene.picture.space.origin, PartyId(party), KeyId("k"), self.signing)
        public = bytes(self.signing.verify_key)
        proof = sign_possession(self.signing, origin=self.sealer.origin, kid=f"{party}/k")
        scene.accept(
            EnrolKey(PartyId(party), KeyId("k"), b64(public), roles, b64(proof)), author(party)
        )

    def seal_key(self, number: int = 1) -> SealKey:
        return make_seal_key(self.sealer, self.private, number)

    def seals(self, about: About, *to: SealKey, words: str = "words") -> SealedText:
        return seal_text(self.sealer, words, about=about, to=to, random_bytes=os.urandom)


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def scene() -> Scene:
    return Scene("alpha", "bravo", "charlie")


def hands(scene: Scene) -> tuple[Hand, Hand]:
    """alpha and bravo, each with a seal key in force."""
    pair = (Hand(scene, "alpha"), Hand(scene, "bravo"))
    for hand in pair:
        scene.accept(OfferSealKey(hand.seal_key()), author(hand.sealer.party))
    return pair


PARTY = About(AboutType.PARTY, "alpha")


class TestSealKeys:
    def test_a_seal_key_takes_the_place_of_the_one_before(self, scene: Scene) -> None:
        alpha, _ = hands(scene)
        assert scene.refuse(OfferSealKey(alpha.seal_key(1)), author("alpha")).rule == (
            "seal-key-number"
        )
        assert scene.refuse(OfferSealKey(alpha.seal_key(3)), author("alpha")).rule == (
            "seal-key-number"
        )
        alpha.private = os.urandom(32)
        scene.accept(OfferSealKey(alpha.seal_key(2)), author("alpha"))
        assert scene.picture.seal_keys[ALPHA, KeyId("k")].number == 2

    @pytest.mark.parametrize("who", [author("bravo"), SYSTEM], ids=["another party", "the host"])
    def test_nobody_but_the_party_offers_its_key(self, scene: Scene, who: Author) -> None:
        alpha = Hand(scene, "alpha")
        assert scene.refuse(OfferSealKey(alpha.seal_key()), who).rule == "not-yours"

    def test_a_key_that_the_host_made_is_refused(self, scene: Scene) -> None:
        Hand(scene, "alpha")
        theirs = Sealer(scene.picture.space.origin, ALPHA, KeyId("k"), SigningKey.generate())
        forged = make_seal_key(theirs, os.urandom(32), 1)
        assert scene.refuse(OfferSealKey(forged), author("alpha")).rule == "seal-key-unsigned"

    def test_a_signing_key_that_is_not_in_force_vouches_for_nothing(self, scene: Scene) -> None:
        alpha, bravo = hands(scene)
        scene.accept(RevokeKey(ALPHA, KeyId("k")), author("alpha"))
        assert (ALPHA, KeyId("k")) not in scene.picture.seal_keys
        assert scene.refuse(OfferSealKey(alpha.seal_key(2)), author("alpha")).rule == "no-such-key"
        sealed = alpha.seals(PARTY, bravo.seal_key())
        assert scene.refuse(SealText(sealed), author("alpha")).rule == "key-not-in-force"

    def test_a_point_of_low_order_is_refused(self, scene: Scene) -> None:
        alpha = Hand(scene, "alpha")
        weak = msgspec.structs.replace(alpha.seal_key(), public_key=b64(bytes(32)))
        assert scene.refuse(OfferSealKey(weak), author("alpha")).rule == "x25519-point"

    def test_a_new_epoch_begins_without_seal_keys(self, scene: Scene) -> None:
        hands(scene)
        assert list(scene.picture.seal_keys)
        opened = EpochOpened("space.example/next", "key", "old", 1, "why", 1)
        keeping.FOLDS[EpochOpened](scene.picture, opened, scene.entries[-1], scene.picture.size)
        assert not list(scene.picture.seal_keys)


class TestSealedTexts:
    def test_its_sender_and_those_it_is_sealed_to_may_read_it(self, scene: Scene) -> None:
        alpha, bravo = hands(scene)
        text = alpha.seals(PARTY, bravo.seal_key())
        scene.accept(SealText(text), author("alpha"))
        (entry,) = (each for each in scene.entries if type(each.body).__name__ == "TextSealed")
        parties = list(scene.picture.parties)
        readers = [each for each in parties if is_readable(scene.picture, entry, each)]
        assert readers == [ALPHA, BRAVO]
        mark = scene.picture.sealed_texts[reference_of(alpha.sealer.origin, text)]
        assert [each for each in parties if mark.is_shown_to(each)] == readers
        again = encode_entry(entry)
        assert decode_entry(again, position=0) == entry
        assert b"words" not in again

    def test_it_counts_once(self, scene: Scene) -> None:
        alpha, bravo = hands(scene)
        text = alpha.seals(PARTY, bravo.seal_key())
        scene.accept(SealText(text), author("alpha"))
        assert scene.refuse(SealText(text), author("alpha")).rule == "already-sent"

    def test_nobody_seals_in_another_s_name(self, scene: Scene) -> None:
        alpha, bravo = hands(scene)
        text = alpha.seals(PARTY, bravo.seal_key())
        for who in (author("bravo"), SYSTEM):
            assert scene.refuse(SealText(text), who).rule == "not-yours"
        stolen = msgspec.structs.replace(text, sender=BRAVO)
        assert scene.refuse(SealText(stolen), author("bravo")).rule == "sealed-unsigned"

    def test_it_takes_a_key_that_may_tell_acknowledge_or_sign(self, scene: Scene) -> None:
        watching = Hand(scene, "alpha", roles=(Role.WATCH, Role.ADMINISTER))
        scene.accept(OfferSealKey(watching.seal_key()), author("alpha"))  # it may be sealed to
        text = watching.seals(PARTY, watching.seal_key())
        assert scene.refuse(SealText(text), author("alpha")).rule == "key-not-in-force"
        only = author("alpha", roles=(Role.WATCH,))
        assert scene.refuse(SealText(text), only).rule == "role-missing"

    def test_it_is_sealed_to_keys_in_force(self, scene: Scene) -> None:
        alpha, bravo = hands(scene)
        old = bravo.seal_key()
        bravo.private = os.urandom(32)
        scene.accept(OfferSealKey(bravo.seal_key(2)), author("bravo"))
        for keys in ((old,), (alpha.seal_key(), old)):
            refusal = scene.refuse(SealText(alpha.seals(PARTY, *keys)), author("alpha"))
            assert refusal.rule == "seal-key-not-in-force"
            assert refusal.field == f"recipients.{len(keys) - 1}"
        twice = alpha.seals(PARTY, bravo.seal_key(2), bravo.seal_key(2))
        assert scene.refuse(SealText(twice), author("alpha")).rule == "recipients"

    def test_what_is_hidden_and_what_does_not_exist_are_refused_alike(self, scene: Scene) -> None:
        alpha, bravo = hands(scene)
        hidden = scene.tell("charlie", details(visibility=named("bravo")))
        to = bravo.seal_key()
        refusals = [
            scene.refuse(SealText(alpha.seals(About(kind, name), to)), author("alpha"))
            for kind, name in (
                (AboutType.INTENT, hidden.id),
                (AboutType.INTENT, "nothing"),
                (AboutType.ZONE, "nothing"),
                (AboutType.NOTICE, "nothing"),
                (AboutType.STOP, "nothing"),
                (AboutType.AGREEMENT, "nothing"),
                (AboutType.PARTY, "nobody"),
            )
        ]
        assert {each.rule for each in refusals} == {"about-unknown"}
        assert {each.advice for each in refusals} == {refusals[0].advice}
        scene.accept(
            SealText(bravo.seals(About(AboutType.INTENT, hidden.id), alpha.seal_key())),
            author("bravo"),
        )

    def test_it_leaves_the_picture_after_a_month_also_after_a_restart(self, scene: Scene) -> None:
        alpha, bravo = hands(scene)
        scene.accept(SealText(alpha.seals(PARTY, bravo.seal_key())), author("alpha"))
        again = load(dump(scene.picture))
        assert again.digest() == scene.picture.digest()
        assert list(again.sealed_texts) == list(scene.picture.sealed_texts)
        scene.now_us += 31 * DAY_US
        scene.tell("bravo", details(late(scene)))
        assert not list(scene.picture.sealed_texts)


def late(scene: Scene) -> Volume4D:
    minutes = (scene.now_us - 1_800_000_000_000_000) // 60_000_000
    return volume(from_min=minutes + 60, until_min=minutes + 120)


def suspended(words: str) -> SuspendChannel:
    return SuspendChannel(words, words)


class TestWords:
    """Free text where a space wants it sealed, and where it does not."""

    def challenged(self, scene: Scene) -> tuple[Hand, Hand, NoticeId]:
        pair = hands(scene)
        scene.tell("alpha", details())
        scene.tell("bravo", details())
        (notice,) = scene.open_notices("alpha")
        return (*pair, notice.id)

    def test_clear_words_stay_possible(self, scene: Scene) -> None:
        signed = author("alpha", how=How.SIGNED)
        assert refuse_words(scene.picture, suspended("the desk moves"), signed) is None

    def test_a_space_may_want_words_sealed(self, scene: Scene) -> None:
        signed = author("alpha", how=How.SIGNED)
        scene.accept(AdoptRules(SEALED_ONLY), SYSTEM)
        refusal = refuse_words(scene.picture, suspended("the desk moves"), signed)
        assert refusal is not None
        assert (refusal.rule, refusal.field, refusal.value) == ("sealed-words-only", "scope", None)
        assert refuse_words(scene.picture, suspended(""), signed) is None  # of that others decide
        alpha, bravo = hands(scene)
        text = alpha.seals(PARTY, bravo.seal_key())
        scene.accept(SealText(text), author("alpha"))
        name = reference_of(alpha.sealer.origin, text)
        assert refuse_words(scene.picture, suspended(name), signed) is None
        other = alpha.seals(About(AboutType.PARTY, "bravo"), bravo.seal_key())
        scene.accept(SealText(other), author("alpha"))
        moved = suspended(reference_of(alpha.sealer.origin, other))
        refusal = refuse_words(scene.picture, moved, signed)
        assert refusal is not None
        assert refusal.rule == "no-such-sealed-text"

    def test_the_rule_stands_in_the_way_of_a_command(self, scene: Scene) -> None:
        stated = Stated(phase=Phase.DEPARTED, phase_text="seven people in two vehicles")
        told = SubmitIntent(IntentId("m"), details(kind=IntentKind.MOVEMENT, stated=stated))
        scene.accept(AdoptRules(SEALED_ONLY), SYSTEM)
        assert scene.refuse(told, author("alpha")).rule == "sealed-words-only"

    def test_a_planted_decide_that_does_not_ask_is_found(
        self, scene: Scene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "refuse_words", lambda *_: None)
        with pytest.raises(AssertionError):
            self.test_the_rule_stands_in_the_way_of_a_command(scene)

    def test_an_answer_names_the_sealed_reason(self, scene: Scene) -> None:
        alpha, bravo, notice = self.challenged(scene)
        scene.accept(AdoptRules(SEALED_ONLY), SYSTEM)
        said = author("alpha", how=How.SIGNED)
        clear = AcknowledgeNotice(notice, Verb.DISPUTED, reason="we see nobody there")
        assert refuse_words(scene.picture, clear, said) is not None
        text = alpha.seals(About(AboutType.NOTICE, notice), bravo.seal_key())
        name = reference_of(alpha.sealer.origin, text)
        sealed = AcknowledgeNotice(notice, Verb.DISPUTED, reason=name)
        unknown = refuse_words(scene.picture, sealed, said)
        assert unknown is not None
        assert unknown.rule == "no-such-sealed-text"
        scene.accept(SealText(text), author("alpha"))
        assert refuse_words(scene.picture, sealed, said) is None
        # Not about another object, and not in another party's mouth.
        elsewhere = AcknowledgeNotice(NoticeId("other"), Verb.DISPUTED, reason=name)
        assert refuse_words(scene.picture, elsewhere, said) is not None
        assert refuse_words(scene.picture, sealed, author("bravo")) is not None

    def test_a_dangling_name_is_refused_also_where_clear_words_are_taken(
        self, scene: Scene
    ) -> None:
        dangling = suspended("sealed-" + "0" * 64)
        refusal = refuse_words(scene.picture, dangling, author("alpha", how=How.SIGNED))
        assert refusal is not None
        assert refusal.rule == "no-such-sealed-text"

    def test_what_was_relayed_is_never_lost_for_being_clear(self, scene: Scene) -> None:
        _, _, notice = self.challenged(scene)
        scene.accept(AdoptRules(SEALED_ONLY), SYSTEM)
        clear = AcknowledgeNotice(notice, Verb.DISPUTED, reason="we see nobody there")
        assert refuse_words(scene.picture, clear, author("alpha", how=How.RELAYED)) is None

    def test_nothing_stands_before_stop(self) -> None:
        assert TellStop not in FREE_WORDS

    def test_every_free_text_of_a_party_s_command_is_known_here(self) -> None:
        """A new command with words in it has to be thought about."""
        not_words = {
            # Names and labels, by which things are called: everybody has to be able to say them.
            "call_sign", "title", "language", "media_type", "place_name", "name", "system",
            "checked_by", "provision",
            # The program's own: ids, digests, geometry as it was declared.
            "declaration", "digest", "key_id", "public_key", "proof", "export", "open_list",
            "stop", "id", "kind", "difference", "content", "item",
            # Of drills: the word that was drawn, and what the read-back test grades.
            "drill", "word", "identification", "place", "begins", "ends",
            "lowest_m", "highest_m", "permission", "clear",
            "sealed", "document_sha256", "sha256",
        }  # fmt: skip
        words = {
            (command.__name__, each.field.rpartition(".")[2])
            for command, known in FREE_WORDS.items()
            for each in known
        }
        found = {
            (command.__name__, member)
            for command in decide._RULES
            if role_for(command) is not None
            for member in texts_of(command)
        }
        assert words <= found
        codes = {("DeclareZone", "reason")}  # N-13: a short code, or withheld
        unknown = {each for each in found - words - codes if each[1] not in not_words}
        # Nothing may stand before a STOP or a DOUBT.
        clear = {"TellStop", "RaiseDoubt", "AnswerDoubt"}
        assert {command for command, _ in unknown} <= clear, unknown

    def test_all_of_it_is_asked_by_parties(self) -> None:
        assert all(role_for(each) is not None for each in FREE_WORDS)


def texts_of(command: type) -> set[str]:
    """The members of a command, and of what an intent tells and states, that are plain text."""
    found: set[str] = set()
    waiting: list[Any] = [command]
    while waiting:
        for each in msgspec.structs.fields(waiting.pop()):
            if each.type in (str, str | None):
                found.add(each.name)
            waiting += [part for part in parts_of(each.type) if part.__name__ in _HOLDS_WORDS]
    return found


_HOLDS_WORDS = {
    *("IntentDetails", "Stated", "Provenance", "Stop"),
    *("Claims", "DamageClaim", "DamageItem", "Lodging"),
}


def parts_of(kind: Any) -> list[type]:
    return [each for each in typing.get_args(kind) or (kind,) if isinstance(each, type)]
