"""Well clear against its definition, moment by moment, and against stored answers of DAIDALUS."""

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from well_clear import not_clear, scaled
from wideberth.watch import wellclear
from wideberth.watch.wellclear import (
    NON_COOP,
    NON_COOP_ALERTS,
    PHASE_I,
    PHASE_I_ALERTS,
    PHASE_I_PREVENTIVE,
    PHASE_II,
    PHASE_II_ALERTS,
    alert_level,
    closest_approach,
    modified_tau_s,
    violated,
    violation,
)

VOLUMES = {
    "phase_1": PHASE_I,
    "phase_2": PHASE_II,
    "non_coop": NON_COOP,
    "buffered_phase_1": wellclear.BUFFERED_PHASE_I,
}
STORED = Path(__file__).parents[1] / "data" / "wellclear" / "vectors.npz"
AHEAD_S = 120.0
FT, NMI = 0.3048, 1852.0


def one(volume, state, ahead_s=AHEAD_S, **errors):
    """First and last moment of one pair."""
    states = np.array([state], float)
    errors = {name: np.array([value]) for name, value in errors.items()}
    first, last = violation(volume, states[:, :3], states[:, 3:], ahead_s, **errors)
    return float(first[0]), float(last[0])


def disagreements(volume, asked, state):
    """The moments, every half second and about both ends, at which asked and the definition of
    volume disagree by more than a millionth of the thresholds or a microsecond.
    """
    first, last = one(asked, state)
    small, large = scaled(volume, 1 - 1e-6), scaled(volume, 1 + 1e-6)
    moments = np.arange(0.0, AHEAD_S + 0.25, 0.5).tolist()
    ends = (first - 1e-3, first, first + 1e-3, last - 1e-3, last, last + 1e-3)
    moments += [t for t in ends if 0 <= t <= AHEAD_S]
    return [
        t
        for t in moments
        if (not_clear(small, state, t) and not first - 1e-6 <= t <= last + 1e-6)
        or (first <= t <= last and not not_clear(large, state, t))
    ]


def states():
    """Relative states near enough to meet; level, side by side, at an edge and head on too."""

    def state(away_m, bearing, aside_m, speed, height_m, climb):
        ahead, side = (
            np.array([np.cos(bearing), np.sin(bearing)]),
            np.array([-np.sin(bearing), np.cos(bearing)]),
        )
        x, y = away_m * ahead + aside_m * side
        u, w = -speed * ahead
        return (float(x), float(y), height_m, float(u), float(w), climb)

    edges = [each.dthr_m * factor for each in VOLUMES.values() for factor in (0.0, 0.999, 1, 1.001)]
    return st.builds(
        state,
        st.floats(-3000, 40_000) | st.sampled_from(edges),
        st.floats(0, 6.3) | st.sampled_from([0.0, math.pi / 2]),
        st.floats(-3000, 3000) | st.sampled_from(edges),
        st.floats(0.001, 400) | st.sampled_from([0.0, 100.0]),
        st.floats(-1500, 1500) | st.sampled_from([0.0, 450 * FT, -450 * FT]),
        st.floats(0.001, 30) | st.floats(-30, -0.001) | st.sampled_from([0.0, 5.0]),
    )


volumes = st.sampled_from(list(VOLUMES.values()))


@settings(deadline=None, max_examples=250)
@given(volumes, states())
def test_an_interval_holds_the_moments_at_which_the_definition_holds_and_no_others(volume, state):
    assert disagreements(volume, volume, state) == []


def test_the_reference_sees_a_dthr_larger_by_a_thousandth():
    @settings(deadline=None, max_examples=2000, phases=[Phase.generate], database=None)
    @given(volumes, states())
    def run(volume, state):
        wide = dataclasses.replace(volume, dthr_m=1.001 * volume.dthr_m)
        assert disagreements(volume, wide, state) == []

    with pytest.raises(AssertionError):
        run()


@pytest.mark.parametrize("name", ["zthr_m", "tthr_s", "tcoa_s"])
def test_the_reference_sees_each_other_threshold_larger_by_a_hundredth(name):
    volume = wellclear.BUFFERED_PHASE_I
    wide = dataclasses.replace(volume, **{name: 1.01 * getattr(volume, name)})
    rng = np.random.default_rng(5)
    some = [
        (*rng.uniform(-6000, 6000, 2), rng.uniform(-600, 600), *rng.uniform(-90, 90, 2), 12.0)
        for _ in range(600)
    ]
    assert any(disagreements(volume, wide, state) for state in some)
    assert not any(disagreements(volume, volume, state) for state in some)


@settings(deadline=None, max_examples=200)
@given(volumes, states())
def test_who_is_seen_from_whom_makes_no_difference(volume, state):
    turned = tuple(-each for each in state)
    assert one(volume, turned) == pytest.approx(one(volume, state), abs=1e-9)


