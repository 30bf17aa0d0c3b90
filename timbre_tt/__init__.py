"""The front door of timbre-tt: transfer, comparison, demo and the data that training needs."""
