"""Alembic's way in: the connection is handed over by core.migrations."""

from alembic import context

from survey_app import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
