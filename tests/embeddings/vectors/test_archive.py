"""Archives of vectors: the right member of good ones, one clear line for the others."""

from __future__ import annotations

import gzip
import stat
import zipfile
from pathlib import Path

import pytest

from rnn_sentiment.embeddings.vectors import archive as files
from rnn_sentiment.embeddings.vectors.archive import read_lines
from rnn_sentiment.embeddings.vectors.reader import read_vectors
from rnn_sentiment.errors import UserError

TEXT = "the 1 2\nfilm 3 4\n"


def pack(file: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in members.items():
            archive.writestr(name, contents)
    return file


def refusal(file: Path, dim: int | None = 2) -> str:
    with pytest.raises(UserError) as raised:
        list(read_lines(file, dim))
    line = str(raised.value)
    assert str(file) in line
    assert "\n" not in line
    return line


def test_plain_gzipped_and_zipped_read_the_same(tmp_path):
    plain, gzipped = tmp_path / "a.txt", tmp_path / "a.txt.gz"
    plain.write_text(TEXT)
    gzipped.write_bytes(gzip.compress(TEXT.encode()))
    about = {"README.txt": "These are vectors.", "glove/License.txt": "(c)"}
    members = {"README": "", "__MACOSX/._a.txt": "", "a.txt": TEXT}
    zipped = pack(tmp_path / "a.zip", **about, **members)
    for file in (plain, gzipped, zipped):
        assert read_vectors(file, 2).words == ["the", "film"]


@pytest.mark.fault("b31")
def test_the_member_of_the_right_size_is_chosen(tmp_path):
    file = pack(
        tmp_path / "glove.6B.zip",
        **{f"glove.6B.{dim}d.txt": f"size{dim} {'1 ' * dim}\n" for dim in (2, 20, 12)},
    )
    assert read_vectors(file, 2).words == ["size2"]
    assert read_vectors(file, 20).words == ["size20"]
    line = refusal(file, dim=3)
    assert "which of 'glove.6B.2d.txt', 'glove.6B.20d.txt', 'glove.6B.12d.txt'" in line


@pytest.mark.fault("b31")
def test_fasttexts_vectors_are_read_from_their_archive(tmp_path):
    file = pack(tmp_path / "wiki-news-2d.vec.zip", **{"wiki-news-2d.vec": f"2 2\n{TEXT}"})
    assert read_vectors(file, 2).words == ["the", "film"]


def test_an_archive_without_vectors_is_refused(tmp_path):
    assert "no .txt or .vec file" in refusal(pack(tmp_path / "none.zip", **{"vectors.bin": "x"}))
    assert "no .txt or .vec file" in refusal(pack(tmp_path / "empty.zip"))


@pytest.mark.fault("b32", "s3")
@pytest.mark.parametrize("name", ["../evil.txt", "/etc/evil.txt", "a/../../b.txt", "..\\evil.txt"])
def test_names_that_lead_outside_are_refused(tmp_path, name):
    file = pack(tmp_path / "evil.zip", **{"good.txt": TEXT, name: TEXT})
    assert "outside the archive" in refusal(file)
    assert [p.name for p in tmp_path.iterdir()] == ["evil.zip"]


@pytest.mark.fault("b32", "s3")
def test_a_link_in_an_archive_is_not_followed(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text(TEXT)
    link = zipfile.ZipInfo("a.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, str(secret))
    with pytest.raises(UserError, match="no complete vector"):
        read_vectors(tmp_path / "link.zip", 2)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.zip", "secret.txt"]


@pytest.mark.fault("b32")
def test_an_encrypted_member_is_refused(tmp_path):
    file = pack(tmp_path / "secret.zip", **{"a.txt": TEXT})
    contents = bytearray(file.read_bytes())
    contents[6] |= 1  # the flag in the member's header, and in the directory
    contents[contents.index(b"PK\x01\x02") + 8] |= 1
    file.write_bytes(bytes(contents))
    assert "encrypted" in refusal(file)


@pytest.mark.fault("b32")
@pytest.mark.parametrize("damage", ["flipped", "cut", "no archive"])
def test_a_damaged_archive_is_refused(tmp_path, damage):
    file = pack(tmp_path / "damaged.zip", **{"a.txt": TEXT * 1000})
    contents = bytearray(file.read_bytes())
    if damage == "flipped":
        contents[60] ^= 0xFF
    file.write_bytes({"cut": contents[:-30], "no archive": b"text\n"}.get(damage, bytes(contents)))
    assert "cannot be read" in refusal(file)


@pytest.mark.fault("b32")
@pytest.mark.parametrize(
    "contents",
    [b"text\n", gzip.compress(TEXT.encode() * 1000)[:-9], b"\x1f"],
    ids=["text", "cut", "one byte"],
)
def test_a_damaged_gzip_is_refused(tmp_path, contents):
    file = tmp_path / "damaged.txt.gz"
    file.write_bytes(contents)
    assert "cannot be read" in refusal(file)


@pytest.mark.fault("b32", "s3")
def test_what_unpacks_to_far_more_than_vectors_do_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "SMALL", 100_000)
    lines = "the 1 2\n" * 100_000
    zipped = pack(tmp_path / "bomb.zip", **{"a.txt": lines})
    assert "unpacks from" in refusal(zipped)
    gzipped = tmp_path / "bomb.txt.gz"
    gzipped.write_bytes(gzip.compress(lines.encode()))
    assert "unpacks to over 100 times" in refusal(gzipped)


@pytest.mark.fault("b32")
def test_a_member_that_holds_more_than_it_declares_is_refused(tmp_path):
    file = pack(tmp_path / "liar.zip", **{"a.txt": TEXT * 100})
    contents = file.read_bytes()
    size = len(TEXT * 100).to_bytes(4, "little")
    assert contents.count(size) >= 2
    file.write_bytes(contents.replace(size, (8).to_bytes(4, "little")))
    assert "cannot be read" in refusal(file)
