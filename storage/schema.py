"""Every table there is: importing this has all modules of tables put theirs into one list."""

from __future__ import annotations

from storage import market_tables, paper_tables, tables, workflow_tables

metadata = tables.metadata
TABLES = (tables, market_tables, paper_tables, workflow_tables)
