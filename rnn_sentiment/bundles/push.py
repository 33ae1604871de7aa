"""Push a bundle to the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

from rnn_sentiment.bundles.write import present
from rnn_sentiment.errors import UserError


def push(folder: Path, repository: str) -> str:
    """Upload a bundle to a model repository, which is created if it does not exist.

    The token comes from `hf auth login` or HF_TOKEN.

    Args:
        folder: the bundle.
        repository: the repository, `OWNER/NAME`.

    Returns:
        The address of the commit.

    Raises:
        UserError: there is no token, it lacks permission, or the Hub cannot be reached.
    """
    from huggingface_hub import HfApi  # reads HF_ENDPOINT on import
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
    except Exception as error:  # from the Hub, the connection, or an invalid name
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise UserError(f"push={repository}: {reason}; the bundle is in {folder}") from error
    return str(sent.commit_url)
