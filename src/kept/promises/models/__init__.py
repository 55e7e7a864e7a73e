"""The tables of a promise’s life: terms, what moves them, deliveries, and what recurs."""

from kept.promises.models.delivered import DeliveredLine, Delivery
from kept.promises.models.given import Placement, Promise, Terms, TermsLine, ToldHow
from kept.promises.models.moved import LaterLine, Pause, Proposal, ProposalOption, Reason, Slip
from kept.promises.models.recurring import Occurrence, StandingPromise

__all__ = [
    "DeliveredLine",
    "Delivery",
    "LaterLine",
    "Occurrence",
    "Pause",
    "Placement",
    "Promise",
    "Proposal",
    "ProposalOption",
    "Reason",
    "Slip",
    "StandingPromise",
    "Terms",
    "TermsLine",
    "ToldHow",
]
