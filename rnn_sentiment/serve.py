"""Serve over HTTP: `python -m rnn_sentiment.serve run=FOLDER [host=ADDRESS] [port=NUMBER]`."""

from __future__ import annotations

from collections.abc import Sequence

from rnn_sentiment.commands import Parser, one_line_errors
from rnn_sentiment.errors import Interrupted, interruptible
from rnn_sentiment.extras import need


def run(arguments: Sequence[str] | None = None) -> None:
    """Serve a model until it is stopped; requests that were sent before are still answered."""
    parser = Parser(
        "serve",
        "Classify texts over HTTP: a JSON interface, and a page to try the model on.",
        ["serve run=runs/...", "serve run=model.zip port=9000", "serve run=runs/... host=0.0.0.0"],
    )
    parser.add_run_argument()
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="default: 127.0.0.1; 0.0.0.0 also accepts other machines",
    )
    parser.add_argument("--port", type=int, default=8000, metavar="NUMBER", help="default: 8000")
    given = parser.parse(arguments)
    need("serve", "serve", "captum", "litserve")

    from rnn_sentiment.inference import Predictor
    from rnn_sentiment.outcome import AnyOf
    from rnn_sentiment.serving.server import bind, serving

    predictor = Predictor.load(given.run)  # reports a bad model before any process starts
    try:
        with (
            bind(given.host, given.port) as listener,
            interruptible(lambda: "the server has ended"),
            serving(given.run, predictor.labels, isinstance(predictor.outcome, AnyOf)) as server,
        ):
            port = listener.getsockname()[1]
            print(f"http://{given.host}:{port} answers until Ctrl-C", flush=True)
            server.run(sockets=[listener])
    except Interrupted as stopped:
        print(stopped)


if __name__ == "__main__":
    one_line_errors(run)
