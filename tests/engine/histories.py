"""Synthetic histories for tests: seeded, small, shaped like real ones (mass at the estimate)."""

import math
import random

from kept.engine.durations import PastItem

START = 730_000.0


def history(*, seed: int, items: int, people: int = 3, bias: float = 1.1) -> list[PastItem]:
    """Make finished work over three years: a third takes exactly its estimate."""
    draw = random.Random(seed)
    made = []
    for number in range(items):
        begun = START + 1_000.0 * number / items + draw.random()
        estimate = draw.choice((0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0))
        person = draw.randrange(people)
        exact = draw.random() < 1 / 3
        ratio = 1.0 if exact else bias * math.exp(draw.gauss(0.1 * person, 0.6))
        actual = estimate if exact else max(0.25, round(estimate * ratio * 4) / 4)
        made.append(
            PastItem(
                row_id=f"r{number}",
                person=f"p{person}",
                kind=draw.choice(("build", "design")),
                subkind=draw.choice(("web", "print", "film")),
                project=f"j{number // 40}",
                estimate=estimate,
                actual=actual,
                estimated_on=begun,
                finished_on=begun + draw.expovariate(1 / 6.0),
            )
        )
    return made
