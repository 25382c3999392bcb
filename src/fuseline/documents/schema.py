"""The index as SQLite has it: folders, documents, and their passages in a table for full-text search."""

APPLICATION = 0x4675446F
"""What marks a SQLite file as an index of documents."""
VERSION = 1
"""Of the tables and of how texts are cut: another one is read anew from the files."""
SHIFT = 20
"""Bits of a passage's number that count within its document; those above them are the document's."""

TABLES = (
    """
    CREATE TABLE folders (
        id INTEGER PRIMARY KEY,
        collection TEXT NOT NULL,
        path TEXT NOT NULL,
        label TEXT NOT NULL,
        include TEXT NOT NULL,
        exclude TEXT NOT NULL,
        refreshed_at REAL,
        UNIQUE (collection, path)
    )
    """,
    """
    CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        folder INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
        path TEXT NOT NULL,
        address TEXT NOT NULL,
        title TEXT NOT NULL,
        media_type TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        digest BLOB NOT NULL,
        passages INTEGER NOT NULL,
        problem TEXT NOT NULL,
        UNIQUE (folder, path)
    )
    """,
    "CREATE INDEX documents_by_address ON documents (address)",
    """
    CREATE VIRTUAL TABLE passages USING fts5 (
        title, heading, text, tokenize = 'porter unicode61 remove_diacritics 2'
    )
    """,
)
