"""The supervisor: what raises is built anew, what keeps raising costs one reset, then a rest."""

from firmware.supervisor import REST_MS, RESTARTS_MAX, RESTARTS_WINDOW_MS, Supervisor
from firmware.trace import Trace


class Board:
    """What the supervisor may do to the board, as it happened."""

    def __init__(self):
        self.counted = []
        self.resets = 0
        self.reported = []

    def reset(self, kept):
        assert kept.index == 0
        self.resets += 1

    def supervisor(self):
        return Supervisor(Trace(), self.counted.append, self.reset, self.reported.append)


class Service:
    """Raises at its first `bad` steps of all its lives."""

    bad = 0
    made = 0

    def __init__(self):
        Service.made += 1

    def step(self, value):
        if Service.bad:
            Service.bad -= 1
            raise ValueError("a secret")
        return value


def keep(bad, build=Service):
    board = Board()
    Service.bad, Service.made = bad, 0
    supervisor = board.supervisor()
    return board, supervisor, supervisor.add("one", build)


def test_a_step_that_works_costs_nothing():
    board, supervisor, kept = keep(0)
    assert kept.call("step", 0, None, 7) == 7
    assert (Service.made, board.counted, board.resets) == (1, [], 0)
    assert not supervisor.crippled()


def test_one_exception_is_one_restart():
    board, supervisor, kept = keep(1)
    assert kept.call("step", 0, "otherwise", 7) == "otherwise"
    assert kept.it is not None and Service.made == 2
    assert kept.call("step", 0, "otherwise", 7) == 7
    assert (board.counted, board.resets, len(board.reported)) == ([0], 0, 1)
    assert not supervisor.crippled()


def test_the_budget_is_one_of_time():
    board, _, kept = keep(3 * RESTARTS_MAX)
    for index in range(3 * RESTARTS_MAX):
        now_ms = index * (RESTARTS_WINDOW_MS // RESTARTS_MAX + 1)
        kept.call("step", now_ms, None, 7)
    assert board.resets == 0 and len(board.counted) == 3 * RESTARTS_MAX


def test_beyond_the_budget_the_board_is_reset_and_where_that_is_vain_it_rests():
    board, supervisor, kept = keep(RESTARTS_MAX + 2)
    for _ in range(RESTARTS_MAX):
        kept.call("step", 1000, None, 7)
    assert board.resets == 0
    kept.call("step", 1000, None, 7)
    assert board.resets == 1 and supervisor.crippled()
    made = Service.made
    assert kept.rests(1000) and kept.rests(1000 + REST_MS - 1)
    assert kept.call("step", 1000 + REST_MS - 1, "otherwise", 7) == "otherwise"
    assert Service.made == made and len(board.counted) == RESTARTS_MAX + 1
    # One more try, in vain; the next one works.
    assert kept.call("step", 1000 + REST_MS, "otherwise", 7) == "otherwise"
    assert kept.rests(1000 + REST_MS) and board.resets == 2
    assert kept.call("step", 1000 + 2 * REST_MS, "otherwise", 7) == 7


def test_a_service_that_cannot_be_built_is_a_failure_like_any_other():
    def build():
        Service.made += 1
        if Service.bad:
            Service.bad -= 1
            raise OSError(5)
        return Service()

    board, _, kept = keep(2, build)
    assert kept.it is None and not board.counted
    assert kept.call("step", 0, "otherwise", 7) == "otherwise"
    assert isinstance(board.reported[0], OSError) and board.counted == [0]
    assert kept.call("step", 0, "otherwise", 7) == 7


def test_one_service_does_not_pay_for_another():
    board = Board()
    supervisor = board.supervisor()
    Service.bad = RESTARTS_MAX + 1
    one = supervisor.add("one", Service)
    other = supervisor.add("other", Service)
    for _ in range(RESTARTS_MAX + 1):
        one.call("step", 0, None, 7)
    assert one.rests(0) and not other.rests(0)
    assert other.call("step", 0, None, 7) == 7 and board.counted == [0] * (RESTARTS_MAX + 1)
