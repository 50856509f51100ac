"""What apprise offers, against a real receiver."""

from __future__ import annotations

import pytest

from delivery_servers import a_receiver
from wideberth.delivery.lanes import Outcome
from wideberth.delivery.messages import Message
from wideberth.delivery.push import check_target, send_push
from wideberth.errors import InvalidValue
from wideberth.model.notices import Urgency

pytest.importorskip("apprise", reason="the extra channels is not installed")
# of apprise and what it imports, not of this program
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MESSAGE = Message("n1", 1, Urgency.PROMPT, "subject", "full", "short text 7K3M-Q9XT-4F")


@pytest.mark.parametrize(("mood", "outcome"), [("ok", Outcome.TAKEN), ("500", Outcome.FAILED)])
async def test_the_short_text_goes_out(mood: str, outcome: Outcome) -> None:
    async with a_receiver(mood) as receiver:
        host = receiver.url.removeprefix("http://").removesuffix("/hook")
        tried = await send_push(MESSAGE, f"json://{host}/hook")
        assert tried.outcome is outcome
        assert MESSAGE.short.encode() in receiver.came[0][1]


@pytest.mark.parametrize("url", ["", "nonsense", "file:///etc/passwd", "syslog://"])
def test_what_leads_to_no_counterpart_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue):
        check_target(url)
