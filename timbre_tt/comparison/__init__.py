"""Every system on the same music, and the pages and tables made of it."""
