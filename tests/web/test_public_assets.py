"""Styles and scripts: small, kept for a year under an address that changes with them."""

import gzip

import pytest
from flask import Flask

from survey_app.core.assets import FOLDER, asset_url


@pytest.mark.parametrize("name", ["s.css", "s.js", "admin.css", "schemes.js"])
def test_a_file_is_compressed_and_kept(app: Flask, name: str) -> None:
    client = app.test_client()
    packed = client.get(asset_url(name), headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == (FOLDER / name).read_bytes()
    assert "immutable" in packed.headers["Cache-Control"]
    plain = client.get(f"/static/{name}?v=old")
    assert plain.data == (FOLDER / name).read_bytes()
    assert "immutable" not in plain.headers["Cache-Control"]
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert plain.mimetype in ("text/css", "text/javascript")


def test_the_public_style_is_small() -> None:
    assert len(gzip.compress((FOLDER / "s.css").read_bytes(), 9)) <= 4096


@pytest.mark.parametrize("name", ["nothing.css", "..%2fpyproject.toml", ".", "%00"])
def test_nothing_else_is_served(app: Flask, name: str) -> None:
    assert app.test_client().get(f"/static/{name}").status_code == 404