def outside_the_widened(volume, state, off, errors, *, judged=one):
    """Whether a place off by no more than the errors is violated where the widened one is not."""
    off_m, bearing, up_m = off
    across, up = errors
    near = np.array(state)
    near[:2] += off_m * across * np.array([math.cos(bearing), math.sin(bearing)])
    near[2] += up_m * up
    first, last = one(volume, near)
    # A thousandth of a millimetre more, for rounding.
    begin, end = judged(volume, state, horizontal_error_m=across + 1e-6, vertical_error_m=up + 1e-6)
    return first <= last and not (begin <= first + 1e-6 and last - 1e-6 <= end)


OFF = st.tuples(
    st.floats(0, 1) | st.just(1.0),
    st.floats(0, 6.3),
    st.floats(-1, 1) | st.sampled_from([-1.0, 1.0]),
)
ERRORS = st.tuples(st.floats(0, 3000), st.floats(0, 200))


@settings(deadline=None, max_examples=300)
@given(volumes, states(), OFF, ERRORS)
def test_no_violation_of_a_place_within_the_errors_is_missed(volume, state, off, errors):
    assert not outside_the_widened(volume, state, off, errors)


def test_that_check_sees_an_uncertainty_that_widens_dthr_alone():
    def dthr_alone(volume, state, *, horizontal_error_m, vertical_error_m):
        wide = dataclasses.replace(
            volume,
            dthr_m=volume.dthr_m + horizontal_error_m,
            zthr_m=volume.zthr_m + vertical_error_m,
        )
        return one(wide, state)

    rng = np.random.default_rng(2)
    found = 0
    for _ in range(100):
        state = (rng.uniform(7000, 20_000), rng.uniform(-900, 900), 0.0, -200.0, 0.0, 0.0)
        off, errors = (1.0, rng.uniform(0, 6.3), 0.0), (rng.uniform(100, 2000), 0.0)
        assert not outside_the_widened(PHASE_I, state, off, errors)
        found += outside_the_widened(PHASE_I, state, off, errors, judged=dthr_alone)
    assert found > 10


def test_without_errors_the_widened_answer_is_the_plain_one():
    rng = np.random.default_rng(3)
    some = rng.uniform(-1, 1, (5000, 6)) * [9000, 9000, 600, 200, 200, 20]
    for volume in VOLUMES.values():
        plain = violation(volume, some[:, :3], some[:, 3:], AHEAD_S)
        zero = violation(
            volume, some[:, :3], some[:, 3:], AHEAD_S, horizontal_error_m=np.zeros(5000)
        )
        assert np.array_equal(plain[0], zero[0])
        assert np.array_equal(plain[1], zero[1])


def test_an_unknown_height_is_every_height():
    apart = (1000.0, 0.0, 5000.0, -10.0, 0.0, 0.0)
    assert one(PHASE_I, apart) == (math.inf, -math.inf)
    assert one(PHASE_I, (*apart[:2], math.nan, *apart[3:]))[0] == 0.0
    assert one(PHASE_I, (*apart[:5], math.nan))[0] == 0.0


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        pytest.param((PHASE_I.dthr_m, 0, 0, 0, 0, 0), (0, AHEAD_S), id="at rest, at DTHR"),
        pytest.param((PHASE_I.dthr_m, 0, 0, 9, 0, 0), (0, 0), id="touching, going away"),
        pytest.param(
            (PHASE_I.dthr_m + 0.01, 0, 0, 0, 0, 0), (math.inf, -math.inf), id="a centimetre off"
        ),
        pytest.param((0, 0, 450 * FT, 0, 0, 0), (0, AHEAD_S), id="at ZTHR"),
        pytest.param((0, 0, 450 * FT + 0.01, 0, 0, 0), (math.inf, -math.inf), id="over ZTHR"),
        pytest.param((0, 0, 450 * FT + 10, 0, 0, -1), (10, AHEAD_S), id="coming down into it"),
    ],
)
def test_edges_are_closed(state, expected):
    assert one(PHASE_I, state) == pytest.approx(expected, abs=1e-9)


def test_no_pairs_have_no_answers():
    none = np.empty((0, 3))
    assert [len(each) for each in violation(PHASE_I, none, none, 60.0)] == [0, 0]
    assert len(alert_level(PHASE_I_ALERTS, none, none)) == 0


