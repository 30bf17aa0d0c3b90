"""A measured style plays: content in, content in another style out."""
