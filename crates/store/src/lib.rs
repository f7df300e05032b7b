//! The one SQL layer: SQLite and PostgreSQL, migrations, queries.
