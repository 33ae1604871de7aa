"""A bundle on the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

from rnn_sentiment.bundles.write import present
from rnn_sentiment.errors import UserError


def push(folder: Path, repository: str) -> str:
    """Send a bundle to a repository of models, which is made where there is none.

    The token is the one of `hf auth login`, or HF_TOKEN.

    Args:
        folder: the bundle.
        repository: owner and name.

    Returns:
        The address of the commit.

    Raises:
        UserError: there is no token, it does not suffice, or the Hub cannot be reached.
    """
    from huggingface_hub import HfApi  # reads HF_ENDPOINT as it is imported
    from huggingface_hub.errors import LocalTokenNotFoundError

    api = HfApi()
    try:
        api.create_repo(repository, exist_ok=True)
        sent = api.upload_folder(
            repo_id=repository,
            folder_path=folder,
            allow_patterns=list(present(folder)),
            commit_message="Model written by rnn_sentiment",
        )
    except LocalTokenNotFoundError:
        raise UserError(
            f"push={repository} needs a token: run hf auth login, or set HF_TOKEN"
        ) from None
    except Exception as error:  # of the Hub, of the connection, or of the name
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(f"push={repository}: {reason}; the bundle is in {folder}") from error
    return str(sent.commit_url)
