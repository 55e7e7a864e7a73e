"""Compiled loops of the effort learner. `durations.py` says what they compute and why.

Everything is double precision: work that took exactly its estimate is up to half of a history,
and a rounding slip at that mass point costs ten points of coverage.

Numba infers types from the arguments, so that `Any` stands for an array or a number. Names: n
rows, g groups, k lenses, f signs (what makes work alike besides its attributes), m items in the
pool, b bins of a histogram of positions.
"""

from typing import Any

import numpy as np

from kept.engine._kernels import compiled, kernel, step

# Groups a row belongs to, in this order; `durations._GROUPS` says what they are made of.
ALL, PERSON, SUBKIND, PERSON_SUBKIND, PROJECT_SUBKIND, KIND, PROJECT_KIND, PERSON_KIND = range(8)
SAME, SUBKIND_SAME, PERSON_SUBKIND_SAME = 8, 9, 10
GROUPS = 11
# What is kept of a group: count, mean ln estimate, and recent slip, size of slip, share exact.
STATS = 5
COVARIATES = 13
BINS = 100
# The histograms of projects and persons are coarser: they rest on few outcomes.
COARSE = 20
BUCKETS = 5
# The last number of items known in each bucket but the last.
BUCKET_ENDS = np.array([0, 5, 20, 50])
SIGNS = 3
TABLE_STEP = 50.0

_NEW_GROUP = np.array([0.0, 0.0, 0.0, 0.5, 0.3])
# How much of a group's slip the newest item is, at least.
_RATES = np.array([0.01, 0.05, 0.02, 0.15, 0.10, 0.05, 0.05, 0.10, 0.02, 0.02, 0.02])
_SLIP_LIMIT = 2.5
_SCORE_LIMIT = 1.5


@step
def bucket_of(known: Any) -> int:
    bucket = 0
    while bucket < BUCKETS - 1 and known > BUCKET_ENDS[bucket]:
        bucket += 1
    return bucket


@step
def _towards(value: Any, count: Any, home: Any, pull: Any) -> Any:
    return (count * value + pull * home) / (count + pull)


@step
def weighed(values: Any, weights: Any) -> float:
    """Return the sum of values times weights.

    Not `np.dot`: numba takes it from SciPy, and ends the process where SciPy is not installed.
    """
    total = 0.0
    for place in range(values.size):
        total += values[place] * weights[place]
    return total


@kernel
def covariates(stats: Any, groups: Any, ln_estimate: Any, out: Any) -> None:
    """Describe a piece of work by its size and by what its groups did so far; fills `out`, (13,).

    A group with few items leans on the wider one before it.
    """
    usual = stats[groups[ALL], 1]
    kind, subkind = stats[groups[KIND]], stats[groups[SUBKIND]]
    by_kind, by_subkind = stats[groups[PROJECT_KIND]], stats[groups[PROJECT_SUBKIND]]
    person, own, own_kind = (
        stats[groups[PERSON]],
        stats[groups[PERSON_SUBKIND]],
        stats[groups[PERSON_KIND]],
    )
    usual_kind = _towards(kind[1], kind[0], usual, 3.0)
    usual_subkind = _towards(subkind[1], subkind[0], usual, 3.0)
    slip_person = _towards(person[2], person[0], 0.0, 5.0)
    slip_subkind = _towards(subkind[2], subkind[0], 0.0, 5.0)
    spread_person = _towards(person[3], person[0], 0.5, 5.0)
    slip_same, spread_same = 0.0, 0.5
    for g in (SAME, SUBKIND_SAME, PERSON_SUBKIND_SAME):
        same = stats[groups[g]]
        slip_same = _towards(same[2], same[0], slip_same, 3.0)
        spread_same = _towards(same[3], same[0], spread_same, 3.0)
    out[0] = min(max(ln_estimate - 1.0, -4.0), 4.0)
    out[1] = min(max(-ln_estimate, 0.0), 3.0)
    out[2] = ln_estimate - usual_subkind
    out[3] = ln_estimate - _towards(by_subkind[1], by_subkind[0], usual_subkind, 3.0)
    out[4] = ln_estimate - _towards(by_kind[1], by_kind[0], usual_kind, 3.0)
    out[5] = _towards(own[2], own[0], slip_person, 2.0)
    out[6] = _towards(by_subkind[2], by_subkind[0], slip_subkind, 2.0)
    out[7] = slip_same
    out[8] = _towards(own[3], own[0], spread_person, 2.0)
    out[9] = _towards(own_kind[3], own_kind[0], 0.5, 3.0)
    out[10] = spread_same
    out[11] = _towards(person[4], person[0], 0.3, 5.0)
    out[12] = 1.0


