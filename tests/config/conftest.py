import shutil
import tempfile
from pathlib import Path

import pytest


@pytest.fixture
def place():
    """A folder for an installation.

    Not `tmp_path`: pytest closes the folder above it to other accounts whenever any run begins, and as root the
    database server is another account.
    """
    folder = Path(tempfile.mkdtemp(prefix="dangol-test-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
