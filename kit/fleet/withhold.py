"""Which counts the region may see: none under 5, and none that others give away.

Separate because it can be judged by trying: for each count under 5 there is another table with
the same published figures in which it is 5 or more. A count is withheld in full, zero as well:
that nobody fell is also said of somebody. Pure.
"""

from __future__ import annotations

LEAST = 5


def single(count: int) -> int | None:
    """A count that nothing is added up from."""
    return count if count >= LEAST else None


def parts(total: int, counts: list[int]) -> list[int | None]:
    """Those of a total's parts that may be seen beside it.

    What is withheld can be summed up from the rest, so it is 5 or more together, at least two
    of them: each may then be anything from 0 to that sum. The smallest of the others go with it.
    """
    assert sum(counts) == total
    if total < LEAST:
        return [None] * len(counts)
    hidden = {place for place, count in enumerate(counts) if count < LEAST}
    while hidden and sum(counts[place] for place in hidden) < LEAST:
        rest = [place for place in range(len(counts)) if place not in hidden]
        hidden.add(min(rest, key=lambda place: counts[place]))
    return [None if place in hidden else count for place, count in enumerate(counts)]
