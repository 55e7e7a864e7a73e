"""Calendars: when people are at work, free, and there together."""

import numpy as np

from kept.engine._kernels.compiling import step
from kept.engine._kernels.places import *
from kept.engine._kernels.row import Row, wide
from kept.engine.worktime import AWAY, HORIZON, NEVER


@step
def first_window(m: Row, c: Row, p: Int, t: Int) -> Int:
    """The first window of a person's calendar that ends after ``t``."""
    last = m[p + P_LAST]
    day = t // 1440
    if day >= DAYS:
        return last
    w = np.int64(c[m[p + P_DAY] + day])
    while w < last and c[w + W_END] <= t:
        w += WINDOW
    return w


@step
def window_now(m: Row, c: Row, p: Int, t: Int) -> Int:
    """The first window of a person's calendar that ends after ``t``, the present moment."""
    w = m[p + H_WINDOW]
    last = m[p + P_LAST]
    if w < last and c[w + W_END] <= t:
        w += WINDOW
        if w < last and c[w + W_END] <= t:
            w = first_window(m, c, p, t)
        m[p + H_WINDOW] = w
    return w


@step
def worked_before(m: Row, c: Row, p: Int, t: Int) -> Int:
    """Working minutes of a person's calendar before ``t``."""
    w = first_window(m, c, p, t)
    if w < m[p + P_LAST]:
        return np.int64(c[w + W_WORK] + max(0, t - c[w + W_START]))
    if w == m[p + P_FIRST]:
        return np.int64(0)
    w -= WINDOW
    return np.int64(c[w + W_WORK] + c[w + W_END] - c[w + W_START])


@step
def minute_of_work(m: Row, c: Row, p: Int, w: Int, t: Int, minutes: Int) -> Int:
    """The moment at which ``minutes`` (> 0) of working time have passed since ``t``.

    Args:
        w: the first window that ends after ``t``.
    """
    last = m[p + P_LAST]
    if w >= last:
        return np.int64(NEVER)
    work = c[w + W_WORK] + max(0, t - c[w + W_START]) + minutes
    steps = 0
    while w + WINDOW < last and c[w + WINDOW + W_WORK] < work:
        w += WINDOW
        steps += 1
        if steps == 6:
            at = m[p + P_WORK] + (work >> 8)
            if at >= m[p + P_WORK_END]:
                return np.int64(NEVER)
            w = max(w, np.int64(c[at]))
    minute = np.int64(c[w + W_START] + (work - c[w + W_WORK]))
    if minute > c[w + W_END]:
        return np.int64(NEVER)
    return minute


@step
def next_free(m: Row, c: Row, p: Int, t: Int) -> tuple[Int, Int]:
    """The next stretch ``[a, b)``, a >= t, in which a person works and nobody above needs them."""
    last = m[p + P_LAST]
    w = first_window(m, c, p, t)
    i, end = m[p + H_BUSY], m[p + H_BUSY_END]
    if m[p + P_LIFTED]:
        i = end
    n = (end - i) >> 1
    while n > 0:
        half = n >> 1
        if m[i + 2 * half + 1] <= t:
            i += 2 * half + 2
            n -= half + 1
        else:
            n = half
    here = t
    while w < last:
        a = max(here, np.int64(c[w + W_START]))
        while i < end and m[i + 1] <= a:
            i += 2
        if i < end and m[i] <= a:
            here = m[i + 1]
            while w < last and c[w + W_END] <= here:
                w += WINDOW
            continue
        b = np.int64(c[w + W_END])
        if i < end:
            b = min(b, m[i])
        return a, b
    return np.int64(NEVER), np.int64(NEVER)


@step
def span_now(m: Row, p: Int, t: Int) -> Int:
    """The first stretch a person is needed above that ends after ``t``, the present moment."""
    i, end = m[p + H_SPAN], m[p + H_BUSY_END]
    if i < end and m[i + 1] <= t:
        while i < end and m[i + 1] <= t:
            i += 2
        m[p + H_SPAN] = i
    return i


@step
def free_from(m: Row, c: Row, p: Int, t: Int) -> Int:
    """When a person next works and nobody above needs them, ``t`` being the present moment."""
    w, last = window_now(m, c, p, t), m[p + P_LAST]
    i, end = span_now(m, p, t), m[p + H_BUSY_END]
    while w < last:
        a = max(t, np.int64(c[w + W_START]))
        while i < end and m[i + 1] <= a:
            i += 2
        if i == end or a < m[i]:
            return a
        t = m[i + 1]
        if c[w + W_END] <= t:
            w = first_window(m, c, p, t)
    return np.int64(NEVER)


