"""The tables of the ask desk: house rules, asks, what was given, and what was told of it."""

from kept.asks.models.asked import Ask, AskKind, Challenge, Decision, Reply, ReplyTemplate
from kept.asks.models.given import Budget, Creep, CreepEvidence, Extra
from kept.asks.models.policies import Policy, RuleWording
from kept.asks.models.told import Reaction, Referral, Story, StoryConsent

__all__ = [
    "Ask",
    "AskKind",
    "Budget",
    "Challenge",
    "Creep",
    "CreepEvidence",
    "Decision",
    "Extra",
    "Policy",
    "Reaction",
    "Referral",
    "Reply",
    "ReplyTemplate",
    "RuleWording",
    "Story",
    "StoryConsent",
]
