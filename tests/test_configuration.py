"""Settings: a file, variables over it, checked as one; and shown with where each comes from."""

from __future__ import annotations

import tomllib
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
import pytest
from typer.testing import CliRunner

from wideberth.configuration import Configuration, effective_configuration, load_configuration
from wideberth.errors import InvalidValue
from wideberth.faces.cli.app import app
from wideberth.layered import HIDDEN, Layers, Secret, layers_of, shown, variable_of
from wideberth.watch.settings import WatchSettings


def given(folder: Path, text: str) -> Path:
    path = folder / "wideberth.toml"
    path.write_text(text)
    return path


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    path = given(tmp_path, '[listen]\nport = 1000\n[space]\nhost = "in the file"\n')
    found = load_configuration(path, {"WIDEBERTH_LISTEN__PORT": "2000"})
    assert (found.listen.port, found.space.host) == (2000, "in the file")
    assert found.watch == Configuration().watch
    assert load_configuration(path, {"WIDEBERTH_LISTEN__PORT": ""}).listen.port == 1000


def test_what_is_simulated_is_taken_in_an_exercise_only(tmp_path: Path) -> None:
    feed = '[[feed]]\nname = "rid"\nkind = "remote-id"\naddress = "https://a.example/x"\n'
    path = given(tmp_path, feed + "simulated = true\n")
    with pytest.raises(InvalidValue) as caught:
        load_configuration(path, {})
    assert caught.value.rule == "exercise-only"
    assert "feed.0.simulated" in caught.value.field
    assert load_configuration(path, {"WIDEBERTH_SPACE__EXERCISE": "true"}).feed[0].simulated
    path = given(tmp_path, feed.replace("remote-id", "opensky") + "simulated = true\n")
    with pytest.raises(InvalidValue, match="no other kind says what is simulated"):
        load_configuration(path, {"WIDEBERTH_SPACE__EXERCISE": "true"})


def test_variables_need_no_file_and_reach_into_tables(tmp_path: Path) -> None:
    found = load_configuration(
        tmp_path / "wideberth.toml",
        {
            "WIDEBERTH_FOLDER": "not a setting",
            "HOME": "/",
            "WIDEBERTH_SPACE__EXERCISE": "true",
            "WIDEBERTH_CLOCK__START": "2020-09-09T00:00:00Z",
            "WIDEBERTH_CLOCK__AT": "2026-01-01T00:00:00Z",
            "WIDEBERTH_RULES__VERSION": "7",
            "WIDEBERTH_RULES__SEPARATION__HORIZONTAL_M": "12.5",
            "WIDEBERTH_RULES__DEFAULT": "refuse",
        },
    )
    assert found.space.exercise is True
    assert found.clock is not None
    assert found.rules is not None
    assert (found.rules.version, found.rules.separation.horizontal_m) == ("7", 12.5)


def scalars(kind: Any, within: str = "") -> list[tuple[str, Any]]:
    """Every key that holds a single value, with its type, found without the code under test."""
    found: list[tuple[str, Any]] = []
    for field in msgspec.structs.fields(kind):
        choices = [
            each for each in (get_args(field.type) or (field.type,)) if each is not type(None)
        ]
        inner = [c for c in choices if isinstance(c, type) and issubclass(c, msgspec.Struct)]
        if get_origin(field.type) is tuple:
            continue
        if inner:
            found += scalars(inner[0], f"{within}{field.encode_name}.")
        else:
            found.append((f"{within}{field.encode_name}", field.type))
    return found


def words_of(kind: Any) -> list[str]:
    """The words of which one must be chosen: of a Literal or an enumeration."""
    words: list[str] = []
    for each in (kind, *get_args(kind)):
        if isinstance(each, type) and issubclass(each, Enum):
            words += [str(member.value) for member in each]
        elif get_origin(each) is Literal:
            words += get_args(each)
    return words


