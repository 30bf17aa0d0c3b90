"""The local page: record or upload, choose an instrument, hear both, and train one's own."""
