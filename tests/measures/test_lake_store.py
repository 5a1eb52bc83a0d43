"""The lake in an object store, against a server that speaks S3."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from dangol.measures import lake
from dangol.measures.lake import storage
from tests.measures.test_lake_refresh import lines_of, truth


@pytest.fixture
def bucket(monkeypatch, settings):
    pytest.importorskip("s3fs", reason="s3fs is not installed (dangol[s3])")
    server = pytest.importorskip("moto.server", reason="moto[server] is not installed")
    served = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    served.start()
    host, port = served.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    settings.DANGOL_LAKE = "s3://dangol/the/lake"
    place = storage.store()
    place.system.mkdir("dangol")
    yield place
    served.stop()
    type(place.system).clear_instance_cache()


@pytest.mark.slow
def test_the_whole_life_of_a_lake_in_an_object_store(shop, bucket, lake_folder):
    with pytest.raises(lake.LakeMissing):
        lake.current()
    shop.order(shop.customer(), "2026-10-20", 1, 2)
    first = lake.refresh()
    assert lines_of() == truth()
    shop.order(None, "2026-11-20", 4)
    reader = lake.connect(first)
    second = lake.refresh()
    assert second.datasets["order_lines"].deltas
    assert lines_of() == truth()
    assert lines_of(first) != truth(), "who opened the lake before reads on"
    reader.close()
    compacted = lake.compact()
    assert compacted is not None
    assert lines_of() == truth()
    lake.extract()
    assert set(bucket.names()) == {"manifest.json"} | lake.current().names() | compacted.names()
    assert not list(lake_folder.rglob("*.parquet")), "nothing of it stays on this machine"


def test_a_folder_elsewhere_can_hold_the_lake(shop, settings, tmp_path):
    settings.DANGOL_LAKE = str(tmp_path / "elsewhere")
    shop.order(None, "2026-10-20", 1)
    lake.refresh()
    assert (tmp_path / "elsewhere" / "manifest.json").is_file()
    assert lines_of() == truth()


def test_a_store_of_an_unknown_kind_is_refused(settings):
    settings.DANGOL_LAKE = "carrier-pigeon://loft"
    with pytest.raises(ImproperlyConfigured, match="carrier-pigeon"):
        storage.store()
