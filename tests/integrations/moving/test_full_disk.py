"""Where unpacking ends in the middle, nothing of it stays."""

from __future__ import annotations

import errno
import zipfile

import pytest

from dangol.integrations.moving import looking
from dangol.integrations.moving.looking import Given, unpacked
from dangol.records.importing import storage


@pytest.mark.parametrize("why", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_files_unpacked_so_far_go_when_the_disk_is_full(tmp_path, settings, monkeypatch, why):
    settings.DATA = tmp_path / "data"
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as made:
        for name in ("customers.csv", "orders.csv"):
            made.writestr(name, "number,name\n1,한빛상사\n")
    keep, kept = storage.keep_upload, []

    def keep_one(blocks):
        if kept:
            raise why
        kept.append(keep(blocks))
        return kept[-1]

    monkeypatch.setattr(looking.storage, "keep_upload", keep_one)
    with pytest.raises(type(why)):
        unpacked(Given("all.zip", archive))
    assert not kept[0][0].exists()