@compiled
def solve(matrix: Any, right: Any, out: Any) -> None:
    """Solve a symmetric positive definite system by Cholesky's method; fills `out`."""
    size = right.size
    low = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= low[i, k] * low[j, k]
            if i == j:
                low[i, i] = np.sqrt(max(total, 1e-12))
            else:
                low[i, j] = total / low[j, j]
    half = np.empty(size)
    for i in range(size):
        total = right[i]
        for k in range(i):
            total -= low[i, k] * half[k]
        half[i] = total / low[i, i]
    for i in range(size - 1, -1, -1):
        total = half[i]
        for k in range(i + 1, size):
            total -= low[k, i] * out[k]
        out[i] = total / low[i, i]


@kernel
def weigh(
    codes: Any,
    signs: Any,
    day: Any,
    size: Any,
    pool_row: Any,
    pool_codes: Any,
    pool_signs: Any,
    pool_day: Any,
    match: Any,
    inverse_width: Any,
    age_weight: Any,
    fall: Any,
    pull: Any,
    weights: Any,
    totals: Any,
    mixed: Any,
) -> float:
    """Weigh the pool for one piece of work; fills `mixed`, shape (m,), summing to one.

    Args:
        codes: shape (4,). Person, subkind, project, kind of the work.
        signs: shape (f,).
        day: the day of the forecast.
        size: m. The pool is sorted by ln ratio; `pool_row` is -1 for an atom of the prior.
        match: shape (k, 16). Weight by which attributes differ (bits 1, 2, 4, 8).
        inverse_width: shape (k, f). age_weight: shape (k, days). fall: exp(-d) in steps.
        pull: shape (k,). Items' worth of the lens before that each lens is mixed with.

    Returns:
        The share that comes from the prior.
    """
    lenses = pull.size
    oldest = age_weight.shape[1] - 1
    last = fall.size
    priors = 0
    for k in range(lenses):
        totals[k] = 0.0
    for q in range(size):
        if pool_row[q] < 0:
            priors += 1
            continue
        differs = 0
        if pool_codes[q, 0] != codes[0]:
            differs += 1
        if pool_codes[q, 1] != codes[1]:
            differs += 2
        if pool_codes[q, 2] != codes[2]:
            differs += 4
        if pool_codes[q, 3] != codes[3]:
            differs += 8
        age = int(min(max(day - pool_day[q], 0.0), oldest))
        d0 = abs(pool_signs[q, 0] - signs[0]) * TABLE_STEP
        d1 = abs(pool_signs[q, 1] - signs[1]) * TABLE_STEP
        d2 = abs(pool_signs[q, 2] - signs[2]) * TABLE_STEP
        for k in range(lenses):
            apart = int(
                d0 * inverse_width[k, 0] + d1 * inverse_width[k, 1] + d2 * inverse_width[k, 2]
            )
            weight = 0.0
            if apart < last:
                weight = match[k, differs] * fall[apart] * age_weight[k, age]
            weights[q, k] = weight
            totals[k] += weight
    rest = 1.0
    for k in range(lenses - 1, -1, -1):
        share = rest * totals[k] / (totals[k] + pull[k])
        rest *= pull[k] / (totals[k] + pull[k])
        totals[k] = share / totals[k] if totals[k] > 0.0 else 0.0
    for q in range(size):
        total = 0.0
        if pool_row[q] < 0:
            total = rest / priors
        else:
            for k in range(lenses):
                total += totals[k] * weights[q, k]
        mixed[q] = total
    return rest