@pytest.mark.parametrize("key", [key for key, _ in scalars(Configuration)])
def test_every_single_value_can_be_set_by_a_variable(tmp_path: Path, key: str) -> None:
    kind = dict(scalars(Configuration))[key]
    for text in (*words_of(kind), "true", "7.5", "7", "some text"):
        try:
            msgspec.convert(text, kind, strict=False)
        except msgspec.ValidationError:
            continue
        break
    else:
        pytest.fail(f"no text fits {kind}")
    layers = layers_of(tmp_path / "none.toml", Configuration, {variable_of(key): text})
    value: Any = layers.raw
    for part in key.split("."):
        value = value[part]
    assert msgspec.convert(value, kind) is not None
    assert layers.where(key) == variable_of(key)


@pytest.mark.parametrize(
    ("variable", "text", "wanted"),
    [
        pytest.param("LISTEN__PROT", "1", ["no setting listen.prot", "mean port?"], id="misspelt"),
        pytest.param("LISTEN_PORT", "1", ["WIDEBERTH_LISTEN__PORT"], id="one underline"),
        pytest.param("RECORD_KEY_FILE", "x", ["WIDEBERTH_RECORD__KEY_FILE"], id="one of three"),
        pytest.param(
            "LISTENS__PORT", "1", ["no setting listens.port", "mean listen?"], id="no such table"
        ),
        pytest.param("LISTEN__PORT__X", "1", ["no setting"], id="below a value"),
        pytest.param("LISTEN__PORT", "many", ["many", "give a whole number"], id="no number"),
        pytest.param("LISTEN__PORT", "70000", ["70000", "0 to 65535"], id="no port"),
        pytest.param("SPACE__EXERCISE", "maybe", ["maybe", "give true or false"], id="no truth"),
        pytest.param("AUTH__ISSUERS", "x", ["set it in wideberth.toml"], id="a list"),
        pytest.param("RULES__SEPARATION", "x", ["set it in wideberth.toml"], id="a table"),
        pytest.param("WATCH__TICK_S", "0", ["0.05 to 60"], id="a rule of the watch"),
        pytest.param("WATCH__WELL_CLEAR", "phase-3", ["off, phase-1"], id="no such volume"),
        pytest.param("WATCH__BY_DISTANCE", "false", ["give a volume"], id="no rule at all"),
        pytest.param("WATCH__CLEAR_FACTOR", "0.9", ["1 to 2"], id="cleared within the limits"),
        pytest.param("WATCH__CLEAR_FACTOR", "nan", ["1 to 2"], id="no factor"),
        pytest.param("WATCH__CLEAR_AFTER_S", "-1", ["give 0 to"], id="cleared before"),
        pytest.param("CONFORMANCE__LEAST_INSIDE_PERCENT", "120", ["0 to 100"], id="over all"),
        pytest.param("CONFORMANCE__PERIOD_DAYS", "nan", ["0.01 to 92 days"], id="no period"),
        pytest.param("WATCH__TICK_S", "nan", ["0.05 to 60"], id="not a number"),
        pytest.param("RULES__CELL_DEG", "11", ["version"], id="a rule of the rules"),
        pytest.param(
            "LOG__FORMAT", "xml", ["xml", "give one of: text, json"], id="none of the words"
        ),
    ],
)
def test_a_wrong_variable_is_named_with_value_and_rule(
    tmp_path: Path, variable: str, text: str, wanted: list[str]
) -> None:
    with pytest.raises(InvalidValue) as refused:
        load_configuration(tmp_path / "wideberth.toml", {f"WIDEBERTH_{variable}": text})
    said = str(refused.value)
    if variable != "RULES__CELL_DEG":  # there, what is missing is named
        assert said.startswith(f"WIDEBERTH_{variable}: "), said
    for part in wanted:
        assert part in said


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param('[listen]\ntls_client = "required"', "listen.tls_client", id="no authority"),
        pytest.param('[listen]\ntls_client_ca = "a.pem"', "listen.tls_client_ca", id="no TLS"),
        pytest.param('[listen]\nproxies = ["proxy.example"]', "listen.proxies.0", id="a name"),
        pytest.param('[metrics]\nport = 9\nhost = "0.0.0.0"', "metrics.token", id="open metrics"),
        pytest.param("[limits]\ncommands_per_s = 0", "limits.commands_per_s", id="no commands"),
        pytest.param("[limits]\nreads_per_s = inf", "limits.reads_per_s", id="no limit"),
        pytest.param('[[limits.parties]]\nparty = "No"', "limits.parties.0.party", id="no id"),
        pytest.param(
            '[[limits.parties]]\nparty = "a1"\n[[limits.parties]]\nparty = "a1"',
            "limits.parties.1.party",
            id="a party twice",
        ),
        pytest.param(
            '[[auth.certificates]]\nparty = "a1"\nsha256 = "00"',
            "auth.certificates.0.sha256",
            id="no digest",
        ),
        pytest.param(
            '[[auth.certificates]]\nparty = "a1"', "auth.certificates.0.subject", id="neither"
        ),
        pytest.param('[clock]\nstart = "x"\nat = "y"', "clock", id="a clock in a real space"),
    ],
)
def test_what_no_type_says_is_checked_and_named_by_file_and_key(
    tmp_path: Path, text: str, wanted: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        load_configuration(given(tmp_path, text), {})
    assert f"wideberth.toml: {wanted}" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            '[space]\nhots = "x"',
            "space.hots: there is no such setting; did you mean host? [space] may have: origin,",
            id="an unknown key",
        ),
        pytest.param(
            "[listne]\nport = 1",
            "listne: there is no such setting; did you mean listen?",
            id="an unknown table",
        ),
        pytest.param(
            '[listen]\nport = "8470"',
            "listen.port: give a whole number [setting, got '8470'",
            id="a text for a number",
        ),
        pytest.param(
            "[space]\nexercise = 1",
            "space.exercise: give true or false [",
            id="a number for a truth",
        ),
        pytest.param(
            "[space]\norigin = 1", "space.origin: give a text in quotes [", id="a number for a text"
        ),
        pytest.param(
            '[listen]\nproxies = "x"',
            "listen.proxies: give a list, in [ ] [",
            id="a text for a list",
        ),
        pytest.param("limits = 3", "limits: give a table [", id="a number for a table"),
        pytest.param(
            '[rules]\nversion = "1"\ndefault = "x"',
            "rules.default: give one of: warn, refuse, none [",
            id="none of the words",
        ),
        pytest.param(
            '[delivery]\nmail_tls = "x"',
            "delivery.mail_tls: give one of: starttls, tls, none [",
            id="none of the literals",
        ),
        pytest.param(
            '[clock]\nstart = "x"', "clock.at: give it: this table needs it [", id="a missing key"
        ),
        pytest.param(
            '[[auth.issuers]]\nissuer = "x"',
            "auth.issuers.0.audience: give it",
            id="missing within a list",
        ),
    ],
)
def test_what_the_types_refuse_is_said_in_words_and_says_what_there_is(
    tmp_path: Path, text: str, wanted: str
) -> None:
    with pytest.raises(InvalidValue) as refused:
        load_configuration(given(tmp_path, text), {})
    error = refused.value
    said = f"{error.field}: {error.advice} [{error.rule}, got {error.value!r}]"
    assert said.startswith(f"wideberth.toml: {wanted}"), said


