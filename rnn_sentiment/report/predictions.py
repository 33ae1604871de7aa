"""The predictions of a run: a row for each test review, checked before anything is computed."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
from pyarrow import types

from rnn_sentiment.errors import UserError
from rnn_sentiment.report.schema import RunResults, Scores

MOST_ROWS, MOST_BYTES = 10_000_000, 2**31
READ = re.compile(r"row_id|label|duplicate|length|predicted|probability(_\d+)?")
LABEL = "label_"  # before the columns with a probability of each of several labels
KINDS = {"row_id": "", "label": "iu", "duplicate": "b", "length": "iu"}  # of columns; "" is any


def read_predictions(file: Path, results: RunResults) -> pd.DataFrame:
    """Read predictions, check them against the results, and mark the correct ones.

    Where texts have several labels, an answer is correct if all of them are right, and there is
    no probability of it; those of the labels are `label_probability_0`, ...

    Returns:
        A row for each review, by `row_id`, with `predicted` and `correct`.

    Raises:
        UserError: the table lacks a column, holds values out of range, or is another run's.
    """
    frame = read_parquet(file, READ)
    scored = results.test is not None and results.test_deduplicated is not None
    check_columns(frame, file.name, answers_suffice=scored)
    frame = frame.astype({"label": np.int64, "length": np.int32})  # to compare with other runs'
    frame["row_id"] = frame["row_id"].astype(str)
    if frame["row_id"].duplicated().any():
        raise UserError(f"{file.name}: a row_id occurs twice")
    if (size := results.data.sizes.get("test", 0)) != len(frame) or not size:
        raise UserError(f"{file.name} has {len(frame):,} rows; results.json says {size:,}")
    if columns := probability_columns(frame):
        several = results.data.several
        frame["predicted"] = answers(frame, columns, file.name, several)
        if several:
            frame = frame.rename(columns=lambda name: LABEL * (name in columns) + name)
    frame["correct"] = frame["predicted"] == frame["label"]
    if results.test and not np.isclose(results.test.accuracy, frame["correct"].mean(), atol=1e-4):
        raise UserError(
            f"results.json says a test accuracy of {results.test.accuracy:.4f}, "
            f"{file.name} gives {frame['correct'].mean():.4f}"
        )
    return frame.sort_values("row_id", ignore_index=True)


def answers(frame: pd.DataFrame, columns: list[str], name: str, several: bool) -> np.ndarray:
    """The likeliest class of each review, or a bit for each of several labels, `(N,)`.

    Raises:
        UserError: a probability is out of range, or a label has none.
    """
    values = frame[columns].to_numpy(float)
    if not ((values >= 0) & (values <= 1)).all():
        raise UserError(f"{name}: a probability is not between 0 and 1")
    num_labels = 2 ** min(len(columns), 63) if several else max(len(columns), 2)
    if not frame["label"].between(0, num_labels - 1).all():
        raise UserError(f"{name}: a label has no probability of its own")
    if several:
        return np.asarray((values >= 0.5) @ (1 << np.arange(len(columns))))
    predicted = values.argmax(1) if len(columns) > 1 else values[:, 0] >= 0.5
    return np.asarray(predicted, int)


def read_parquet(file: Path, read: re.Pattern[str]) -> pd.DataFrame:
    """Read the named columns of a table that may come from a stranger.

    Raises:
        UserError: it is a link, damaged or too long.
    """
    if not stat.S_ISREG(file.lstat().st_mode):
        raise UserError(f"{file.name} is not a regular file")
    try:
        with pyarrow.parquet.ParquetFile(file, page_checksum_verification=True) as table:
            if (rows := table.metadata.num_rows) > MOST_ROWS:
                raise UserError(f"{file.name} has {rows:,} rows; at most {MOST_ROWS:,}")
            if (size := unpacked(table.metadata)) > MOST_BYTES:
                raise UserError(f"{file.name} unpacks to {size:,} bytes; at most {MOST_BYTES:,}")
            columns = readable(table.schema_arrow, file.name, read)
            # Without what pandas may have noted of the table, which says how it is put together.
            found = table.read(columns).replace_schema_metadata(None)
            found.validate(full=True)  # texts that are not UTF-8 would fail where they are used
        return pd.DataFrame(found.to_pandas())
    except UserError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, LookupError, OverflowError) as error:
        raise UserError(f"{file.name} is damaged: {error}") from None


def unpacked(metadata: pyarrow.parquet.FileMetaData) -> int:
    """Bytes of a table after decompression, as its metadata say."""
    groups = range(metadata.num_row_groups)
    return sum(int(metadata.row_group(number).total_byte_size) for number in groups)


def readable(schema: pyarrow.Schema, name: str, read: re.Pattern[str]) -> list[str]:
    """The columns of a table whose names match, where they are texts, numbers or flags.

    Raises:
        UserError: two of them have one name.
    """
    is_plain = (
        *(types.is_integer, types.is_floating, types.is_boolean),
        *(types.is_string, types.is_large_string),
    )
    found = [
        field.name
        for field in schema
        if read.fullmatch(field.name) and any(is_kind(field.type) for is_kind in is_plain)
    ]
    if len(found) > len(set(found)):
        raise UserError(f"{name} has two columns of one name")
    return found


def check_columns(frame: pd.DataFrame, name: str, answers_suffice: bool) -> None:
    """Refuse a table that lacks a column or has one of another type.

    Args:
        frame: the table.
        name: of its file.
        answers_suffice: whether `predicted` may replace probabilities.

    Raises:
        UserError: the message names the column.
    """
    kinds_of = KINDS | dict.fromkeys(probability_columns(frame), "fiu")
    if not probability_columns(frame):
        kinds_of |= {"predicted": "iu"} if answers_suffice else {"probability": "fiu"}
    for column, kinds in kinds_of.items():
        if column not in frame:
            raise UserError(f"{name} lacks the column {column}")
        if kinds and frame[column].dtype.kind not in kinds:
            raise UserError(f"{name}: {column} is {frame[column].dtype}, not a number or flag")


def probability_columns(frame: pd.DataFrame) -> list[str]:
    """`probability` of two classes, `probability_0`, `probability_1`, ... of more, or none."""
    many = [f"probability_{number}" for number in range(len(frame.columns))]
    return [column for column in many if column in frame] or [
        column for column in ("probability",) if column in frame
    ]


def label_probabilities(frame: pd.DataFrame) -> np.ndarray:
    """Probability of each of several labels, `(N, C)`; C is 0 where texts have one class."""
    return frame.filter(regex=rf"^{LABEL}probability_\d+$").to_numpy(float)


def confidence(frame: pd.DataFrame) -> np.ndarray:
    """Probability of the predicted class, `(N,)`."""
    values = frame[probability_columns(frame)].to_numpy(float)
    if values.shape[1] > 1:
        return np.asarray(values.max(1))
    return np.asarray(np.maximum(values[:, 0], 1 - values[:, 0]))


def score(predictions: pd.DataFrame) -> Scores:
    """Score predictions that came without scores; AUROC needs a row of every class."""
    import torch  # takes seconds, and runs of this program bring their scores

    from rnn_sentiment.metrics import as_scores, make_metrics
    from rnn_sentiment.outcome import AnyOf, OneOf, Outcome

    labels = torch.tensor(predictions["label"].to_numpy())
    values = label_probabilities(predictions)
    outcome: Outcome = AnyOf(values.shape[1])
    if not values.size:
        values = predictions[probability_columns(predictions)].to_numpy(float)
        outcome = OneOf(max(values.shape[1], 2))
    given = torch.tensor(values if outcome.num_logits > 1 else values[:, 0])
    return Scores.model_validate(as_scores(make_metrics(outcome)(given, outcome.targets(labels))))
