"""Whether the Hub can be reached, and what is in the way."""

from __future__ import annotations

import os
import queue
import threading
import urllib.error
import urllib.request
from typing import NamedTuple


class Problem(NamedTuple):
    """Why the Hub did not give what it was asked for.

    Args:
        text: for the user.
        passing: the connection or the server is to blame, not what was asked for.
    """

    text: str
    passing: bool


def find_problem(repository: str, timeout: float) -> Problem | None:
    """Say why the Hub does not answer for a repository within `timeout` seconds, if so.

    Args:
        repository: kind and name, for example `datasets/stanfordnlp/imdb`.
        timeout: seconds until its first answer.
    """
    for variable in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        if os.environ.get(variable, "").upper() in {"1", "ON", "YES", "TRUE"}:
            return Problem(f"offline mode is on ({variable}), unset it", passing=True)
    found: queue.Queue[Problem | None] = queue.Queue()
    # In a thread, because a name look-up has no time limit of its own.
    threading.Thread(target=lambda: found.put(_ask(repository, timeout)), daemon=True).start()
    try:
        return found.get(timeout=timeout)
    except queue.Empty:
        return Problem(f"unreachable, no answer within {timeout:g} s", passing=True)


def endpoint() -> str:
    """The address of the Hub, or of the one that HF_ENDPOINT puts in its place."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _ask(repository: str, timeout: float) -> Problem | None:
    """Ask for a repository's page of the API."""
    try:
        with urllib.request.urlopen(f"{endpoint()}/api/{repository}", timeout=timeout):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        # 401 and 403 are left to the client, which knows the user's token.
        return None if error.code in (401, 403) else refusal(error.code)
    except TimeoutError:
        return Problem(f"unreachable, no answer within {timeout:g} s", passing=True)
    except urllib.error.URLError as error:
        return Problem(f"unreachable ({error.reason})", passing=True)
    except Exception as error:  # whatever a broken proxy or a mistyped HF_ENDPOINT leads to
        return Problem(f"unreachable ({type(error).__name__}: {error})", passing=True)


def refusal(code: int) -> Problem:
    """What an HTTP status that is no success means."""
    if code == 429:
        text = "too many requests (429), wait some minutes or set HF_TOKEN"
    elif code in (401, 403):
        text = f"not found or not public ({code}), check the name or set HF_TOKEN"
    elif code == 404:
        text = "not found (404), check the name"
    else:
        text = f"{'server error' if code >= 500 else 'refused'} ({code})"
    return Problem(text, passing=code == 429 or code >= 500)
