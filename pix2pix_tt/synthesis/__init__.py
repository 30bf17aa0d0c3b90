"""The data: pieces recorded note by note by several instruments."""
