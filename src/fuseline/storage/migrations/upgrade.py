"""Brings a database to the present tables, in one transaction: a process that dies half way leaves it as it was."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from fuseline.storage.schema import VERSION
from fuseline.types.errors import BadConfiguration

HERE = Path(__file__).parent


def upgrade(engine: Engine, found: str | None, path: Path) -> None:
    """Take every step that is missing. Two processes may do it at once: the second finds nothing left to do.

    :raises BadConfiguration: when no step of ours leads to what was `found`.
    """
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise BadConfiguration(
            f"{path} was written by a newer Fuseline (its tables are version {found}, this one knows {VERSION}): "
            "upgrade Fuseline, or set store.path to another file"
        )
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
