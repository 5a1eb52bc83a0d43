import pytest

from dangol.web import assets
from tests.measures.conftest import lake_folder, shop  # noqa: F401

pytest.register_assert_rewrite("tests.insight.retail_on_pages")


@pytest.fixture
def on_paper():
    """What a PDF needs: the library and the whole font."""
    pytest.importorskip("typst", reason="typst is not installed")
    if not (assets.VENDOR / "pretendard" / "Pretendard-Regular.otf").exists():
        pytest.skip("the whole font is not there; `python -m dangol.web.assets node_modules` brings it")
