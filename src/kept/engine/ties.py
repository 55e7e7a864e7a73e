"""What ties the parts of a plan together: names that exist, people enough, no circle."""

from collections.abc import Mapping, Sequence

from kept.engine.situation import Situation, SituationError, Stage


def check(situation: Situation, first: int, root: str) -> None:
    """Check what ties the parts together, for the stages from ``first`` on."""
    people = {person.id: person for person in situation.people}
    promises = {promise.id for promise in situation.promises}
    capacity = dict(situation.resources)
    members: dict[str, set[str]] = {}
    for person in situation.people:
        for skill in person.skills:
            members.setdefault(skill, set()).add(person.id)
    ids: dict[str, int] = {}
    for index, stage in enumerate(situation.stages):
        if stage.id in ids:
            raise SituationError(f"{root}[{index - first}].id", f"{stage.id!r} stands twice")
        ids[stage.id] = index
    for index in range(first, len(situation.stages)):
        stage = situation.stages[index]
        path = f"{root}[{index - first}]"
        if stage.promise not in promises:
            raise SituationError(f"{path}.promise", f"no promise is called {stage.promise!r}")
        for i, name in enumerate(stage.after):
            if name not in ids:
                raise SituationError(f"{path}.after[{i}]", f"no stage is called {name!r}")
        for key, named in (("people", stage.people), ("begun_by", stage.begun_by)):
            for i, name in enumerate(named):
                if name not in people:
                    raise SituationError(f"{path}.{key}[{i}]", f"nobody is called {name!r}")
        for name, amount in stage.uses:
            if name not in capacity:
                raise SituationError(f"{path}.uses.{name}", f"no resource is called {name!r}")
            if amount > capacity[name]:
                raise SituationError(
                    f"{path}.uses.{name}", f"there are only {capacity[name]}, {amount} are used"
                )
        slots = []
        for skill, count in stage.needs:
            if skill not in members:
                raise SituationError(f"{path}.needs.{skill}", "nobody has this skill")
            if count > len(members[skill]):
                raise SituationError(
                    f"{path}.needs.{skill}",
                    f"only {len(members[skill])} have this skill, {count} are needed",
                )
            slots += [skill] * count
        if len(slots) > 1:
            everybody = sorted(set().union(*(members[skill] for skill in slots)))
            if len(_filled(slots, everybody, members)) < len(slots):
                raise SituationError(
                    f"{path}.needs", "more people are needed at the same time than there are"
                )
    circle = _circle(situation.stages, ids)
    if circle:
        index = next(i for i in (ids[name] for name in circle))
        raise SituationError(
            f"{root}[{index - first}].after", "goes in a circle: " + " after ".join(circle)
        )


def _filled(
    slots: Sequence[str], candidates: Sequence[str], members: Mapping[str, set[str]]
) -> dict[int, str]:
    """Fill as many slots as can be with different people (augmenting paths)."""
    held: dict[int, str] = {}

    def place(name: str, tried: set[int]) -> bool:
        for slot, skill in enumerate(slots):
            if slot not in tried and name in members[skill]:
                tried.add(slot)
                if slot not in held or place(held[slot], tried):
                    held[slot] = name
                    return True
        return False

    for name in candidates:
        if len(held) == len(slots):
            break
        place(name, set())
    return held


def _circle(stages: Sequence[Stage], ids: Mapping[str, int]) -> list[str]:
    """One circle among the stages, if any, as a closed list of ids."""
    waiting = [len(stage.after) for stage in stages]
    then: list[list[int]] = [[] for _ in stages]
    for index, stage in enumerate(stages):
        for name in stage.after:
            then[ids[name]].append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    done = 0
    while ready:
        index = ready.pop()
        done += 1
        for follower in then[index]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    if done == len(stages):
        return []
    # Every stage left waits for one that is left too: walking back must meet itself.
    here = next(index for index, count in enumerate(waiting) if count > 0)
    seen: dict[int, int] = {}
    walk: list[int] = []
    while here not in seen:
        seen[here] = len(walk)
        walk.append(here)
        here = next(ids[name] for name in stages[here].after if waiting[ids[name]] > 0)
    names = [stages[index].id for index in walk[seen[here] :]]
    return [*names[:8], "..."] if len(names) > 8 else [*names, names[0]]