@kernel
def level_steps(
    whole: Any,
    n_whole: Any,
    bucket: Any,
    n_bucket: Any,
    project: Any,
    n_project: Any,
    person: Any,
    n_person: Any,
    shrink: Any,
    caution: Any,
    out: Any,
) -> None:
    """Say how forecasts' positions really fell: all, experience, project, person; fills `out`.

    `out` has shape (b,) and sums to one: the share of outcomes in each hundredth of the forecast.
    `caution` adds imagined outcomes to the lowest and highest twentieth of each experience, as
    far as there is a past at all: whoever is new differs from those before.
    """
    bins = out.size
    edge = bins // 20
    wide = bins // person.size
    heed = n_whole / (n_whole + shrink[0])
    added = heed * (caution[0] + caution[1])
    for z in range(bins):
        share = 1.0 / bins
        share = (whole[z] + shrink[0] * share) / (n_whole + shrink[0])
        extra = 0.0
        if z < edge:
            extra = heed * caution[0] / edge
        elif z >= bins - edge:
            extra = heed * caution[1] / edge
        share = (bucket[z] + shrink[1] * share + extra) / (n_bucket + shrink[1] + added)
        share = (project[z // wide] / wide + shrink[2] * share) / (n_project + shrink[2])
        out[z] = (person[z // wide] / wide + shrink[3] * share) / (n_person + shrink[3])


@step
def level_to_ask(steps: Any, wanted: Any) -> Any:
    """Give the forecast's own level that really gave the wanted coverage."""
    bins = steps.size
    reached = 0.0
    z = 0
    while z < bins - 1 and reached + steps[z] < wanted:
        reached += steps[z]
        z += 1
    return (z + min(1.0, (wanted - reached) / steps[z])) / bins


@step
def level_reached(steps: Any, asked: Any) -> Any:
    """The inverse of `level_to_ask`: the coverage that the forecast's own level really gave."""
    bins = steps.size
    place = min(max(asked, 0.0), 1.0) * bins
    z = min(int(place), bins - 1)
    reached = 0.0
    for i in range(z):
        reached += steps[i]
    return reached + steps[z] * (place - z)


@kernel
def read_quantiles(values: Any, mixed: Any, size: Any, steps: Any, levels: Any, out: Any) -> None:
    """Read calibrated quantiles off a weighted sample sorted by value; fills `out`."""
    reached = 0.0
    at = 0
    asked = level_to_ask(steps, levels[0])
    for q in range(size):
        reached += mixed[q]
        while reached >= asked - 1e-12:
            out[at] = values[q]
            at += 1
            if at == levels.size:
                return
            asked = level_to_ask(steps, levels[at])
    while at < levels.size:
        out[at] = values[size - 1]
        at += 1


@step
def _add_position(histogram: Any, low: Any, high: Any) -> None:
    """Spread one outcome evenly over the stretch of the forecast's levels it fell on."""
    bins = histogram.size
    first = min(int(low * bins), bins - 1)
    final = min(int(high * bins), bins - 1)
    for z in range(first, final + 1):
        if high - low < 1e-9:
            histogram[z] += 1.0 / (final - first + 1)
        else:
            inside = min(high, (z + 1) / bins) - max(low, z / bins)
            histogram[z] += max(0.0, inside) / (high - low)


@step
def _fade(histogram: Any, by: Any) -> None:
    """Let a histogram forget."""
    for z in range(histogram.size):
        histogram[z] *= by


@step
def _place_of(values: Any, size: Any, value: Any) -> int:
    """The place of a value in the first `size` of rising values, before those equal to it."""
    low = 0
    high = size
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def replay(
    codes: Any,
    groups: Any,
    ln_estimate: Any,
    ln_ratio: Any,
    estimate_day: Any,
    known_day: Any,
    ask_order: Any,
    learn_order: Any,
    until: Any,
    capacity: Any,
    prior: Any,
    match: Any,
    inverse_width: Any,
    age_weight: Any,
    fall: Any,
    pull: Any,
    shrink: Any,
    fade: Any,
    caution: Any,
    ridge: Any,
    levels: Any,
    n_people: Any,
    n_projects: Any,
    n_groups: Any,
    quantiles: Any,
    position_low: Any,
    position_high: Any,
    said_low: Any,
    said_high: Any,
    prior_share: Any,
    known: Any,
    row_signs: Any,
    has_forecast: Any,
    done: Any,
) -> Any:
    """Go through a history in order of days: forecast what is asked, then learn what is finished.

    A row asked on a day sees what was known on an earlier day, nothing else. Rows are asked in
    `ask_order` and learned in `learn_order`, both sorted by day; what happens within one day does
    not depend on the order of the file.

    Returns:
        The state after everything known before `until`.
    """
    lenses = pull.size
    n_prior = prior.size
    n_levels = levels.size
    room = capacity + n_prior + 2
    pool_row = np.empty(room, np.int64)
    pool_value = np.empty(room)
    pool_codes = np.empty((room, 4), np.int64)
    pool_signs = np.zeros((room, SIGNS))
    pool_day = np.zeros(room)
    for q in range(room):
        pool_row[q] = -1
        for j in range(4):
            pool_codes[q, j] = -9
    size = n_prior
    for q in range(n_prior):
        pool_value[q] = prior[q]
    weights = np.empty((room, lenses))
    totals = np.empty(lenses)
    mixed = np.empty(room)
    stats = np.zeros((n_groups + 1, STATS))
    for g in range(n_groups + 1):
        for j in range(STATS):
            stats[g, j] = _NEW_GROUP[j]
    described = np.empty((ln_ratio.size, COVARIATES))
    one = np.empty(COVARIATES)
    matrix = np.zeros((COVARIATES, COVARIATES))
    for i in range(COVARIATES):
        matrix[i, i] = ridge
    matrix[COVARIATES - 1, COVARIATES - 1] = 5.0
    right_slip = np.zeros(COVARIATES)
    right_spread = np.zeros(COVARIATES)
    right_spread[COVARIATES - 1] = 2.5
    slip = np.zeros(COVARIATES)
    spread = np.zeros(COVARIATES)
    spread[COVARIATES - 1] = 0.5
    whole = np.zeros(BINS)
    n_whole = np.zeros(1)
    by_bucket = np.zeros((BUCKETS, BINS))
    n_bucket = np.zeros(BUCKETS)
    by_project = np.zeros((n_projects + 1, COARSE))
    n_project = np.zeros(n_projects + 1)
    by_person = np.zeros((n_people + 1, COARSE))
    n_person = np.zeros(n_people + 1)
    steps = np.empty(BINS)
    waiting = np.empty(learn_order.size, np.int64)
    oldest = 0
    newest = 0
    learned = 0
    asked = 0
    scores_stale = False
    while True:
        day = until
        if asked < ask_order.size and estimate_day[ask_order[asked]] < until:
            day = estimate_day[ask_order[asked]]
        # Learn everything that was known before this day.
        while learned < learn_order.size and known_day[learn_order[learned]] < day:
            x = learn_order[learned]
            learned += 1
            if not has_forecast[x]:
                if scores_stale:
                    solve(matrix, right_slip, slip)
                    solve(matrix, right_spread, spread)
                    scores_stale = False
                covariates(stats, groups[x], ln_estimate[x], one)
                for j in range(COVARIATES):
                    described[x, j] = one[j]
                row_signs[x, 0] = ln_estimate[x]
                row_signs[x, 1] = weighed(one, slip)
                row_signs[x, 2] = weighed(one, spread)
            else:
                b = bucket_of(known[x])
                p = codes[x, 0]
                _fade(whole, fade[0])
                n_whole[0] = n_whole[0] * fade[0] + 1.0
                _fade(by_bucket[b], fade[1])
                n_bucket[b] = n_bucket[b] * fade[1] + 1.0
                j = codes[x, 2]
                _fade(by_project[j], fade[2])
                n_project[j] = n_project[j] * fade[2] + 1.0
                _fade(by_person[p], fade[3])
                n_person[p] = n_person[p] * fade[3] + 1.0
                _add_position(whole, position_low[x], position_high[x])
                _add_position(by_bucket[b], position_low[x], position_high[x])
                _add_position(by_project[j], position_low[x], position_high[x])
                _add_position(by_person[p], position_low[x], position_high[x])
            value = ln_ratio[x]
            # The two scores: expected slip, and expected size of what is left of it.
            near = min(max(value, -_SCORE_LIMIT), _SCORE_LIMIT)
            left = abs(near - row_signs[x, 1])
            for i in range(COVARIATES):
                for j in range(COVARIATES):
                    matrix[i, j] += described[x, i] * described[x, j]
                right_slip[i] += described[x, i] * near
                right_spread[i] += described[x, i] * left
            scores_stale = True
            near = min(max(value, -_SLIP_LIMIT), _SLIP_LIMIT)
            for j in range(GROUPS):
                s = stats[groups[x, j]]
                s[0] += 1.0
                step = 1.0 / s[0]
                s[1] += step * (ln_estimate[x] - s[1])
                if step < _RATES[j]:
                    step = _RATES[j]
                s[2] += step * (near - s[2])
                s[3] += step * (abs(near) - s[3])
                s[4] += step * ((1.0 if value == 0.0 else 0.0) - s[4])
            place = _place_of(pool_value, size, value)
            for q in range(size, place, -1):
                pool_row[q] = pool_row[q - 1]
                pool_value[q] = pool_value[q - 1]
                pool_day[q] = pool_day[q - 1]
                for j in range(4):
                    pool_codes[q, j] = pool_codes[q - 1, j]
                for j in range(SIGNS):
                    pool_signs[q, j] = pool_signs[q - 1, j]
            pool_row[place] = x
            pool_value[place] = value
            pool_day[place] = known_day[x]
            for j in range(4):
                pool_codes[place, j] = codes[x, j]
            for j in range(SIGNS):
                pool_signs[place, j] = row_signs[x, j]
            size += 1
            waiting[newest] = x
            newest += 1
            if newest - oldest > capacity:
                y = waiting[oldest]
                oldest += 1
                place = _place_of(pool_value, size, ln_ratio[y])
                while pool_row[place] != y:
                    place += 1
                size -= 1
                for q in range(place, size):
                    pool_row[q] = pool_row[q + 1]
                    pool_value[q] = pool_value[q + 1]
                    pool_day[q] = pool_day[q + 1]
                    for j in range(4):
                        pool_codes[q, j] = pool_codes[q + 1, j]
                    for j in range(SIGNS):
                        pool_signs[q, j] = pool_signs[q + 1, j]
        if scores_stale:
            solve(matrix, right_slip, slip)
            solve(matrix, right_spread, spread)
            scores_stale = False
        if day >= until:
            break
        # Forecast everything asked on this day.
        while asked < ask_order.size and estimate_day[ask_order[asked]] == day:
            r = ask_order[asked]
            asked += 1
            done[0] = asked
            covariates(stats, groups[r], ln_estimate[r], one)
            for j in range(COVARIATES):
                described[r, j] = one[j]
            row_signs[r, 0] = ln_estimate[r]
            row_signs[r, 1] = weighed(one, slip)
            row_signs[r, 2] = weighed(one, spread)
            rest = weigh(
                codes[r],
                row_signs[r],
                day,
                size,
                pool_row,
                pool_codes,
                pool_signs,
                pool_day,
                match,
                inverse_width,
                age_weight,
                fall,
                pull,
                weights,
                totals,
                mixed,
            )
            seen = int(stats[groups[r, PERSON], 0])
            prior_share[r] = rest
            known[r] = seen
            has_forecast[r] = True
            b = bucket_of(seen)
            p = codes[r, 0]
            level_steps(
                whole,
                n_whole[0],
                by_bucket[b],
                n_bucket[b],
                by_project[codes[r, 2]],
                n_project[codes[r, 2]],
                by_person[p],
                n_person[p],
                shrink,
                caution,
                steps,
            )
            if n_levels > 0:
                read_quantiles(pool_value, mixed, size, steps, levels, quantiles[r])
            below = 0.0
            equal = 0.0
            for q in range(size):
                if pool_value[q] < ln_ratio[r]:
                    below += mixed[q]
                elif pool_value[q] == ln_ratio[r]:
                    equal += mixed[q]
                else:
                    break
            position_low[r] = min(below, 1.0)
            position_high[r] = min(below + equal, 1.0)
            said_low[r] = level_reached(steps, position_low[r])
            said_high[r] = level_reached(steps, position_high[r])
    return (
        size,
        pool_row,
        pool_value,
        pool_codes,
        pool_signs,
        pool_day,
        stats,
        slip,
        spread,
        whole,
        n_whole,
        by_bucket,
        n_bucket,
        by_project,
        n_project,
        by_person,
        n_person,
    )


@kernel
def global_quantiles(
    ranks: Any,
    sorted_values: Any,
    estimate_day: Any,
    known_day: Any,
    ask_order: Any,
    learn_order: Any,
    levels: Any,
    prior: Any,
    out: Any,
) -> None:
    """Give, per asked row, plain quantiles of every ratio known before its day; fills `out`.

    A Fenwick tree counts known ratios by rank. Before anything is known: the prior's quantiles.
    The level is taken of n + 1, the item to come being one of them.
    """
    n = sorted_values.size
    tree = np.zeros(n + 1, np.int64)
    top = 1
    while top * 2 <= n:
        top *= 2
    learned = 0
    for place in range(ask_order.size):
        r = ask_order[place]
        while learned < learn_order.size and known_day[learn_order[learned]] < estimate_day[r]:
            i = ranks[learn_order[learned]] + 1
            learned += 1
            while i <= n:
                tree[i] += 1
                i += i & (-i)
        for level in range(levels.size):
            if learned == 0:
                out[r, level] = prior[level]
                continue
            wanted = min(int(np.ceil(levels[level] * (learned + 1) - 1e-9)), learned)
            at = 0
            step = top
            while step > 0:
                if at + step <= n and tree[at + step] < wanted:
                    at += step
                    wanted -= tree[at]
                step //= 2
            out[r, level] = sorted_values[at]
