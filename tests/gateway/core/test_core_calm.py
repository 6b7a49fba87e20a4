"""What is said over and over is written a few times a minute, and counted."""

from __future__ import annotations

import logging

from gateway.calm import MOST_IN_WINDOW, MOST_SENTENCES, WINDOW_S, Calm


class Written(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.now = 0.0
        self.addFilter(Calm(lambda: self.now))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def logger(handler: Written) -> logging.Logger:
    made = logging.Logger("example")
    made.addHandler(handler)
    return made


def test_the_first_are_written_and_the_others_counted() -> None:
    handler = Written()
    log = logger(handler)
    for number in range(1_000):
        log.error("not recorded: %s", number)
    assert handler.lines == [f"not recorded: {number}" for number in range(MOST_IN_WINDOW)]
    handler.now = WINDOW_S
    log.error("not recorded: %s", "the last")
    assert handler.lines[-1] == "not recorded: the last (and 990 more like this were not written)"
    log.error("not recorded: %s", "again")
    assert handler.lines[-1] == "not recorded: again"


def test_other_sentences_and_what_is_no_warning_are_as_ever() -> None:
    handler = Written()
    log = logger(handler)
    for _ in range(100):
        log.error("the same")
        log.info("that it lives")
    log.error("another")
    assert handler.lines.count("that it lives") == 100
    assert handler.lines[-1] == "another"


def test_it_remembers_so_many_and_no_more() -> None:
    handler = Written()
    log = logger(handler)
    for number in range(MOST_SENTENCES * 2):
        log.error(f"sentence {number}")
    assert len(handler.lines) == MOST_SENTENCES * 2
    log.error("with %(names)s", {"names": "a mapping"})
    assert handler.lines[-1] == "with a mapping"
    (calm,) = [one for one in handler.filters if isinstance(one, Calm)]
    assert len(calm._said) == MOST_SENTENCES
