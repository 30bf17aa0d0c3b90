"""How well a trained model plays recordings that it has not learned from."""
