"""Export a trained model: `python -m rnn_sentiment.export run=FOLDER [zip=true] ...`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rnn_sentiment.commands import Parser, one_line_errors


def make_parser() -> Parser:
    """The argument parser of the command."""
    parser = Parser(
        "export",
        "Export a trained model as a folder of files that need neither Hydra nor Lightning.",
        [
            "export run=runs/...",
            "export run=runs/... out=model zip=true license=mit",
            "export run=runs/... seeds=runs/sweep",
            "export run=runs/... format=onnx",
            "export run=runs/... push=USER/NAME",
        ],
    )
    parser.add_run_argument("the run folder")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where to write the bundle; default: bundle, in the run folder",
    )
    parser.add_flag("zip", "also write the bundle as FOLDER.zip")
    parser.add_argument(
        "--format",
        choices=["safetensors", "onnx"],
        default="safetensors",
        help="format of the weights",
    )
    parser.add_argument(
        "--license", metavar="NAME", help="license of the weights, for the model card"
    )
    parser.add_argument(
        "--seeds",
        type=Path,
        metavar="FOLDER",
        help="folder of runs with other seeds, for confidence intervals",
    )
    parser.add_argument(
        "--push", metavar="USER/NAME", help="upload the bundle to the Hugging Face Hub"
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> None:
    """Write the bundle of a run, and print where it is."""
    given = make_parser().parse(arguments)
    folder = given.out or given.run / "bundle"

    from rnn_sentiment.bundles.card import write_card
    from rnn_sentiment.bundles.write import make_folder, write_bundle, write_zip
    from rnn_sentiment.inference.trained import load_run

    trained = load_run(given.run)
    card = write_card(given.run, trained, given.format, given.license, given.seeds)
    make_folder(folder)
    if given.format == "onnx":
        from rnn_sentiment.bundles.onnx import write_onnx

        write_onnx(folder, given.run, trained, card)
    else:
        write_bundle(folder, given.run, trained, card)
    print(folder)
    if given.zip:
        file = folder.with_name(f"{folder.name}.zip")
        write_zip(file, folder)
        print(file)
    if given.push:
        from rnn_sentiment.bundles.push import push

        print(push(folder, given.push))


if __name__ == "__main__":
    one_line_errors(run)
