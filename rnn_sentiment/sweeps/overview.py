"""Progress and results of a sweep in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rnn_sentiment.sweeps.jobs import Job

PARTS = ("validation", "test")


class Overview:
    """Shows counts and the running jobs; without a terminal, prints a line per finished job.

    Args:
        jobs: the jobs of the sweep.
        num_slots: number of processes at once, to estimate the time left.
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
        """Update the display."""
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
        """Summarise done, running and failed jobs, the best so far, and the time left."""
        states = [job.state for job in self.jobs]
        done = states.count("done") + states.count("kept")
        parts = [f"{done} of {len(states)} done", f"{states.count('running')} running"]
        if failed := states.count("failed"):
            parts.append(f"{failed} failed")
        finished = [job for job in self.jobs if job.state in ("done", "kept")]
        if means := mean_validation(finished):
            best = max(means, key=lambda name: means[name])
            which = f"best {best}" if len({name_of(job) for job in self.jobs}) > 1 else "mean"
            parts.append(f"{which} {100 * means[best]:.2f} % validation")
        if seconds := [job.seconds for job in finished if job.seconds]:
            running = sum(
                max(0, mean(seconds) - j.seconds) for j in self.jobs if j.state == "running"
            )
            waiting = mean(seconds) * states.count("waiting")
            parts.append(f"about {clock((running + waiting) / self.num_slots)} left")
        return ", ".join(parts)


def score(job: Job, part: str = "validation", metric: str = "accuracy") -> float | None:
    """A score of a finished job."""
    found = job.results.get(part) or {}
    value = found.get(metric)
    return float(value) if isinstance(value, (int, float)) else None


def name_of(job: Job) -> str:
    """The name that a score belongs to: a job, or all folds of a cross-validation."""
    if job.folds_of is None:
        return job.name
    return f"{job.folds_of}, all folds" if job.folds_of else "all folds"


def mean_validation(jobs: Sequence[Job]) -> dict[str, float]:
    """Mean validation accuracy of the finished jobs by name; folds are averaged."""
    found: dict[str, list[float]] = {}
    for job in jobs:
        if (accuracy := score(job)) is not None:
            found.setdefault(name_of(job), []).append(accuracy)
    return {name: mean(values) for name, values in found.items()}


def outcome(job: Job) -> str:
    """Describe how a job ended."""
    if job.state == "failed":
        return f"failed, {job.reason}"
    accuracy = score(job)
    return "done" if accuracy is None else f"{100 * accuracy:.2f} % validation"


def clock(seconds: float) -> str:
    """Format seconds as h:mm:ss; hours can exceed 24."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def print_table(jobs: Sequence[Job]) -> None:
    """Print the finished jobs by validation accuracy, and the mean and spread of folds."""
    table = Table("run", "validation, %", "test, %", "s / epoch")
    finished = [job for job in jobs if job.state in ("done", "kept")]
    means = mean_validation(finished)
    for name in sorted({*map(name_of, finished)}, key=lambda name: -means.get(name, 0.0)):
        group = [job for job in finished if name_of(job) == name]
        for job in group:
            values = (shown([score(job, part)]) for part in PARTS)
            seconds = job.results.get("seconds_per_epoch")
            table.add_row(Text(job.name), *values, "" if seconds is None else f"{seconds:.1f}")
        if group[0].folds_of is not None:
            values = (shown([score(job, part) for job in group]) for part in PARTS)
            table.add_row(Text(f"{name}, mean ± sd", style="italic"), *values)
            table.add_section()
    if finished:
        Console().print(table)


def shown(accuracies: Sequence[float | None]) -> str:
    """Format an accuracy in percent, or mean and standard deviation of several; empty for none."""
    known = [100 * value for value in accuracies if value is not None]
    if len(known) < 2:
        return "".join(f"{value:.2f}" for value in known)
    return f"{mean(known):.2f} ± {stdev(known):.2f}"


def print_failures(jobs: Sequence[Job]) -> None:
    """Print the failed jobs with their reasons."""
    for job in jobs:
        if job.state == "failed":
            line = f"failed: {job.name}: {job.reason} (see {job.log})"
            Console().print(Text(line, style="red"), soft_wrap=True)
