"""What alembic runs to reach the database: the connection, and its transaction, are the caller's."""

from alembic import context

from fuseline.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
