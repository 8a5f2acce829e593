import pytest

from pedpose.live import server as server_module


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let servers end at once, without telling open pages that the run is over."""
    monkeypatch.setattr(server_module, "_FAREWELL_S", 0.0)
    monkeypatch.setattr(server_module, "_POLL_S", 0.01)