@step
def minute_of_free_work(m: Row, c: Row, p: Int, t: Int, minutes: Int) -> Int:
    """The moment at which a person whom others above need has worked ``minutes`` (> 0) in between.

    Args:
        t: the present moment, since when they work.
    """
    w, last = window_now(m, c, p, t), m[p + P_LAST]
    i, end = span_now(m, p, t), m[p + H_BUSY_END]
    left = minutes
    while w < last:
        a, b = max(t, np.int64(c[w + W_START])), np.int64(c[w + W_END])
        while i < end and m[i + 1] <= a:
            i += 2
        if i < end:
            if m[i] <= a:
                t = m[i + 1]
                if b <= t:
                    w = first_window(m, c, p, t)
                continue
            b = min(b, m[i])
        if left <= b - a:
            return a + left
        left -= b - a
        t = b
        if b == c[w + W_END]:
            w += WINDOW
    return np.int64(NEVER)


@step
def upper_use(m: Row, r: Int, t: Int) -> tuple[Int, Int]:
    """How much of a resource earlier layers use at ``t``, and when that may change."""
    use, until = np.int64(0), np.int64(NEVER)
    for i in range(m[N_UPPER]):
        at = m[UPPER] + 4 * i
        if m[at] == r:
            if m[at + 1] <= t < m[at + 2]:
                use += m[at + 3]
                until = min(until, m[at + 2])
            elif m[at + 1] > t:
                until = min(until, m[at + 1])
    return use, until


@step
def next_common(m: Row, c: Row, s: Int, t: Int) -> tuple[Int, Int]:
    """The next stretch in which everybody on a stage, and all it uses, is there."""
    low = m[s + S_CREW]
    a = t
    while True:
        moved = False
        b = np.int64(NEVER)
        for i in range(low, low + m[s + J_CREW]):
            x, y = next_free(m, c, m[i], a)
            if x >= NEVER:
                return np.int64(NEVER), np.int64(NEVER)
            if x > a:
                a = x
                moved = True
                break
            b = min(b, y)
        if not moved and m[N_UPPER]:
            for i in range(m[m[s + S_REST] + O_USE], m[m[s + S_REST] + O_USE_END], 2):
                use, until = upper_use(m, m[i], a)
                if use + m[m[i] + R_USED] > m[m[i] + R_CAPACITY]:
                    a = until
                    moved = True
                    break
                b = min(b, until)
        if a >= NEVER:
            return np.int64(NEVER), np.int64(NEVER)
        if not moved:
            return a, b


@step
def ends_at(m: Row, c: Row, s: Int, t: Int) -> Int:
    """The moment at which a running stage has had all the time it still needs, from ``t`` on."""
    rate = m[s + J_RATE]
    left = (wide(m, m[s + S_REST] + O_LEFT) + rate - 1) // rate
    n = m[s + J_CREW]
    if m[N_UPPER] == 0:
        if n == 0:
            return t + left if t + left <= HORIZON else np.int64(NEVER)
        if n == 1:
            p = m[m[s + S_CREW]]
            if m[p + H_BUSY] == m[p + H_BUSY_END] or m[p + P_LIFTED]:
                return minute_of_work(m, c, p, window_now(m, c, p, t), t, left)
            return minute_of_free_work(m, c, p, t, left)
    here = t
    while True:
        a, b = next_common(m, c, s, here)
        if a >= NEVER:
            return np.int64(NEVER)
        if left <= b - a:
            return a + left if a + left <= HORIZON else np.int64(NEVER)
        left -= b - a
        here = b


@step
def passed(m: Row, c: Row, s: Int, t: Int, end: Int) -> Int:
    """Minutes of everybody's time a running stage has had in ``[t, end)``."""
    if m[s + J_CREW] == 0 and m[N_UPPER] == 0:
        return end - t
    total = np.int64(0)
    here = t
    while here < end:
        a, b = next_common(m, c, s, here)
        if a >= end:
            break
        total += min(b, end) - a
        here = b
    return total


@step
def is_away(m: Row, c: Row, p: Int, t: Int) -> bool:
    """Whether a person's next working minute is further off than others need wait for."""
    w = window_now(m, c, p, t)
    return bool(w >= m[p + P_LAST] or c[w + W_START] - t > AWAY)
