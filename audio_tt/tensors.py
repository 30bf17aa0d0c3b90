"""What annotations call a tensor of the Keras backend that runs, or what Keras makes one of."""

from typing import Any

Tensor = Any
