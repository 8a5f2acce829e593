"""Small networks, exported once for all tests of this folder."""

from __future__ import annotations

import pytest
from small_networks import Files, export_all


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return export_all(tmp_path_factory.mktemp("networks"))
