"""The networks that see timbre, and the features taken from them."""
