"""Compare runs: `python -m rnn_sentiment.report FOLDER ... [baseline=RUN] [out=FOLDER]`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnn_sentiment.commands import Parser, one_line_errors
from rnn_sentiment.errors import UserError
from rnn_sentiment.report.folders import run_folders

if TYPE_CHECKING:
    from rnn_sentiment.report.contents import Report


def write_report(
    folders: Sequence[Path],
    out: Path,
    baseline: Path | None = None,
    claims: Path | None = None,
    also: Sequence[Path] = (),
    families: Sequence[str] = ("*",),
    margin: float = 0.5,
    power: bool = False,
) -> Path:
    """Compare all runs under `folders`, print the verdicts, and write the report.

    Args:
        folders: run folders, or folders that contain run folders at any depth.
        out: the folder to write to.
        baseline: a run folder to compare all others with; by default, all pairs are compared.
        claims: a YAML file of claims to settle; by default, those of the lectures.
        also: folders of more runs, which are used for the claims but not compared.
        families: patterns of row labels; the pairs within each are compared and judged together.
        margin: points of accuracy below which a difference does not matter.
        power: also print the differences that more seeds would detect.

    Returns:
        The path of the HTML page.

    Raises:
        UserError: there is nothing to compare, or a file cannot be used.
    """
    refuse_plain_mistakes(folders, baseline, claims, also, margin)
    # pandas, scipy and matplotlib take seconds to import.
    from rnn_sentiment.lectures.claims import SHIPPED, load_claims
    from rnn_sentiment.lectures.evidence import read_evidence
    from rnn_sentiment.lectures.section import claims_section
    from rnn_sentiment.report import page
    from rnn_sentiment.report.calibration_section import calibration_section
    from rnn_sentiment.report.contents import make_report
    from rnn_sentiment.report.perturbations import perturbations_section
    from rnn_sentiment.report.slice_section import slices_section

    stated = load_claims(claims or SHIPPED)
    report = make_report(folders, baseline, also, families, margin / 100)
    sections = [
        slices_section(report.comparisons),
        perturbations_section(report.comparisons),
        calibration_section(report.comparisons),
        claims_section(stated, report.rows, read_evidence([*folders, *also])),
    ]
    print_verdicts(report, power)
    try:
        file = page.write(report, out, [section for section in sections if section])
    except OSError as error:
        raise UserError(f"out={out}: {error.strerror}") from None
    print(f"report: {file}")
    return file


def refuse_plain_mistakes(
    folders: Sequence[Path],
    baseline: Path | None,
    claims: Path | None,
    also: Sequence[Path],
    margin: float,
) -> None:
    """Check the arguments before any run is read; see `write_report`."""
    found = {folder.resolve() for folder in run_folders(folders)}
    if not found:
        raise UserError(f"no finished run under {', '.join(map(str, folders))}")
    if baseline is not None and baseline.resolve() not in found:
        raise UserError(f"baseline={baseline} is not one of the runs that are compared")
    if claims is not None and not claims.exists():
        raise UserError(f"claims={claims}: there is no such file")
    run_folders(also)
    if not 0 < margin < 100:
        raise UserError(f"margin={margin:g}: must be more than 0 and less than 100 points")


def print_verdicts(report: Report, power: bool) -> None:
    """Print warnings, verdicts and left-out runs; with `power`, also what more seeds would find."""
    from rnn_sentiment.report.plan import plan

    for comparison in report.comparisons:
        for warning in comparison.warnings:
            print(warning)
        for verdict in comparison.verdicts:
            print(verdict.sentence)
        for line in plan(comparison.verdicts) if power else ():
            print(line)
    for one in report.left_out:
        print(f"left out: {one.folder}: {one.reason}")


def make_parser() -> Parser:
    """The arguments of the command."""
    parser = Parser(
        "report",
        "Compare runs: print verdicts and write a report.",
        ["report runs/shootout", "report runs/a runs/b baseline=runs/a out=comparison"],
    )
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="FOLDER", help="runs, or folders of runs"
    )
    parser.add_argument(
        "--baseline", type=Path, metavar="RUN", help="compare every run with this one only"
    )
    parser.add_argument(
        "--family",
        nargs="+",
        action="extend",
        default=[],
        metavar="PATTERN",
        help="compare only matching rows, such as 'capstone_*'; families are judged separately",
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=0.5,
        metavar="POINTS",
        help="points of accuracy within which rows are equivalent; default: 0.5",
    )
    parser.add_flag("power", "show what more seeds would find")
    parser.add_argument("--claims", type=Path, metavar="FILE", help="YAML file of claims to settle")
    parser.add_argument(
        "--also",
        nargs="+",
        action="extend",
        type=Path,
        default=[],
        metavar="FOLDER",
        help="more runs, for the claims only",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("report"),
        metavar="FOLDER",
        help="folder to write to; default: report",
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> None:
    """Compare the runs in the given folders and write a report."""
    given = make_parser().parse(arguments)
    write_report(
        given.folders,
        given.out,
        given.baseline,
        given.claims,
        given.also,
        given.family or ("*",),
        given.margin,
        given.power,
    )


if __name__ == "__main__":
    one_line_errors(run)
