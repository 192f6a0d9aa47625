"""Coroutines of ordinary code: threads that pass a baton, so that only one of them ever runs.

Real code does I/O deep inside plain calls; each of its port calls asks `pause` who goes on. Which task that is
depends on nothing but the chooser, so a seed replays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from enum import Enum, auto


class Halt(BaseException):
    """Raised in every task when the simulation ends, so that no thread is left behind."""


class State(Enum):
    """Where a task is."""

    READY = auto()
    STALLED = auto()
    DONE = auto()


class Task:
    """One piece of real code under way.

    Attributes:
        state: STALLED ones wait, in the middle of a port call, until somebody wakes them.
        wakes_at: (stalled) Unix seconds of the org's clock.
    """

    def __init__(self, name: str, body: Callable[[Task], None], baton: Baton, thread: _Thread) -> None:
        self.name = name
        self.state = State.READY
        self.wakes_at = 0
        self._baton = baton
        self._body = body
        self._thread = thread

    def run(self) -> None:
        """From its thread, at its first turn."""
        try:
            if not self._baton.halting:
                self._body(self)
        except Halt:
            pass
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
            self._baton.escaped(error)
        finally:
            self.state = State.DONE
            self._baton.pass_on(self._thread)

    def give_turn(self) -> None:
        self._thread.turn.release()

    def await_turn(self) -> None:
        self._thread.turn.acquire()


class _Thread:
    """A thread that runs one task after another, each when it is given its first turn; none ends it."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.turn.acquire()
        self.task: Task | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Idle: see it ended."""
        self.task = None
        self.turn.release()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self.turn.acquire()
            if self.task is None:
                return
            self.task.run()


class Baton:
    """Lets one task run at a time.

    Attributes:
        current: the task that runs; None while the main thread does.
        halting: everything is to end.
    """

    def __init__(self, choose: Callable[[Sequence[Task]], Task]) -> None:
        self._choose = choose
        self._tasks: list[Task] = []
        self._idle: list[_Thread] = []
        self._main = threading.Lock()
        self._main.acquire()
        self._error: BaseException | None = None
        self.current: Task | None = None
        self.halting = False

    def start(self, name: str, body: Callable[[Task], None]) -> Task:
        """A task that is ready to run."""
        thread = self._idle.pop() if self._idle else _Thread()
        thread.task = task = Task(name, body, self, thread)
        self._tasks.append(task)
        return task

    def stalled(self) -> list[Task]:
        """The tasks that wait to be woken."""
        return [task for task in self._tasks if task.state is State.STALLED]

    def run(self) -> None:
        """Main thread: run until every task is done or stalled; raises what escaped from one."""
        first = self._next()
        if first is not None:
            self.current = first
            first.give_turn()
            self._main.acquire()
        self._tasks = [task for task in self._tasks if task.state is not State.DONE]
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def pause(self, task: Task) -> None:
        """From inside a task: let the chooser say who goes on; returns when it is this task's turn again."""
        following = self._next()
        if following is not task:
            self.current = following
            (following.give_turn if following is not None else self._main.release)()
            task.await_turn()
        if self.halting:
            raise Halt

    def escaped(self, error: BaseException) -> None:
        """Keep what came out of a task and end all of them."""
        self._error = self._error or error
        self.halting = True

    def pass_on(self, thread: _Thread) -> None:
        """From a task that is done, with the thread that can take another one."""
        self._idle.append(thread)
        following = self._next()
        self.current = following
        (following.give_turn if following is not None else self._main.release)()

    def halt(self) -> None:
        """Main thread: end every task where it stands."""
        self.halting = True
        for task in self._tasks:
            if task.state is State.STALLED:
                task.state = State.READY
        try:
            self.run()
        finally:
            self.halting = False
            self.rest()

    def rest(self) -> None:
        """Main thread: end the threads that have no task."""
        for thread in self._idle:
            thread.end()
        self._idle.clear()

    def _next(self) -> Task | None:
        ready = [task for task in self._tasks if task.state is State.READY]
        if not ready:
            return None
        return ready[0] if self.halting or len(ready) == 1 else self._choose(ready)
