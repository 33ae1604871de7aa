"""A sweep that adds seeds of two systems until it is settled which one is better."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.utils import JobStatus
from hydra.plugins.launcher import Launcher
from omegaconf import DictConfig
from pydantic import Field
from pydantic.dataclasses import dataclass

from rnn_sentiment import configuration
from rnn_sentiment.errors import UserError
from rnn_sentiment.report.anytime import MOST_SEEDS
from rnn_sentiment.report.family import ENOUGH_SEEDS
from rnn_sentiment.report.loading import SETTLED
from rnn_sentiment.report.verdicts import Verdict
from rnn_sentiment.storage import write_file
from rnn_sentiment.sweeps.answer import ANSWERS, as_record, in_words, look
from rnn_sentiment.sweeps.launch import report_on
from rnn_sentiment.sweeps.sweep import AT_ONCE, Settings
from rnn_sentiment.sweeps.timebox import TimeBox


@dataclass(frozen=True)
class SettleSettings(Settings):
    """How seeds are added: the section `sweep` of `sweep=settled`.

    Args:
        minutes: time limit; no seeds are added that would probably exceed it. None for no limit.
        max_seeds: maximum number of seeds of each system.
        margin: points of accuracy; smaller differences do not matter.
    """

    minutes: Annotated[float, Field(gt=0)] | None
    max_seeds: Annotated[int, Field(ge=ENOUGH_SEEDS, le=MOST_SEEDS)]
    margin: Annotated[float, Field(gt=0, lt=100)]


def settle(
    launcher: Launcher, config: DictConfig, params: dict[str, str], arguments: list[str]
) -> None:
    """Train both systems seed by seed until the report has an answer, and print it.

    Test scores are compared after each round. The intervals account for these repeated looks
    (`report.anytime`), and test scores choose nothing else: both systems are fixed in advance.

    Raises:
        UserError: there are not two systems, or they cannot be compared.
        SystemExit: with status 1 if a run failed.
    """
    settings: SettleSettings = configuration.make(config, "sweep")
    if not config.test:
        raise UserError("sweep.until=settled compares test scores; leave out test=false")
    systems = named_systems(params, arguments)
    folder = Path(config.hydra.sweep.dir).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    verdict, failed = add_seeds(launcher, settings, systems, config.seed, folder)
    if settings.report:
        report_on(folder, f"margin={settings.margin:g}")
    if verdict is not None:
        print(in_words(verdict))
        if verdict.outcome not in ANSWERS:
            print(
                "More seeds: the same command with a larger sweep.max_seeds or sweep.minutes and "
                f"sweep.resume=true hydra.sweep.dir={folder}"
            )
    if failed or verdict is None:
        sys.exit(1)


def named_systems(params: dict[str, str], arguments: Sequence[str]) -> list[list[str]]:
    """The overrides of both systems, without seeds.

    Raises:
        UserError: the command line does not name two systems.
    """
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper

    texts = [*(f"{key}={value}" for key, value in params.items()), *arguments]
    parsed = OverridesParser.create().parse_overrides(texts)
    if any(one.get_key_element() == "seed" and one.is_sweep_override() for one in parsed):
        raise UserError(
            "sweep.until=settled adds the seeds itself; give one to start from, or none"
        )
    (systems,) = BasicSweeper.split_arguments(parsed, None)
    if len(systems) != 2:
        raise UserError(
            f"sweep.until=settled compares two systems, and here {len(systems)} are named; give "
            "one key two values, such as model=lstm,gru"
        )
    return [[text for text in own if not text.startswith("seed=")] for own in systems]


def add_seeds(
    launcher: Launcher,
    settings: SettleSettings,
    systems: Sequence[Sequence[str]],
    first_seed: int,
    folder: Path,
) -> tuple[Verdict | None, int]:
    """Run seeds of both systems in turn while the comparison is undecided and limits allow.

    Returns:
        The verdict, None if one of the systems has no completed run, and the number of failed runs.
    """
    box, verdict, num_seeds, failed, said = TimeBox(settings.minutes), None, 0, 0, ""
    at_once = max(1, (settings.jobs or AT_ONCE) // 2)
    if not (folder / SETTLED).exists():  # reports must know it from the first run on
        write_file(folder / SETTLED, json.dumps({"outcome": "undecided"}))
    while num_seeds < settings.max_seeds and box.has_room():
        if verdict is not None and verdict.estimate.known and verdict.sentence != said:
            print(said := verdict.sentence, flush=True)  # once for runs that were kept
        new = range(num_seeds, min(num_seeds + at_once, settings.max_seeds))
        jobs = [[*own, f"seed={first_seed + number}"] for number in new for own in systems]
        returns = launcher.launch(jobs, initial_job_idx=2 * num_seeds)
        ends = [ended.status == JobStatus.COMPLETED for ended in returns]
        num_seeds, failed = num_seeds + len(new), failed + ends.count(False)
        if not (any(ends[::2]) and any(ends[1::2])) and verdict is None:
            print("error: one of the systems has no completed run", file=sys.stderr)
            return None, failed
        verdict = look(folder, settings.margin / 100)
        write_file(folder / SETTLED, json.dumps(as_record(verdict), indent=2))
        if verdict.outcome in ANSWERS:
            break
    return verdict, failed
