"""In a log or a shell a row says in a few words what it is, and nothing that is anybody's own."""

from kept.last_mile.models import (
    Alarm,
    AlarmAnswer,
    ChaseRule,
    Delegate,
    Envelope,
    Kind,
    Ladder,
    Notice,
    Rounds,
    Rung,
)
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.ledger.models import ErasableText, Event, Head
from kept.outbox.models import Letter, Task
from kept.tenancy import scope
from kept.tenancy.models import Organisation


def test_a_row_says_what_it_is() -> None:
    house = Organisation(pk=1, name="Northlight")
    with scope.acting_in(house):
        rows = {
            "Northlight": house,
            "4 0123456789ab": Head(number=4, digest="0123456789abcdef"),
            "4 alarm.raised": Event(number=4, kind=Event.Kind.ALARM_RAISED),
            "member 3 name": ErasableText(
                about_table="member", about_id=3, field="name", text="Dev"
            ),
            "mail 7": Task(kind="mail", key="7"),
            "<1@kept.example>": Letter(
                message_id="<1@kept.example>", to_address="ana@clinic.example"
            ),
            "drift": ChaseRule(kind=Kind.DRIFT),
            "ladder 2": Ladder(number=2),
            "knock": Rung(name=Rung.Name.KNOCK),
            "at_risk 5": Alarm(pk=5, kind=Kind.AT_RISK),
            "envelope 6": Envelope(pk=6),
            "notice 8": Notice(pk=8, nonce="a secret"),
            "done_by 9": AlarmAnswer(pk=9, kind=AlarmAnswer.Kind.DONE_BY, words="At ten."),
            "2 for 1": Delegate(owner_id=1, member_id=2),
            "up to 12": Rounds(seen_number=12),
            "webhook 3": Webhook(pk=3, url="https://example.org/a-key"),
            "msg_1": WebhookDelivery(message_id="msg_1", body="{}"),
        }
    assert {said: str(row) for said, row in rows.items()} == {said: said for said in rows}
