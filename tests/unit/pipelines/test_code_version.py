"""The code's version in every manifest: another model, rule or policy is another version."""

import pytest

from pipelines.run import code_version


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    for name in (
        "dbt_project/models/x.sql",
        "anonymization/policy.yml",
        "dashboards/app.py",
        "dbt_project/target/x.sql",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("select 1")
    monkeypatch.setattr(code_version, "CHECKOUT", tmp_path)
    return tmp_path


def _version():
    return code_version.code_version.__wrapped__()


@pytest.mark.parametrize(
    ("name", "is_another"),
    [
        ("dbt_project/models/x.sql", True),
        ("anonymization/policy.yml", True),
        ("dashboards/app.py", False),  # pages change no figure
        ("dbt_project/target/x.sql", False),  # made by dbt
    ],
)
def test_what_changes_a_figure_changes_the_version(checkout, name, is_another):
    before = _version()
    assert before == _version()
    (checkout / name).write_text("select 2")
    assert (_version() != before) is is_another


def test_a_model_that_moves_is_another_version(checkout):
    before = _version()
    (checkout / "dbt_project/models/x.sql").rename(checkout / "dbt_project/models/y.sql")
    assert _version() != before