def test_modified_tau_and_closest_approach_of_known_numbers():
    # 10 km head on at 100 m/s, 600 m aside: 100 s to go.
    position = np.array([[10_000.0, 600.0, 0.0], [10_000.0, 0.0, 0.0], [100.0, 0.0, 0.0]])
    velocity = np.array([[-100.0, 0.0, 0.0], [100.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
    time_s, miss_m = closest_approach(position, velocity)
    assert time_s.tolist() == [100.0, 0.0, 0.0]
    assert miss_m.tolist() == [600.0, 10_000.0, 100.0]
    time_s, miss_m = closest_approach(position, velocity, 40.0)
    assert (time_s[0], miss_m[0]) == (40.0, math.hypot(6000, 600))
    tau_s = modified_tau_s(PHASE_I, position, velocity)
    assert tau_s[0] == pytest.approx((10_000**2 + 600**2 - PHASE_I.dthr_m**2) / 1e6)
    assert np.isnan(tau_s[1:]).all()


def test_the_thresholds_are_those_of_do_365b():
    thresholds = {name: dataclasses.astuple(volume) for name, volume in VOLUMES.items()}
    assert thresholds == {
        "phase_1": pytest.approx((0.66 * NMI, 450 * FT, 35, 0)),
        "phase_2": pytest.approx((1500 * FT, 450 * FT, 0, 0)),
        "non_coop": pytest.approx((2200 * FT, 450 * FT, 0, 0)),
        "buffered_phase_1": pytest.approx((NMI, 450 * FT, 35, 20)),
    }
    assert dataclasses.astuple(PHASE_I_PREVENTIVE)[1] == pytest.approx(700 * FT)
    assert dataclasses.astuple(wellclear.BUFFERED_PHASE_I_PREVENTIVE)[1] == pytest.approx(750 * FT)
    times = [
        [(each.due_s, each.early_s) for each in (of.preventive, of.corrective, of.warning)]
        for of in (PHASE_I_ALERTS, PHASE_II_ALERTS, NON_COOP_ALERTS)
    ]
    assert times == [
        [(55, 75), (55, 75), (25, 55)],
        [(45, 75), (45, 75), (45, 75)],
        [(55, 110), (55, 110), (25, 90)],
    ]


def first_after(volume, seconds):
    """A state of which a violation of the volume begins after so many seconds: level, head on."""
    # Modified tau is TTHR at the distance d with d^2 - DTHR^2 = TTHR * 100 * d.
    tau_m = volume.tthr_s * 100.0
    edge_m = tau_m / 2 + math.sqrt(tau_m**2 / 4 + volume.dthr_m**2)
    return [edge_m + seconds * 100.0, 0.0, 0.0, -100.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("alerts", "volume", "seconds", "level"),
    [
        pytest.param(PHASE_I_ALERTS, PHASE_I, 0.0, 3, id="now"),
        pytest.param(PHASE_I_ALERTS, PHASE_I, 24.9, 3, id="warning"),
        pytest.param(PHASE_I_ALERTS, PHASE_I, 25.1, 2, id="corrective"),
        pytest.param(PHASE_I_ALERTS, PHASE_I, 54.9, 2, id="last corrective"),
        pytest.param(PHASE_I_ALERTS, PHASE_I, 55.1, 0, id="not yet"),
        pytest.param(PHASE_II_ALERTS, PHASE_II, 44.9, 3, id="terminal"),
        pytest.param(PHASE_II_ALERTS, PHASE_II, 45.1, 0, id="terminal, not yet"),
        pytest.param(NON_COOP_ALERTS, NON_COOP, 25.1, 2, id="non-cooperative"),
    ],
)
def test_the_alert_level_follows_from_the_time_to_violation(alerts, volume, seconds, level):
    state = np.array([first_after(volume, seconds)])
    assert alert_level(alerts, state[:, :3], state[:, 3:]).tolist() == [level]


def test_a_height_of_600_feet_is_preventive_and_an_alert_may_be_early():
    state = np.array([first_after(PHASE_I, 20.0), first_after(PHASE_I, 54.0)])
    state[0, 2] = 600 * FT
    assert alert_level(PHASE_I_ALERTS, state[:, :3], state[:, 3:]).tolist() == [1, 2]
    assert alert_level(PHASE_I_ALERTS, state[:, :3], state[:, 3:], early=True).tolist() == [1, 3]


def differing(name, volume):
    """How many of the stored verdicts, ahead and now, differ; and by how much the moments do."""
    with np.load(STORED) as stored:
        told = {each: stored[f"{name}_{each}"] for each in ("states", "now", "ahead")}
        first_s, last_s = stored[f"{name}_first_s"], stored[f"{name}_last_s"]
    position, velocity = told["states"][:, :3], told["states"][:, 3:]
    first, last = violation(volume, position, velocity, 180.0)
    both = told["ahead"] & (first < last)
    off_s = np.abs([first[both] - first_s[both], last[both] - last_s[both]]).max()
    ahead = int(((first < last) != told["ahead"]).sum())
    return ahead, int((violated(volume, position, velocity) != told["now"]).sum()), off_s


@pytest.mark.parametrize("name", list(VOLUMES))
def test_the_answers_are_those_of_daidalus(name):
    ahead, now, off_s = differing(name, VOLUMES[name])
    assert (ahead, now) == (0, 0)
    assert off_s < 1e-9


@pytest.mark.parametrize("name", list(VOLUMES))
def test_the_stored_answers_see_a_dthr_larger_by_a_thousandth(name):
    volume = VOLUMES[name]
    wide = dataclasses.replace(volume, dthr_m=1.001 * volume.dthr_m)
    ahead, now, off_s = differing(name, wide)
    assert ahead > 0
    assert now > 0
    assert off_s > 1e-3
