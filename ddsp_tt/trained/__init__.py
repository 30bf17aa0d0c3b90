"""Model folders: what is in them, the included ones, and how they are loaded."""
