"""Any list out as a file: CSV, XLSX, Parquet or JSON lines, however long it is."""
