"""What a sweep shows while it runs and when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rnn_sentiment.sweeps.jobs import Job


class Overview:
    """One line of counts and a line for each running job; plain lines without a terminal.

    Args:
        jobs: the sweep's, whose states it reads.
        num_slots: processes at once, for the time that is left.
    """

    def __init__(self, jobs: Sequence[Job], num_slots: int) -> None:
        self.jobs = jobs
        self.num_slots = num_slots
        self.console = Console(stderr=True)
        self.live = Live(console=self.console, refresh_per_second=2, transient=True)
        self.printed = {job.name for job in jobs if job.state in ("done", "failed")}  # shown before

    def __enter__(self) -> Overview:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.live.stop()

    def update(self) -> None:
        """Show the state of all jobs."""
        if self.console.is_terminal:
            running = [job for job in self.jobs if job.state == "running"]
            lines = [Text(f"  {job.name}  {clock(job.seconds)}") for job in running]
            self.live.update(Group(Text(self.counts(), style="bold"), *lines))
            return
        for job in self.jobs:
            if job.state in ("done", "failed") and job.name not in self.printed:
                self.printed.add(job.name)
                line = f"{job.name}: {outcome(job)}  [{self.counts()}]"
                self.console.print(Text(line), soft_wrap=True)

    def counts(self) -> str:
        """Done, running and failed jobs, the best so far, and the time left."""
        states = [job.state for job in self.jobs]
        done = states.count("done") + states.count("kept")
        parts = [f"{done} of {len(states)} done", f"{states.count('running')} running"]
        if failed := states.count("failed"):
            parts.append(f"{failed} failed")
        finished = [job for job in self.jobs if job.state in ("done", "kept")]
        if scored := [job for job in finished if validation(job) is not None]:
            best = max(scored, key=lambda job: validation(job) or 0.0)
            parts.append(f"best {best.name} {100 * (validation(best) or 0):.2f} % validation")
        if seconds := [job.seconds for job in finished if job.seconds]:
            running = sum(
                max(0, mean(seconds) - j.seconds) for j in self.jobs if j.state == "running"
            )
            waiting = mean(seconds) * states.count("waiting")
            parts.append(f"about {clock((running + waiting) / self.num_slots)} left")
        return ", ".join(parts)


def validation(job: Job, metric: str = "accuracy") -> float | None:
    """A score of a finished job on its validation part."""
    found = job.results.get("validation") or {}
    value = found.get(metric)
    return float(value) if isinstance(value, (int, float)) else None


def outcome(job: Job) -> str:
    """How a job ended, in words."""
    if job.state == "failed":
        return f"failed, {job.reason}"
    accuracy = validation(job)
    return "done" if accuracy is None else f"{100 * accuracy:.2f} % validation"


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss; hours go on past 24."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def print_table(jobs: Sequence[Job]) -> None:
    """The finished jobs by validation accuracy."""
    table = Table("run", "validation, %", "test, %", "s / epoch")
    finished = [job for job in jobs if job.state in ("done", "kept")]
    for job in sorted(finished, key=lambda job: validation(job) or 0.0, reverse=True):
        test = (job.results.get("test") or {}).get("accuracy")
        shown = ["" if cell is None else f"{100 * cell:.2f}" for cell in (validation(job), test)]
        seconds = job.results.get("seconds_per_epoch")
        table.add_row(Text(job.name), *shown, "" if seconds is None else f"{seconds:.1f}")
    if finished:
        Console().print(table)


def print_failures(jobs: Sequence[Job]) -> None:
    """The failed jobs with their reasons."""
    for job in jobs:
        if job.state == "failed":
            line = f"failed: {job.name}: {job.reason} (see {job.log})"
            Console().print(Text(line, style="red"), soft_wrap=True)
