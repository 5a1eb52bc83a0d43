from tests.measures.conftest import lake_folder, shop  # noqa: F401