@pytest.mark.parametrize("wrong", ["tokne = 'x'", "port = 'x'", "parties = 1"])
def test_a_misspelt_neighbour_does_not_show_a_secret(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        load_configuration(
            given(tmp_path, f'[metrics]\ntoken = "0123456789abcdefSECRET"\n{wrong}\n'), {}
        )
    assert "SECRET" not in str(refused.value)


def test_a_key_that_is_not_known_is_named_without_its_value(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue) as refused:
        load_configuration(given(tmp_path, '[metrics]\ntokne = "0123456789abcdefSECRET"\n'), {})
    assert "metrics.tokne" in str(refused.value)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize("name", ["WIDEBERTH_FOLDER", "WIDEBERTH_TOKEN", "WIDEBERTH_KILLS"])
def test_variables_that_are_no_settings_are_left_alone(tmp_path: Path, name: str) -> None:
    assert load_configuration(tmp_path / "none.toml", {name: "x"}) is not None


def test_a_secret_is_in_no_complaint_and_not_shown(tmp_path: Path) -> None:
    path = given(tmp_path, '[metrics]\nport = 0\ntoken = "0123456789abcdefSECRET"\n')
    found = effective_configuration(path, {})
    assert found.configuration.metrics.token == "0123456789abcdefSECRET"
    assert "SECRET" not in str(list(shown(found.configuration, found.layers)))
    for text in ("SECRET", "7"):
        with pytest.raises(InvalidValue) as refused:
            load_configuration(path, {"WIDEBERTH_METRICS__TOKEN": text})
        assert "SECRET" not in str(refused.value)
    with pytest.raises(InvalidValue) as refused:
        load_configuration(given(tmp_path, "[metrics]\ntoken = 424242\n"), {})
    assert "424242" not in str(refused.value)


class Inner(msgspec.Struct, frozen=True):
    name: str
    password: Secret | None = None


class Outer(msgspec.Struct, frozen=True):
    items: tuple[Inner, ...] = ()


def test_a_secret_within_a_list_is_hidden_too() -> None:
    settings = Outer((Inner("a", "SECRET"), Inner("b")))
    (only,) = shown(settings, Layers("x.toml", {"items": []}))
    text = f'[{{ name = "a", password = "{HIDDEN}" }}, {{ name = "b" }}]'
    assert (only.key, only.value, only.source) == ("items", text, "x.toml")


# The command.


def run(folder: Path, *arguments: str, status: int = 0, **environ: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--folder", str(folder)], env=environ)
    assert done.exit_code == status, done.output
    return done.stdout if status == 0 else done.stderr


def test_what_config_shows_is_toml_that_gives_the_same_settings(tmp_path: Path) -> None:
    path = given(
        tmp_path,
        '[space]\norigin = "o.example/s"\nhost = "D\\"esk"\n[listen]\nproxies = ["10.0.0.1"]\n'
        '[rules]\nversion = "r"\n[[rules.pairs]]\nkinds = ["flight", "hazard"]\n'
        'separation = { horizontal_m = 500 }\n[[limits.parties]]\nparty = "alpha"\nstreams = 3\n',
    )
    text = run(tmp_path, "config", "show", WIDEBERTH_LISTEN__PORT="9999")
    assert "listen.port = 9999  # WIDEBERTH_LISTEN__PORT\n" in text
    assert 'space.origin = "o.example/s"  # wideberth.toml\n' in text
    assert 'listen.host = "127.0.0.1"  # default\n' in text
    assert "# listen.tls_key =  # default\n" in text
    again = msgspec.convert(tomllib.loads(text), Configuration)
    assert again == load_configuration(path, {"WIDEBERTH_LISTEN__PORT": "9999"})


def test_config_check_reads_what_a_start_would_read_and_makes_nothing(tmp_path: Path) -> None:
    assert "not there" in run(tmp_path / "none", "config", "check")
    given(tmp_path, '[[auth.issuers]]\nissuer = "i"\naudience = "a"\npem = ["no.pem"]\n')
    assert "auth.issuers.0.pem" in run(tmp_path, "config", "check", status=2)
    given(tmp_path, '[listen]\ntls_certificate = "no.pem"\ntls_key = "no.key"\n')
    assert "listen.tls_certificate" in run(tmp_path, "config", "check", status=2)
    given(tmp_path, "")
    said = run(tmp_path, "config", "check", WIDEBERTH_LISTEN__PORT="1")
    assert said.splitlines()[1:] == ["variable WIDEBERTH_LISTEN__PORT"]
    assert [each.name for each in tmp_path.iterdir()] == ["wideberth.toml"]


def test_how_a_warning_begins_and_ends_is_set(tmp_path: Path) -> None:
    text = """[watch]
raise_count = 2
raise_window = 3
clear_after_s = 30
clear_factor = 1.5
silence_of_all = true
"""
    watch = load_configuration(given(tmp_path, text), {}).watch.settings()
    life = watch.warnings
    assert (life.raise_count, life.raise_window) == (2, 3)
    assert (life.hold_us, life.clear_factor) == (30_000_000, 1.5)
    assert watch.silence_of_all
    assert Configuration().watch.settings() == WatchSettings(), "else as everywhere"
    with pytest.raises(InvalidValue, match=r"raise_count.*1 <= raise_count <= raise_window <= 32"):
        load_configuration(given(tmp_path, "[watch]\nraise_count = 2\n"), {})
