"""The copy of browser parts, on a small stand-in for node_modules."""

from pathlib import Path

import pytest

from dangol.web import assets

DRAWING = (
    '<!-- tags: [home] --><svg xmlns="http://www.w3.org/2000/svg" width="24">\n'
    '  <path stroke="none" d="M0 0h24v24H0z" fill="none" />\n  <path d="M5 12l-2 0" />\n</svg>'
)


@pytest.fixture
def node_modules(tmp_path: Path) -> Path:
    root = tmp_path / "node_modules"
    for name in assets.FILES:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content\n//# sourceMappingURL=there.js.map\n", encoding="utf-8")
    for name in assets.FONTS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"whole font")
    for name in assets.FOLDERS:
        (root / name).mkdir(parents=True)
        (root / name / "a.woff2").write_bytes(b"font")
    icons = root / assets.ICONS
    icons.mkdir(parents=True)
    for name in assets.ALWAYS | {"menu-2"}:
        (icons / f"{name}.svg").write_text(DRAWING, encoding="utf-8")
    return root


def test_everything_is_copied_and_maps_that_are_not_there_are_not_named(node_modules, tmp_path):
    target = tmp_path / "vendor"
    (target / "old").mkdir(parents=True)
    assets.copy(node_modules, target)
    assert not (target / "old").exists()
    assert (target / "htmx.js").read_text().strip() == "content"
    assert (target / "pretendard" / "woff2-dynamic-subset" / "a.woff2").read_bytes() == b"font"
    assert (target / "pretendard" / "Pretendard-Regular.otf").read_bytes() == b"whole font"


def test_the_sprite_holds_the_icons_that_the_sources_name(node_modules, tmp_path):
    assets.copy(node_modules, tmp_path / "vendor")
    sprite = (tmp_path / "vendor" / "icons.svg").read_text()
    assert '<symbol id="menu-2" viewBox="0 0 24 24"><path d="M5 12l-2 0"/></symbol>' in sprite
    assert "M0 0h24v24H0z" not in sprite


def test_what_is_missing_is_said_and_nothing_is_touched(node_modules, tmp_path, capsys):
    target = tmp_path / "vendor"
    target.mkdir()
    (target / "kept").write_text("kept")
    (node_modules / "htmx.org/dist/htmx.min.js").unlink()
    assert assets.main([str(node_modules), "--target", str(target)]) == 1
    assert "npm ci" in capsys.readouterr().err
    assert (target / "kept").exists()


def test_an_icon_that_its_maker_renamed_is_said(node_modules, tmp_path):
    (node_modules / assets.ICONS / "users.svg").unlink()
    with pytest.raises(assets.MissingAssetError, match="users"):
        assets.copy(node_modules, tmp_path / "vendor")
